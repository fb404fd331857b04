"""The plan: one decision about each entry, from what GitLab's ledger has with its marker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract.settings import Settings
from contract.state import Pending
from functions.shared.marker import marked_entry_id
from functions.shared.model.entry import TimeEntry
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Delete, Fail, IfRefused, Item, Keep, Replace, Skip
from functions.shared.model.row import Row
from functions.shared.model.timelog import Move, Posted, Timelog
from functions.transform.planning import Candidate, Terms, ledger_by_entry, plan, summary_of

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOW = START + timedelta(days=1)
UNTOLD = IfRefused()
LOGIN = Target("gid://gitlab/Issue/1012", "acme/shop#12")
SEARCH = Target("gid://gitlab/Issue/1013", "acme/shop#13")
REVIEW = Target("gid://gitlab/MergeRequest/45", "acme/shop!45")
DEFAULTS = Settings()


def _entry(entry_id: int = 1, description: str = "#12 Fix login", start: datetime = START) -> TimeEntry:
    return TimeEntry(entry_id, start, start + timedelta(seconds=1700), 1700, description, True, 7, None, None)


def _candidate(
    entry: TimeEntry | None = None, seconds: int = 1800, target: Target | NewIssue | None = LOGIN, **more: Any
) -> Candidate:
    return Candidate(entry or _entry(), seconds, target, **more)


def _left_out(reason: str, **more: Any) -> Candidate:
    return _candidate(seconds=1700, target=None, reason=reason, **more)


def _log(number: int, entry_id: int = 1, **changes: Any) -> Timelog:
    """A timelog that is what `_candidate()` wants, but for the changes."""
    log = Timelog(f"gid://gitlab/Timelog/{number}", LOGIN, 1800, START, f"[toggl:{entry_id}] #12 Fix login")
    return replace(log, **changes)


def _posted(*numbers: int, **how: Any) -> tuple[Posted, ...]:
    return tuple(Posted(f"gid://gitlab/Timelog/{number}", START, **({"seconds": 1800} | how)) for number in numbers)


def _planned(
    candidate: Candidate,
    *there: Timelog,
    settings: Settings = DEFAULTS,
    may_remove: bool = False,
    others: Iterable[Timelog] = (),
) -> Item:
    terms = Terms(settings, NOW, may_remove)
    (item,) = plan([candidate], ledger_by_entry(there), terms, ledger_by_entry(others)).items
    return item


def _row(outcome: str, **changes: Any) -> Row:
    """The row of `_candidate()`, which is 1700 s long and 1800 s rounded."""
    row = Row(1, outcome, "acme/shop#12", 1800, START, tracked_seconds=1700, on_gitlab=1800, planned=1800)
    return row._replace(**changes)


def _left_out_row(outcome: str, **changes: Any) -> Row:
    return _row(outcome, seconds=1700, on_gitlab=0, planned=None)._replace(**changes)


SUMMARY = "[toggl:1] #12 Fix login"


def test_an_entry_that_gitlab_does_not_have_is_created() -> None:
    assert _planned(_candidate()) == Create(_row("created"), LOGIN, SUMMARY, known=(), pending=UNTOLD)


def test_an_entry_that_gitlab_has_as_it_should_be_is_kept() -> None:
    assert _planned(_candidate(), _log(5)) == Keep(_row("kept", before=1800))


@pytest.mark.parametrize(
    "summary", ["[toggl:1]", "[toggl:1] another text", "[toggl:1]no space", "[toggl:1] [toggl:2] nested"]
)
def test_a_changed_text_alone_is_no_change(summary: str) -> None:
    assert _planned(_candidate(), _log(5, summary=summary)) == Keep(_row("kept", before=1800))


DIFFERENCES = [
    {"seconds": 1801},
    {"seconds": 900},
    {"target": SEARCH},
    {"target": REVIEW},
    {"target": None},
    {"spent_at": START + timedelta(seconds=1)},
    {"spent_at": START - timedelta(days=1)},
]


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_one_timelog_that_differs_is_replaced(difference: dict[str, Any]) -> None:
    log = _log(5, **difference)

    row = _row("replaced", before=log.seconds)
    assert _planned(_candidate(), log) == Replace(row, LOGIN, SUMMARY, (log.posted(),), UNTOLD)


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_one_timelog_that_differs_is_kept_with_a_warning_when_edits_are_not_synced(difference: dict[str, Any]) -> None:
    settings = Settings.from_context({"sync_edits": False})

    log = _log(5, **difference)
    row = _row("kept", warning="differs", on_gitlab=log.seconds, before=log.seconds)
    assert _planned(_candidate(), log, settings=settings) == Keep(row)


def test_of_several_equal_timelogs_the_one_with_the_lowest_number_stays() -> None:
    item = _planned(_candidate(), _log(100), _log(9), _log(10))

    assert item == Delete(_row("kept", before=5400), _posted(10, 100), UNTOLD)
    assert isinstance(item, Delete)
    assert item.duplicates_removed == 2


def test_of_several_timelogs_the_equal_one_stays_and_the_others_go() -> None:
    item = _planned(_candidate(), _log(5, seconds=900), _log(6), _log(7, target=SEARCH))

    assert item == Delete(_row("kept", before=4500), _posted(5, seconds=900) + _posted(7), UNTOLD)


def test_of_several_timelogs_of_which_none_is_equal_all_are_replaced() -> None:
    item = _planned(_candidate(), _log(7, seconds=900), _log(6, target=SEARCH))

    assert item == Replace(_row("replaced", before=2700), LOGIN, SUMMARY, _posted(6) + _posted(7, seconds=900), UNTOLD)


# An issue that was moved, and where it went.
OLD_PLACE = Target("gid://gitlab/Issue/2012", "acme/app#3")
HOUR = timedelta(hours=1)


def _moved(number: int, entry_id: int = 1, *, ago: timedelta = HOUR, **changes: Any) -> Timelog:
    """A timelog on an issue that was moved to where `_candidate()` wants its time."""
    return _log(number, entry_id, target=OLD_PLACE, move=Move(NOW - ago, (LOGIN.gid,)), **changes)


A_DAY = timedelta(days=1)
MOVING = {"warning": "move_in_progress"}


@pytest.mark.parametrize("logs", [(_moved(5),), (_moved(5), _moved(6)), (_moved(5, seconds=900),)])
def test_time_on_a_moved_issue_and_none_where_it_went_is_waited_for_a_day(logs: tuple[Timelog, ...]) -> None:
    seconds = sum(log.seconds for log in logs)

    assert _planned(_candidate(), *logs) == Keep(_row("kept", **MOVING, on_gitlab=seconds, before=seconds))


def test_a_move_that_is_waited_for_is_no_reason_to_replace_what_is_elsewhere() -> None:
    item = _planned(_candidate(), _moved(5), _log(6, target=SEARCH))

    assert item == Keep(_row("kept", **MOVING, on_gitlab=3600, before=3600))


NEWEST = Target("gid://gitlab/Issue/3012", "acme/web#1")
MOVED_ON = (
    _log(5, target=OLD_PLACE, move=Move(NOW, (LOGIN.gid, NEWEST.gid))),
    _log(6, move=Move(NOW - HOUR, (NEWEST.gid,))),
)
"""On an issue that was moved, and on the one where it went, which is just being moved on."""


@pytest.mark.parametrize("candidate", [_candidate(target=NEWEST), _left_out("no_issue")])
def test_while_a_move_is_waited_for_the_doubles_of_an_earlier_one_go(candidate: Candidate) -> None:
    item = _planned(candidate, *MOVED_ON)

    assert isinstance(item, Delete)
    assert (item.old, item.pending) == (_posted(5, was_moved=True), None)
    assert (item.row.outcome, item.row.warning, item.row.before, item.row.on_gitlab) == (
        "kept",
        "move_in_progress",
        3600,
        1800,
    )


@pytest.mark.parametrize(
    ("ago", "kind"), [(A_DAY - timedelta(seconds=1), Keep), (A_DAY, Replace), (5 * A_DAY, Replace)]
)
def test_a_day_after_the_issues_last_change_nothing_is_copied_any_more(ago: timedelta, kind: type[Item]) -> None:
    item = _planned(_candidate(), _moved(5, ago=ago), _moved(6, ago=ago))

    assert isinstance(item, kind)
    if isinstance(item, Replace):
        old = _posted(5, 6, was_moved=True)
        assert item == Replace(_row("replaced", before=3600), LOGIN, SUMMARY, old, UNTOLD)


@pytest.mark.parametrize("ago", [-HOUR, HOUR, 5 * A_DAY])
def test_of_the_time_on_a_moved_issue_and_its_copy_the_copy_stays(ago: timedelta) -> None:
    item = _planned(_candidate(), _moved(5, ago=ago), _log(6))

    assert item == Delete(_row("kept", before=3600), _posted(5, was_moved=True), UNTOLD)
    assert isinstance(item, Delete)
    assert item.duplicates_removed == 1


def test_an_edited_entry_whose_issue_was_moved_is_replaced_once_it_is_copied() -> None:
    item = _planned(_candidate(), _moved(5, seconds=900), _log(6, seconds=900))

    old = _posted(5, seconds=900, was_moved=True) + _posted(6, seconds=900)
    assert item == Replace(_row("replaced", before=1800), LOGIN, SUMMARY, old, UNTOLD)


def test_a_double_that_may_not_be_deleted_stays_and_is_told() -> None:
    item = _planned(_candidate(), _moved(5, may_be_deleted=False), _moved(6), _log(7))

    row = _row("kept", warning="double_stays", on_gitlab=3600, before=5400)
    assert item == Delete(row, _posted(6, was_moved=True), UNTOLD)


def test_time_on_an_issue_that_moved_out_of_sight_is_kept_where_its_entry_still_names_it() -> None:
    log = _log(5, move=Move(NOW - 5 * A_DAY, ()), may_be_deleted=False)

    assert _planned(_candidate(), log) == Keep(_row("kept", before=1800))


def test_an_edited_entry_of_which_the_old_issues_time_may_not_be_deleted_is_replaced_and_that_is_told() -> None:
    item = _planned(_candidate(), _moved(5, seconds=900, may_be_deleted=False, ago=5 * A_DAY))

    row = _row("replaced", warning="double_stays", on_gitlab=2700, before=900)
    known = _posted(5, seconds=900, was_moved=True, may_be_deleted=False)
    assert item == Replace(row, LOGIN, SUMMARY, (), UNTOLD, known=known)


@pytest.mark.parametrize(("may_be_deleted", "seconds"), [(True, 900), (False, 1800)])
def test_when_edits_are_not_synced_a_double_goes_all_the_same_if_it_may(*, may_be_deleted: bool, seconds: int) -> None:
    settings = Settings.from_context({"sync_edits": False})
    there = (_moved(5, seconds=900, may_be_deleted=may_be_deleted), _log(6, seconds=900))

    item = _planned(_candidate(), *there, settings=settings)

    row = _row("kept", warning="differs", on_gitlab=seconds, before=1800)
    assert item == (Delete(row, _posted(5, seconds=900, was_moved=True), UNTOLD) if may_be_deleted else Keep(row))


# Another user's timelogs, where the deployment had another user before.


def test_an_entry_that_an_earlier_user_posted_is_kept_and_never_posted_again() -> None:
    assert _planned(_candidate(), others=[_log(5)]) == Keep(_row("kept", before=1800))


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_what_an_earlier_user_posted_otherwise_is_kept_with_a_warning(difference: dict[str, Any]) -> None:
    log = _log(5, **difference)

    row = _row("kept", warning="differs", on_gitlab=log.seconds, before=log.seconds)
    assert _planned(_candidate(), others=[log]) == Keep(row)


def test_nothing_of_an_earlier_users_is_removed() -> None:
    filtered = _planned(_left_out("too_short"), others=[_log(5)], may_remove=True)
    doubled = _planned(_candidate(), others=[_moved(5), _log(6)])

    assert isinstance(filtered, Keep)
    assert isinstance(doubled, Keep)
    assert filtered.row.warning == "posted_but_filtered"
    assert filtered.row.issue == "acme/shop#12"


def test_an_entry_that_two_users_posted_counts_twice_and_nothing_of_it_is_touched() -> None:
    assert _planned(_candidate(), _log(6), others=[_log(5)]) == Keep(_row("kept", on_gitlab=3600, before=3600))


# A project that cannot be seen.


@pytest.mark.parametrize("there", [(), (_log(5),)])
def test_an_entry_of_a_project_that_cannot_be_seen_has_failed_and_nothing_of_it_is_touched(
    there: tuple[Timelog, ...],
) -> None:
    item = _planned(_left_out("project_not_visible", issue="acme/shop#99"), *there, may_remove=True)

    seconds = 1800 * len(there)
    row = _left_out_row("failed", reason="project_not_visible", issue="acme/shop#99", on_gitlab=seconds, before=seconds)
    assert item == Fail(row)


# What a write becomes pending with when GitLab refuses it.


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ({}, IfRefused(NOW)),
        ({1: Pending(1, START, "no_permission")}, IfRefused(NOW, "no_permission")),
        ({2: Pending(2, START, "no_permission")}, IfRefused(NOW)),
    ],
)
@pytest.mark.parametrize("there", [(), (_log(5, seconds=900),), (_log(5), _log(6))])
def test_a_write_knows_the_version_of_its_entry_and_why_it_is_pending(
    before: dict[int, Pending], expected: IfRefused, there: tuple[Timelog, ...]
) -> None:
    candidate = _candidate(replace(_entry(), at=NOW))

    (write,) = plan([candidate], ledger_by_entry(there), Terms(DEFAULTS, NOW, pending=before)).writes

    assert write.pending == expected


REASONS = [
    "running",
    "other_workspace",
    "not_billable",
    "weekend",
    "too_short",
    "too_late",
    "no_issue",
    "issue_not_found",
    "project_not_found",
    "ambiguous_title",
    "ambiguous_reference",
    "skip_term",
    "rounds_to_zero",
]


@pytest.mark.parametrize("reason", REASONS)
def test_an_entry_that_is_left_out_is_skipped_with_its_reason(reason: str) -> None:
    item = _planned(_left_out(reason, issue="acme/shop#99"))

    assert item == Skip(_left_out_row("skipped", reason=reason, issue="acme/shop#99"))


@pytest.mark.parametrize("reason", REASONS)
def test_an_entry_that_was_posted_and_is_left_out_now_keeps_its_timelogs_with_a_warning(reason: str) -> None:
    item = _planned(_left_out(reason), _log(5), _log(6))

    seconds = {"on_gitlab": 3600, "before": 3600}
    assert item == Keep(_left_out_row("kept", reason=reason, warning="posted_but_filtered", **seconds))


@pytest.mark.parametrize("reason", REASONS)
def test_only_what_a_filter_leaves_out_is_deleted_when_it_may_be(reason: str) -> None:
    item = _planned(_left_out(reason), _log(6), _log(5), may_remove=True)

    if reason in {"too_short", "not_billable", "weekend"}:
        assert item == Delete(_left_out_row("deleted", reason=reason, before=3600), _posted(5, 6), UNTOLD)
        assert isinstance(item, Delete)
        assert item.duplicates_removed == 0
    else:
        assert isinstance(item, Keep)


def test_a_filtered_entry_that_was_never_posted_is_skipped_even_when_it_might_be_deleted() -> None:
    assert isinstance(_planned(_left_out("too_short"), may_remove=True), Skip)


@pytest.mark.parametrize(
    ("changes", "tracked"),
    [
        ({}, 1700),
        ({"duration_seconds": 60}, 1700),
        ({"duration_seconds": -1}, 0),
        ({"stop": None}, 0),
        ({"stop": START - timedelta(seconds=5)}, 0),
    ],
)
def test_a_row_tells_what_toggl_tracked_and_nothing_while_it_runs(changes: dict[str, Any], tracked: int) -> None:
    assert _planned(_candidate(replace(_entry(), **changes))).row.tracked_seconds == tracked


def test_an_entry_that_has_no_place_to_go_is_not_written_even_without_a_reason() -> None:
    assert isinstance(_planned(_candidate(target=None)), Skip)


def test_an_entry_that_rounds_to_zero_is_not_written_although_it_has_a_target() -> None:
    assert isinstance(_planned(_candidate(seconds=0, reason="rounds_to_zero")), Skip)


@pytest.mark.parametrize("there", [(), (_log(5),), (_log(5), _log(6, seconds=900))])
def test_without_duplicate_prevention_everything_is_created_and_what_was_there_is_known(
    there: tuple[Timelog, ...],
) -> None:
    settings = Settings.from_context({"prevent_duplicates": False})

    item = _planned(_candidate(), *there, settings=settings)

    before = sum(log.seconds for log in there)
    row = _row("created", before=before, on_gitlab=before + 1800)
    assert item == Create(row, LOGIN, SUMMARY, tuple(log.posted() for log in there), UNTOLD)


def test_without_duplicate_prevention_the_doubles_of_a_move_go_all_the_same() -> None:
    settings = Settings.from_context({"prevent_duplicates": False})
    there = (_moved(5, seconds=900), _log(6, seconds=900), _moved(7, seconds=900, may_be_deleted=False))

    item = _planned(_candidate(), *there, settings=settings)

    known = _posted(6, seconds=900) + _posted(7, seconds=900, was_moved=True, may_be_deleted=False)
    row = _row("created", before=2700, on_gitlab=3600)
    assert item == Replace(row, LOGIN, SUMMARY, _posted(5, seconds=900, was_moved=True), UNTOLD, known)
    assert item.duplicates_removed == 1


NEW = NewIssue("0123456789abcdef", "acme/shop", "Fix login")


def test_an_entry_of_an_issue_that_is_still_to_be_created_is_created_there() -> None:
    assert _planned(_candidate(target=NEW)) == Create(
        _row("created", issue="acme/shop#new"), NEW, SUMMARY, pending=UNTOLD
    )


def test_a_posted_entry_that_belongs_to_a_new_issue_now_is_replaced() -> None:
    item = _planned(_candidate(target=NEW), _log(5))

    assert item == Replace(_row("replaced", issue="acme/shop#new", before=1800), NEW, SUMMARY, _posted(5), UNTOLD)


def test_the_warning_about_the_duration_stays_with_the_row() -> None:
    assert _planned(_candidate(warning="duration_mismatch")).row.warning == "duration_mismatch"
    assert _planned(_candidate(warning="duration_mismatch"), _log(5)).row.warning == "duration_mismatch"


@pytest.mark.parametrize(
    "summary",
    [
        "",
        "#12 Fix login",
        "see [toggl:1]",
        " [toggl:1] indented",
        "\n[toggl:1]",
        "[Toggl:1]",
        "[toggl: 1]",
        "[toggl:]",
        "[toggl:-1]",
        "[toggl:1",
        "toggl:1",
        "[toggl:12] of entry 12",
    ],
)
def test_a_timelog_whose_summary_does_not_begin_with_the_marker_is_none_of_this_entrys(summary: str) -> None:
    assert isinstance(_planned(_candidate(), _log(5, summary=summary)), Create)


def test_the_ledger_has_marked_timelogs_only_each_entrys_in_the_order_of_their_numbers() -> None:
    logs = [_log(100), _log(20, entry_id=2), _log(9), Timelog("gid://gitlab/Timelog/1", LOGIN, 60, START, "by hand")]

    assert ledger_by_entry(logs) == {1: (_log(9), _log(100)), 2: (_log(20, entry_id=2),)}


def test_items_come_by_start_and_then_by_id() -> None:
    later = START + timedelta(hours=1)
    entries = [_entry(3, start=later), _entry(2, start=later), _entry(9, start=START)]

    made = plan([_candidate(entry) for entry in entries], {}, Terms(DEFAULTS, NOW))

    assert [item.row.entry_id for item in made.items] == [9, 2, 3]


any_text = st.text(st.characters(codec=None), max_size=400)


@pytest.mark.parametrize(
    ("description", "summary"),
    [
        ("", "[toggl:1]"),
        ("   ", "[toggl:1]"),
        ("#12 Fix login", "[toggl:1] #12 Fix login"),
        (" two\n\nlines\tand   spaces ", "[toggl:1] two lines and spaces"),
        ("[toggl:2] another's marker", "[toggl:1] [toggl:2] another's marker"),
        ("bell\x07 and \x1b[31mred", "[toggl:1] bell and [31mred"),
        ("left\u202eright\u200b", "[toggl:1] leftright"),
        ("می\u200cخواهم", "[toggl:1] می\u200cخواهم"),
        ("un\u0378assigned", "[toggl:1] unassigned"),
        ("half \ud83d of a pair", "[toggl:1] half of a pair"),
        ("Größe 木 👩\u200d💻 ✔\ufe0f", "[toggl:1] Größe 木 👩\u200d💻 ✔\ufe0f"),
        ("/close\n/spend 1h", "[toggl:1] /close /spend 1h"),
        ("x" * 300, "[toggl:1] " + "x" * 245),
        ("😀" * 300, "[toggl:1] " + "😀" * 245),
        ("x" * 244 + " yz", "[toggl:1] " + "x" * 244),
    ],
)
def test_a_summary_is_the_marker_and_the_cleaned_description_cut_to_255_characters(
    description: str, summary: str
) -> None:
    assert summary_of(_entry(description=description)) == summary


@without_deadline
@given(any_text, st.integers(1, 10**18))
def test_any_description_gives_a_summary_that_gitlab_takes_and_that_names_its_entry(text: str, entry_id: int) -> None:
    summary = summary_of(_entry(entry_id, text))

    assert summary.startswith(f"[toggl:{entry_id}]")
    assert marked_entry_id(summary) == entry_id
    assert len(summary) <= 255
    assert summary.splitlines() == [summary]
    assert summary == summary.strip()
    summary.encode("utf-8")
    assert not any(ord(character) < 32 for character in summary)
