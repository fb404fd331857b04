"""Timelogs of entries that were not fetched: what Toggl calls deleted goes, doubles go, everything else stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.errors import TooManyRemovals
from contract.settings import Settings
from contract.state import Pending
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.place import Target
from functions.shared.model.plan import Delete, IfRefused, Item, Keep, Plan
from functions.shared.model.row import Row
from functions.shared.model.timelog import Move, Posted, Timelog
from functions.transform.gone import plan_doubles, plan_gone, refuse_too_many_removals
from functions.transform.pending import Deletions
from functions.transform.planning import Candidate, Ledger, Terms, ledger_by_entry, plan

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=1), "UTC")
NOW = WINDOW.end
ASKED_SINCE = START - timedelta(days=3)
BEFORE = START - timedelta(seconds=1)
LOGIN = Target("gid://gitlab/Issue/1012", "acme/shop#12")
OLD_PLACE = Target("gid://gitlab/Issue/2012", "acme/app#3")
TERMS = Terms(Settings(), NOW)
ASKED = IfRefused(ASKED_SINCE)


def _log(number: int, entry_id: int = 1, **changes: Any) -> Timelog:
    return replace(Timelog(f"gid://gitlab/Timelog/{number}", LOGIN, 1800, START, f"[toggl:{entry_id}]"), **changes)


def _moved(number: int, entry_id: int = 1, **changes: Any) -> Timelog:
    """A timelog on an issue that was moved an hour ago to where `_log` is."""
    move = Move(NOW - timedelta(hours=1), (LOGIN.gid,))
    return _log(number, entry_id, **{"target": OLD_PLACE, "move": move} | changes)


def _posted(*numbers: int, **how: Any) -> tuple[Posted, ...]:
    return tuple(Posted(f"gid://gitlab/Timelog/{number}", START, **({"seconds": 1800} | how)) for number in numbers)


def _row(outcome: str, entry_id: int = 1, **changes: Any) -> Row:
    return Row(entry_id, outcome, "acme/shop#12", 1800, START, gone=True)._replace(**changes)


def _gone(
    logs: Iterable[Timelog],
    deleted: Iterable[int] = (),
    fetched: set[int] | None = None,
    *,
    is_dated: bool = False,
    terms: Terms = TERMS,
) -> tuple[Item, ...]:
    deletions = Deletions(frozenset(deleted), WINDOW, ASKED_SINCE, is_dated)
    return plan_gone(ledger_by_entry(logs), fetched or set(), deletions, terms).items


def test_a_timelog_whose_entry_toggl_calls_deleted_is_deleted() -> None:
    old = _posted(5, seconds=900) + _posted(6)
    assert _gone([_log(6), _log(5, seconds=900)], {1}) == (Delete(_row("deleted", seconds=900), old, ASKED),)


@pytest.mark.parametrize("deleted", [set(), {2}])
def test_a_timelog_whose_entry_only_did_not_come_stays_with_a_warning(deleted: set[int]) -> None:
    assert _gone([_log(5)], deleted, {2}) == (Keep(_row("kept", warning="not_in_toggl")),)


@pytest.mark.parametrize("deleted", [set(), {1}])
def test_an_entry_that_came_is_not_gone_even_when_toggl_calls_it_deleted(deleted: set[int]) -> None:
    assert _gone([_log(5)], deleted, {1}) == ()


def test_an_entry_that_is_gone_is_found_behind_one_that_came() -> None:
    items = _gone([_log(5, entry_id=1), _log(6, entry_id=2)], {2}, {1})

    assert [(type(item), item.row.entry_id) for item in items] == [(Delete, 2)]


OUTSIDE = [BEFORE, START - timedelta(days=30), WINDOW.end]


@pytest.mark.parametrize("spent_at", OUTSIDE)
def test_what_only_did_not_come_is_looked_at_in_the_window_only(spent_at: datetime) -> None:
    assert _gone([_log(5, spent_at=spent_at)]) == ()


@pytest.mark.parametrize("spent_at", [*OUTSIDE, START, WINDOW.end - timedelta(seconds=1)])
def test_what_is_deleted_goes_on_whatever_day_it_was(spent_at: datetime) -> None:
    (item,) = _gone([_log(5, spent_at=spent_at)], {1})

    assert isinstance(item, Delete)


@pytest.mark.parametrize(("spent_at", "count"), [*((one, 0) for one in OUTSIDE), (START, 1)])
def test_a_dated_run_deletes_in_its_window_only(spent_at: datetime, count: int) -> None:
    assert len(_gone([_log(5, spent_at=spent_at)], {1}, is_dated=True)) == count


def test_timelogs_without_a_marker_are_never_gone() -> None:
    assert _gone([_log(5, summary="by hand")], {1}) == ()


def test_a_gone_timelog_without_an_issue_has_no_name_for_it() -> None:
    (item,) = _gone([_log(5, target=None)], {1})

    assert item.row.issue is None


@pytest.mark.parametrize(
    ("at", "expected"), [(None, ASKED_SINCE), (START - timedelta(days=9), START - timedelta(days=9))]
)
def test_a_deletion_that_was_refused_keeps_the_instant_since_which_it_is_found_again(
    at: datetime | None, expected: datetime
) -> None:
    terms = Terms(Settings(), NOW, pending={1: Pending(1, at, "no_permission")})

    (item,) = _gone([_log(5)], {1}, terms=terms)

    assert isinstance(item, Delete)
    assert item.pending == IfRefused(expected, "no_permission")


def test_a_deleted_entry_whose_issue_is_being_moved_is_waited_for() -> None:
    assert _gone([_moved(5)], {1}) == (Keep(_row("kept", warning="move_in_progress", issue="acme/app#3")),)


def test_a_deleted_entry_whose_issue_was_moved_goes_with_its_double() -> None:
    old = _posted(5, was_moved=True) + _posted(6)
    assert _gone([_moved(5), _log(6)], {1}) == (Delete(_row("deleted", issue="acme/app#3"), old, ASKED),)


def test_while_a_move_of_a_deleted_entrys_issue_is_waited_for_the_doubles_of_an_earlier_one_go() -> None:
    moved_on = _log(6, move=Move(NOW, ("gid://gitlab/Issue/3012",)))

    items = _gone([_moved(5), moved_on], {1})

    assert items == (Delete(_row("kept", warning="move_in_progress"), _posted(5, was_moved=True)),)


# Doubles of entries that nobody looked at.


def _doubles(*logs: Timelog, planned: Iterable[int] = ()) -> tuple[Item, ...]:
    return plan_doubles(ledger_by_entry(logs), set(planned)).items


def test_the_double_on_a_moved_issue_goes_whoever_looked_at_its_entry() -> None:
    items = _doubles(_moved(5), _log(6), _log(7, entry_id=2))

    assert items == (Delete(_row("kept"), _posted(5, was_moved=True)),)
    assert isinstance(items[0], Delete)
    assert items[0].duplicates_removed == 1


@pytest.mark.parametrize(
    "logs",
    [
        [_moved(5)],
        [_log(5), _log(6)],
        [_moved(5), _moved(6)],
        [_moved(5, seconds=900), _log(6)],
        [_moved(5, spent_at=BEFORE), _log(6)],
        [_moved(5, move=Move(NOW, ())), _log(6)],
        [_moved(5), _log(6, target=Target("gid://gitlab/Issue/7", "acme/shop#7"))],
        [_moved(5), _log(6, target=None)],
        [_moved(5), _log(6, entry_id=2)],
        [_moved(5, summary="by hand"), _log(6, summary="by hand")],
    ],
)
def test_nothing_else_of_an_entry_that_nobody_looked_at_is_touched(logs: list[Timelog]) -> None:
    assert _doubles(*logs) == ()


def test_of_an_issue_that_was_moved_twice_the_time_where_it_is_now_stays() -> None:
    newest = Target("gid://gitlab/Issue/3012", "acme/web#1")
    first = _moved(5, move=Move(NOW, (LOGIN.gid, newest.gid)))
    second = _log(6, move=Move(NOW, (newest.gid,)))

    (item,) = _doubles(first, second, _log(7, target=newest))

    assert item == Delete(_row("kept", issue="acme/web#1"), _posted(5, 6, was_moved=True))


def test_a_double_that_may_not_be_deleted_stays_with_a_warning() -> None:
    assert _doubles(_moved(5, may_be_deleted=False), _log(6)) == (Keep(_row("kept", warning="double_stays")),)


def test_an_entry_that_is_planned_already_has_no_second_row() -> None:
    assert _doubles(_moved(5), _log(6), planned={1}) == ()


def test_the_double_of_an_entry_that_did_not_come_goes_and_the_other_stays_with_its_warning() -> None:
    assert _gone([_moved(5), _log(6)]) == (Delete(_row("kept", warning="not_in_toggl"), _posted(5, was_moved=True)),)


# The guard.


def _removals(removed: int, staying: int, outside: int = 0, far: int = 0) -> tuple[Plan, Ledger]:
    """So many timelogs in the window and before it, of which `removed` and `outside` go."""
    logs = [_log(number, entry_id=number) for number in range(1, removed + staying + 1)]
    logs += [_log(number, entry_id=number, spent_at=BEFORE) for number in range(1001, 1001 + outside + far)]
    ids = [*range(1, removed + 1), *range(1001, 1001 + outside)]
    return Plan(_gone(logs, ids)), ledger_by_entry(logs)


@pytest.mark.parametrize(
    "counts",
    [(4, 0), (5, 5), (6, 6), (0, 3), (1, 0), (50, 50), (5, 5, 5, 5), (0, 0, 4, 0), (0, 9, 20, 20), (2, 0, 2, 0)],
)
def test_few_removals_or_at_most_half_of_what_is_there_are_carried_out(counts: tuple[int, ...]) -> None:
    made, ledger = _removals(*counts)

    refuse_too_many_removals(made, ledger, WINDOW)


@pytest.mark.parametrize("counts", [(5, 0), (5, 4), (6, 5), (5, 4, 0, 10), (51, 50), (3, 0, 2, 90)])
def test_from_five_removals_on_more_than_half_of_the_window_is_refused(counts: tuple[int, ...]) -> None:
    made, ledger = _removals(*counts)

    with pytest.raises(TooManyRemovals) as refused:
        refuse_too_many_removals(made, ledger, WINDOW)

    assert refused.value.message == (
        f"This run would remove {counts[0]} of the {counts[0] + counts[1]} timelogs in its window, so nothing was"
        " changed. If that is what you want, start it with the input key allow_removals set to true."
    )


@pytest.mark.parametrize("counts", [(0, 0, 5, 0), (0, 90, 5, 4), (2, 90, 3, 0)])
def test_from_five_removals_on_more_than_half_of_the_rest_is_refused_too(counts: tuple[int, ...]) -> None:
    made, ledger = _removals(*counts)

    with pytest.raises(TooManyRemovals, match=f"remove {counts[2]} of the {sum(counts[2:])} timelogs outside of"):
        refuse_too_many_removals(made, ledger, WINDOW)


def _candidates(seconds: int, **more: Any) -> list[Candidate]:
    stop = START + timedelta(minutes=30)
    entries = [TimeEntry(number, START, stop, 1800, "#12", True, 7, None, None) for number in range(1, 6)]
    return [Candidate(entry, seconds, None if more else LOGIN, **more) for entry in entries]


def test_the_removal_of_filtered_entries_is_guarded_too() -> None:
    ledger = ledger_by_entry(_log(number, entry_id=number) for number in range(1, 6))
    made = plan(_candidates(1800, reason="too_short"), ledger, Terms(Settings(), NOW, may_remove_filtered=True))

    with pytest.raises(TooManyRemovals):
        refuse_too_many_removals(made, ledger, WINDOW)


@pytest.mark.parametrize(("seconds", "doubles", "removed"), [(900, 0, 0), (1800, 2, 10)])
def test_replacements_and_doubles_are_no_removals(seconds: int, doubles: int, removed: int) -> None:
    ledger = ledger_by_entry(
        _log(100 * copy + number, entry_id=number) for copy in range(doubles + 1) for number in range(1, 6)
    )
    made = plan(_candidates(seconds), ledger, TERMS)

    refuse_too_many_removals(made, ledger, WINDOW)

    assert len(made.writes) == 5
    assert sum(write.duplicates_removed for write in made.writes if isinstance(write, Delete)) == removed
