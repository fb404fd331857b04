"""What the next runs look at again whatever becomes of this one's writes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.settings import Settings
from contract.state import Pending
from contract.vocabulary import EntryWarning, Outcome
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched
from functions.shared.model.plan import Fail, Item, Keep, Plan, Skip
from functions.shared.model.row import Row
from functions.transform.pending import Deletions, still_pending

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
CHANGED = START + timedelta(hours=5)
EARLIER = START - timedelta(days=4)
WINDOW = Window(START, START + timedelta(days=1), "UTC")
REFUSED = Pending(1, EARLIER, "no_permission")


def _fetched(ids: Iterable[int] = (), pending: Iterable[Pending] = (), **more: Any) -> Fetched:
    entries = [TimeEntry(id_, START, CHANGED, 60, "#12", True, 7, None, None, CHANGED) for id_ in ids]
    given = {"settings": Settings(), "window": WINDOW, "entries": tuple(entries), "pending": tuple(pending)}
    return Fetched(**given | more)


def _row(entry_id: int, warning: EntryWarning | None = None, *, gone: bool = False) -> Row:
    return Row(entry_id, Outcome.KEPT, "acme/shop#12", 1800, START, warning=warning, gone=gone)


def _moving(entry_id: int, *, gone: bool = False) -> Item:
    return Keep(_row(entry_id, EntryWarning.MOVE_IN_PROGRESS, gone=gone))


def test_an_entry_that_this_run_did_not_look_at_stays_as_it_is() -> None:
    assert still_pending(Plan((Keep(_row(2)),)), _fetched([2], [REFUSED])) == (REFUSED,)


@pytest.mark.parametrize("item", [Keep(_row(1)), Skip(_row(1)), Keep(_row(1, EntryWarning.DIFFERS))])
def test_an_entry_that_was_looked_at_leaves(item: Item) -> None:
    assert still_pending(Plan((item,)), _fetched([1], [REFUSED])) == ()


def test_an_entry_of_a_project_that_cannot_be_seen_stays_when_it_was_pending_and_never_becomes_it() -> None:
    plan = Plan((Fail(_row(1)), Fail(_row(2))))

    assert still_pending(plan, _fetched([1, 2], [REFUSED])) == (REFUSED,)


def test_an_entry_whose_issue_is_being_moved_is_pending_with_its_version() -> None:
    plan = Plan((_moving(1), _moving(2)))

    assert still_pending(plan, _fetched([1, 2], [REFUSED])) == (
        Pending(1, CHANGED, "move_in_progress"),
        Pending(2, CHANGED, "move_in_progress"),
    )


SINCE = START - timedelta(days=2)


@pytest.mark.parametrize(
    ("before", "changes_since", "at"),
    [
        ((), None, START),
        ((), SINCE, SINCE),
        ((), CHANGED, START),
        ((REFUSED,), SINCE, EARLIER),
        ((Pending(1, None, "x"),), SINCE, SINCE),
    ],
)
def test_a_deleted_entry_whose_issue_is_being_moved_is_pending_since_a_time_not_later_than_its_deletion(
    before: tuple[Pending, ...], changes_since: datetime | None, at: datetime
) -> None:
    window = Window(START, WINDOW.end, "UTC", changes_since=changes_since)
    settings = Settings.from_context({"remove_deleted": True})
    fetched = _fetched([], before, window=window, settings=settings, deleted_ids=(1,))

    assert still_pending(Plan((_moving(1, gone=True),)), fetched) == (Pending(1, at, "move_in_progress"),)
    assert Deletions.asked_by(fetched).since == min(START, changes_since or START)


@pytest.mark.parametrize(("remove_deleted", "earliest_start"), [(False, None), (False, START), (True, START)])
def test_an_entry_that_is_deleted_in_toggl_leaves(*, remove_deleted: bool, earliest_start: datetime | None) -> None:
    settings = Settings.from_context({"remove_deleted": remove_deleted})
    fetched = _fetched([], [REFUSED], settings=settings, deleted_ids=(1,), earliest_start=earliest_start)

    assert still_pending(Plan(()), fetched) == ()


@pytest.mark.parametrize("run", [{"is_dated": True}, {}, {"earliest_start": START, "overrides": ("catch_up_days",)}])
@pytest.mark.parametrize(("items", "expected"), [((), (REFUSED,)), ((Keep(_row(1, gone=True)),), ())])
def test_a_deletion_that_a_run_with_days_of_its_own_does_not_find_is_left_to_an_ordinary_one(
    run: dict[str, Any], items: tuple[Item, ...], expected: tuple[Pending, ...]
) -> None:
    settings = Settings.from_context({"remove_deleted": True})
    fetched = _fetched([], [REFUSED], settings=settings, deleted_ids=(1,), **run)

    assert still_pending(Plan(items), fetched) == expected


def test_of_more_than_200_as_many_are_told_as_say_so_and_those_first_that_were_before() -> None:
    before = [Pending(number, EARLIER, "no_permission") for number in range(500, 510)]
    plan = Plan((*map(_moving, range(1, 300)), _moving(505)))

    told = still_pending(plan, _fetched([*range(1, 300), 505], before))

    assert len(told) == 201
    assert [one.id for one in told[:10]] == list(range(500, 510))
    assert told[5].reason == "move_in_progress"
