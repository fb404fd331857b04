"""The plan at its edges: warnings that stay, and what counts as a removal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contract.errors import TooManyRemovals
from contract.settings import Settings
from functions.shared.model import Target, TimeEntry, Timelog, Window
from functions.shared.plan import Delete, Keep
from functions.transform.candidates import candidates
from functions.transform.matching import Match
from functions.transform.planning import Candidate, ledger_by_entry, plan, plan_gone, refuse_too_many_removals

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
WINDOW = Window(START, START + timedelta(days=1), "UTC")
LOGIN = Target("gid://gitlab/Issue/1012", "acme/shop#12")
MOVED = Target("gid://gitlab/Issue/2012", "acme/app#3")


def _entry(entry_id: int, duration_seconds: int = 1800) -> TimeEntry:
    stop = START + timedelta(seconds=1800)
    return TimeEntry(entry_id, START, stop, duration_seconds, "#12", True, 7, None, None)


def _log(number: int, entry_id: int, target: Target | None = LOGIN, *, moved: bool = False) -> Timelog:
    return Timelog(f"gid://gitlab/Timelog/{number}", target, 1800, START, f"[toggl:{entry_id}]", on_moved_issue=moved)


def _moving(entry_id: int) -> list[Timelog]:
    """An entry's timelog on an issue that was moved, and the copy at its new place."""
    return [_log(5, entry_id, moved=True), _log(6, entry_id, MOVED)]


def test_an_unmatched_entry_keeps_its_warning_about_the_duration() -> None:
    unmatched = {1: Match(None, "no_issue", None)}

    (candidate,) = candidates([_entry(1, duration_seconds=60)], unmatched, Settings())

    assert (candidate.reason, candidate.warning) == ("no_issue", "duration_mismatch")


def test_an_entry_that_is_gone_is_found_behind_one_that_came() -> None:
    made = plan_gone(ledger_by_entry([_log(5, entry_id=1), _log(6, entry_id=2)]), {1}, {2}, WINDOW)

    assert [(type(item), item.row.entry_id) for item in made.items] == [(Delete, 2)]


def test_a_gone_entry_whose_issue_is_being_moved_is_left_to_the_next_run() -> None:
    made = plan_gone(ledger_by_entry(_moving(2)), set(), {2}, WINDOW)

    (item,) = made.items
    assert isinstance(item, Keep)
    assert (item.row.entry_id, item.row.outcome, item.row.warning, item.row.gone) == (
        *(2, "kept", "move_in_progress"),
        True,
    )
    assert (item.row.issue, item.row.seconds, item.row.spent_at) == ("acme/shop#12", 1800, START)


@pytest.mark.parametrize("may_remove", [True, False])
def test_an_entry_left_out_whose_issue_is_being_moved_is_left_to_the_next_run(may_remove: bool) -> None:
    left_out = Candidate(_entry(2), 1800, None, reason="too_short")

    (item,) = plan([left_out], ledger_by_entry(_moving(2)), Settings(), may_remove_filtered=may_remove).items

    assert isinstance(item, Keep)
    assert (item.row.outcome, item.row.warning, item.row.reason) == ("kept", "move_in_progress", "too_short")


def test_a_posted_entry_that_is_left_out_now_tells_where_its_timelog_is() -> None:
    filtered = Candidate(_entry(1), 1800, None, reason="not_billable")
    unmatched = Candidate(_entry(2), 1800, None, reason="issue_not_found", issue="acme/shop#99")
    ledger = ledger_by_entry([_log(5, 1), _log(6, 2)])

    made = plan([filtered, unmatched], ledger, Settings())

    assert [item.row.issue for item in made.items] == ["acme/shop#12", "acme/shop#12"]


def test_a_timelog_whose_place_cannot_be_told_is_on_no_issue() -> None:
    left_out = Candidate(_entry(1), 1800, None, reason="not_billable")

    (item,) = plan([left_out], ledger_by_entry([_log(5, 1, target=None)]), Settings()).items

    assert (item.row.outcome, item.row.issue) == ("kept", None)


def test_doubles_are_no_removals_however_many_they_are() -> None:
    ledger = ledger_by_entry(_log(100 * copy + number, entry_id=number) for copy in range(3) for number in range(1, 6))
    made = plan([Candidate(_entry(number), 1800, LOGIN) for number in range(1, 6)], ledger, Settings())

    refuse_too_many_removals(made, ledger, WINDOW)

    assert sum(write.duplicates_removed for write in made.writes if isinstance(write, Delete)) == 10


def test_too_many_removals_are_refused_with_what_to_do_about_it() -> None:
    ledger = ledger_by_entry(_log(number, entry_id=number) for number in range(1, 6))
    made = plan_gone(ledger, set(), set(range(1, 6)), WINDOW)

    with pytest.raises(TooManyRemovals) as refused:
        refuse_too_many_removals(made, ledger, WINDOW)

    assert refused.value.message == (
        "This run would remove 5 of the 5 timelogs in its window, so nothing was changed."
        " If that is what you want, start it with the input key allow_removals set to true."
    )
