"""The plan: one decision about each entry, from what GitLab's ledger has with its marker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract.errors import TooManyRemovals
from contract.settings import Settings
from functions.shared.marker import marked_entry_id
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Delete, Item, Keep, Plan, Replace, Skip
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted, Timelog
from functions.transform.planning import (
    Candidate,
    ledger_by_entry,
    plan,
    plan_gone,
    refuse_too_many_removals,
    summary_of,
)

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
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


def _posted(*numbers: int) -> tuple[Posted, ...]:
    return tuple(Posted(f"gid://gitlab/Timelog/{number}", START) for number in numbers)


def _planned(candidate: Candidate, *there: Timelog, settings: Settings = DEFAULTS, may_remove: bool = False) -> Item:
    made = plan([candidate], ledger_by_entry(there), settings, may_remove_filtered=may_remove)
    (item,) = made.items
    return item


def _row(outcome: str, **changes: Any) -> Row:
    return replace(Row(1, outcome, "acme/shop#12", 1800, START), **changes)


SUMMARY = "[toggl:1] #12 Fix login"


def test_an_entry_that_gitlab_does_not_have_is_created() -> None:
    assert _planned(_candidate()) == Create(_row("created"), LOGIN, SUMMARY, known=())


def test_an_entry_that_gitlab_has_as_it_should_be_is_kept() -> None:
    assert _planned(_candidate(), _log(5)) == Keep(_row("kept"))


@pytest.mark.parametrize(
    "summary", ["[toggl:1]", "[toggl:1] another text", "[toggl:1]no space", "[toggl:1] [toggl:2] nested"]
)
def test_a_changed_text_alone_is_no_change(summary: str) -> None:
    assert _planned(_candidate(), _log(5, summary=summary)) == Keep(_row("kept"))


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

    assert _planned(_candidate(), log) == Replace(_row("replaced"), LOGIN, SUMMARY, old=(log.posted(),))


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_one_timelog_that_differs_is_kept_with_a_warning_when_edits_are_not_synced(difference: dict[str, Any]) -> None:
    settings = Settings.from_context({"sync_edits": False})

    assert _planned(_candidate(), _log(5, **difference), settings=settings) == Keep(_row("kept", warning="differs"))


def test_of_several_equal_timelogs_the_one_with_the_lowest_number_stays() -> None:
    item = _planned(_candidate(), _log(100), _log(9), _log(10))

    assert item == Delete(_row("kept"), old=_posted(10, 100))
    assert isinstance(item, Delete)
    assert item.duplicates_removed == 2


def test_of_several_timelogs_the_equal_one_stays_and_the_others_go() -> None:
    item = _planned(_candidate(), _log(5, seconds=900), _log(6), _log(7, target=SEARCH))

    assert item == Delete(_row("kept"), old=_posted(5, 7))


def test_of_several_timelogs_of_which_none_is_equal_all_are_replaced() -> None:
    item = _planned(_candidate(), _log(7, seconds=900), _log(6, target=SEARCH))

    assert item == Replace(_row("replaced"), LOGIN, SUMMARY, old=_posted(6, 7))


@pytest.mark.parametrize("equal_one_moved", [True, False])
def test_timelogs_on_different_issues_of_which_one_has_moved_are_left_to_the_next_run(equal_one_moved: bool) -> None:
    there = (_log(5, on_moved_issue=equal_one_moved), _log(6, target=SEARCH, on_moved_issue=not equal_one_moved))

    assert _planned(_candidate(), *there) == Keep(_row("kept", warning="move_in_progress"))


def test_timelogs_on_one_issue_are_doubles_even_when_it_has_moved() -> None:
    there = (_log(5, on_moved_issue=True), _log(6, on_moved_issue=True))

    assert _planned(_candidate(), *there) == Delete(_row("kept"), old=_posted(6))


def test_one_timelog_that_stayed_on_a_moved_issue_is_replaced_by_one_where_it_moved_to() -> None:
    there = _log(5, target=SEARCH, on_moved_issue=True)

    assert _planned(_candidate(), there) == Replace(_row("replaced"), LOGIN, SUMMARY, old=_posted(5))


REASONS = [
    "running",
    "other_workspace",
    "not_billable",
    "weekend",
    "too_short",
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

    assert item == Skip(_row("skipped", reason=reason, issue="acme/shop#99", seconds=1700))


@pytest.mark.parametrize("reason", REASONS)
def test_an_entry_that_was_posted_and_is_left_out_now_keeps_its_timelogs_with_a_warning(reason: str) -> None:
    item = _planned(_left_out(reason), _log(5), _log(6))

    assert item == Keep(_row("kept", reason=reason, issue="acme/shop#12", seconds=1700, warning="posted_but_filtered"))


@pytest.mark.parametrize("reason", REASONS)
def test_only_what_a_filter_leaves_out_is_deleted_when_it_may_be(reason: str) -> None:
    item = _planned(_left_out(reason), _log(6), _log(5), may_remove=True)

    if reason in {"too_short", "not_billable", "weekend"}:
        assert item == Delete(_row("deleted", reason=reason, issue="acme/shop#12", seconds=1700), old=_posted(5, 6))
        assert isinstance(item, Delete)
        assert item.duplicates_removed == 0
    else:
        assert isinstance(item, Keep)


def test_a_filtered_entry_that_was_never_posted_is_skipped_even_when_it_might_be_deleted() -> None:
    assert isinstance(_planned(_left_out("too_short"), may_remove=True), Skip)


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

    assert item == Create(_row("created"), LOGIN, SUMMARY, known=tuple(log.posted() for log in there))


NEW = NewIssue("0123456789abcdef", "acme/shop", "Fix login")


def test_an_entry_of_an_issue_that_is_still_to_be_created_is_created_there() -> None:
    assert _planned(_candidate(target=NEW)) == Create(_row("created", issue="acme/shop#new"), NEW, SUMMARY)


def test_a_posted_entry_that_belongs_to_a_new_issue_now_is_replaced() -> None:
    item = _planned(_candidate(target=NEW), _log(5))

    assert item == Replace(_row("replaced", issue="acme/shop#new"), NEW, SUMMARY, old=_posted(5))


WINDOW = Window(START, START + timedelta(days=1), "UTC")
BEFORE = START - timedelta(seconds=1)


def _gone_row(outcome: str, **changes: Any) -> Row:
    return _row(outcome, gone=True, **changes)


def test_a_timelog_whose_entry_toggl_calls_deleted_is_deleted() -> None:
    made = plan_gone(ledger_by_entry([_log(6), _log(5, seconds=900)]), set(), {1}, WINDOW)

    assert made.items == (Delete(_gone_row("deleted", seconds=900), old=_posted(5, 6)),)


@pytest.mark.parametrize("deleted", [set(), {2}])
def test_a_timelog_whose_entry_only_did_not_come_stays_with_a_warning(deleted: set[int]) -> None:
    made = plan_gone(ledger_by_entry([_log(5)]), {2}, deleted, WINDOW)

    assert made.items == (Keep(_gone_row("kept", warning="not_in_toggl")),)


@pytest.mark.parametrize("deleted", [set(), {1}])
def test_an_entry_that_came_is_not_gone_even_when_toggl_calls_it_deleted(deleted: set[int]) -> None:
    assert plan_gone(ledger_by_entry([_log(5)]), {1}, deleted, WINDOW).items == ()


@pytest.mark.parametrize(
    ("spent_at", "count"), [(BEFORE, 0), (START, 1), (WINDOW.end - timedelta(seconds=1), 1), (WINDOW.end, 0)]
)
def test_only_what_is_posted_in_the_window_can_be_gone(spent_at: datetime, count: int) -> None:
    made = plan_gone(ledger_by_entry([_log(5, spent_at=spent_at)]), set(), {1}, WINDOW)

    assert len(made.items) == count


def test_timelogs_without_a_marker_are_never_gone() -> None:
    assert plan_gone(ledger_by_entry([_log(5, summary="by hand")]), set(), {1}, WINDOW).items == ()


def test_a_gone_timelog_without_an_issue_has_no_name_for_it() -> None:
    made = plan_gone(ledger_by_entry([_log(5, target=None)]), set(), {1}, WINDOW)

    assert made.items[0].row.issue is None


def _removals(removed: int, staying: int, outside: int = 0) -> tuple[Plan, dict[int, tuple[Timelog, ...]]]:
    logs = [_log(number, entry_id=number) for number in range(1, removed + staying + 1)]
    early = [_log(number, entry_id=number, spent_at=BEFORE) for number in range(1001, 1001 + outside)]
    ledger = ledger_by_entry(logs + early)
    return plan_gone(ledger, set(), set(range(1, removed + 1)), WINDOW), ledger


@pytest.mark.parametrize(("removed", "staying"), [(4, 0), (5, 5), (6, 6), (0, 3), (1, 0), (50, 50)])
def test_few_removals_or_at_most_half_of_the_window_are_carried_out(removed: int, staying: int) -> None:
    made, ledger = _removals(removed, staying)

    refuse_too_many_removals(made, ledger, WINDOW)

    assert len(made.writes) == removed


@pytest.mark.parametrize(("removed", "staying", "outside"), [(5, 0, 0), (5, 4, 0), (6, 5, 0), (5, 4, 10), (51, 50, 0)])
def test_from_five_removals_on_more_than_half_of_the_window_is_refused(
    removed: int, staying: int, outside: int
) -> None:
    made, ledger = _removals(removed, staying, outside)

    with pytest.raises(TooManyRemovals, match=f"remove {removed} of the {removed + staying} .*allow_removals"):
        refuse_too_many_removals(made, ledger, WINDOW)


def test_the_removal_of_filtered_entries_is_guarded_too() -> None:
    ledger = ledger_by_entry(_log(number, entry_id=number) for number in range(1, 6))
    filtered = [_left_out("too_short", entry=_entry(number)) for number in range(1, 6)]
    made = plan(filtered, ledger, DEFAULTS, may_remove_filtered=True)

    with pytest.raises(TooManyRemovals):
        refuse_too_many_removals(made, ledger, WINDOW)


@pytest.mark.parametrize(("seconds", "doubles"), [(900, 0), (1800, 2)])
def test_replacements_and_doubles_are_no_removals(seconds: int, doubles: int) -> None:
    ledger = ledger_by_entry(
        _log(100 * copy + number, entry_id=number) for copy in range(doubles + 1) for number in range(1, 6)
    )
    made = plan([_candidate(_entry(number), seconds) for number in range(1, 6)], ledger, DEFAULTS)

    refuse_too_many_removals(made, ledger, WINDOW)

    assert len(made.writes) == 5


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

    made = plan([_candidate(entry) for entry in entries], {}, DEFAULTS)

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


targets = st.sampled_from([LOGIN, SEARCH, REVIEW])
some_seconds = st.sampled_from([900, 1800, 2700])
moments = st.sampled_from([START, START + timedelta(hours=1), START + timedelta(days=1)])
entry_ids = st.integers(1, 5)


@st.composite
def _candidates(draw: st.DrawFn) -> list[Candidate]:
    made = []
    for entry_id in draw(st.lists(entry_ids, unique=True)):
        entry = _entry(entry_id, draw(st.text(max_size=5)), draw(moments))
        reason = draw(st.none() | st.sampled_from(REASONS))
        made.append(_candidate(entry, draw(some_seconds), draw(targets) if reason is None else None, reason=reason))
    return made


@st.composite
def _timelogs(draw: st.DrawFn, *, with_moves: bool = True) -> list[Timelog]:
    return [
        Timelog(
            gid=f"gid://gitlab/Timelog/{number}",
            target=draw(st.none() | targets),
            seconds=draw(some_seconds),
            spent_at=draw(moments),
            summary=draw(st.sampled_from(["by hand", "", *(f"[toggl:{entry_id}] x" for entry_id in range(1, 7))])),
            on_moved_issue=with_moves and draw(st.booleans()),
        )
        for number in draw(st.lists(st.integers(1, 200), unique=True, max_size=10))
    ]


settings_of_a_plan = st.builds(
    lambda prevent_duplicates, sync_edits: Settings.from_context(
        {"prevent_duplicates": prevent_duplicates, "sync_edits": sync_edits}
    ),
    st.booleans(),
    st.booleans(),
)
preventing = st.builds(lambda sync_edits: Settings.from_context({"sync_edits": sync_edits}), st.booleans())


def _applied(made: Plan, timelogs: Iterable[Timelog]) -> list[Timelog]:
    """The ledger after a plan was carried out: what post does to GitLab, in memory."""
    ledger = {log.gid: log for log in timelogs}
    number = 1000
    for write in made.writes:
        if isinstance(write, Create | Replace):
            number += 1
            assert isinstance(write.target, Target)
            new = Timelog(
                f"gid://gitlab/Timelog/{number}", write.target, write.row.seconds, write.row.spent_at, write.summary
            )
            ledger[new.gid] = new
        for old in () if isinstance(write, Create) else write.old:
            del ledger[old.gid]
    return list(ledger.values())


@without_deadline
@given(_candidates(), _timelogs(), preventing, st.booleans())
def test_planning_again_after_a_plan_was_carried_out_changes_nothing(
    candidates: list[Candidate], timelogs: list[Timelog], settings: Settings, may_remove: bool
) -> None:
    first = plan(candidates, ledger_by_entry(timelogs), settings, may_remove_filtered=may_remove)

    ledger = ledger_by_entry(_applied(first, timelogs))
    second = plan(candidates, ledger, settings, may_remove_filtered=may_remove)

    assert second.writes == ()
    written = [item.row.entry_id for item in first.writes if item.row.outcome in {"created", "replaced"}]
    assert {row.entry_id for row in second.settled if row.outcome == "kept"} >= set(written)


@without_deadline
@given(_candidates(), _timelogs(with_moves=False))
def test_after_a_plan_every_matched_entry_is_in_gitlab_exactly_once_and_as_it_should_be(
    candidates: list[Candidate], timelogs: list[Timelog]
) -> None:
    made = plan(candidates, ledger_by_entry(timelogs), DEFAULTS)

    ledger = ledger_by_entry(_applied(made, timelogs))

    for candidate in candidates:
        if candidate.target is not None:
            (log,) = ledger[candidate.entry.id]
            assert (log.target, log.seconds, log.spent_at) == (
                candidate.target,
                candidate.seconds,
                candidate.entry.start,
            )


@without_deadline
@given(_candidates(), _timelogs(), settings_of_a_plan, st.booleans())
def test_every_entry_has_exactly_one_item(
    candidates: list[Candidate], timelogs: list[Timelog], settings: Settings, may_remove: bool
) -> None:
    made = plan(candidates, ledger_by_entry(timelogs), settings, may_remove_filtered=may_remove)

    assert sorted(item.row.entry_id for item in made.items) == sorted(candidate.entry.id for candidate in candidates)
    assert len(made.writes) + len(made.settled) == len(candidates)


@without_deadline
@given(_candidates(), _timelogs(), settings_of_a_plan, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_entries_and_timelogs_changes_nothing(
    candidates: list[Candidate], timelogs: list[Timelog], settings: Settings, may_remove: bool, random: Random
) -> None:
    made = plan(candidates, ledger_by_entry(timelogs), settings, may_remove_filtered=may_remove)
    random.shuffle(candidates)
    random.shuffle(timelogs)

    assert plan(candidates, ledger_by_entry(timelogs), settings, may_remove_filtered=may_remove) == made


@without_deadline
@given(_candidates(), _timelogs(), settings_of_a_plan, st.booleans())
def test_timelogs_without_a_marker_or_of_entries_that_were_not_fetched_are_never_touched(
    candidates: list[Candidate], timelogs: list[Timelog], settings: Settings, may_remove: bool
) -> None:
    fetched = {candidate.entry.id for candidate in candidates}
    foreign = {log.gid for log in timelogs if marked_entry_id(log.summary) not in fetched}

    made = plan(candidates, ledger_by_entry(timelogs), settings, may_remove_filtered=may_remove)

    assert foreign <= {log.gid for log in _applied(made, timelogs)}


@without_deadline
@given(_candidates(), _timelogs(), settings_of_a_plan)
def test_what_is_left_out_is_never_written_without_leave(
    candidates: list[Candidate], timelogs: list[Timelog], settings: Settings
) -> None:
    made = plan(candidates, ledger_by_entry(timelogs), settings)

    left_out = {candidate.entry.id for candidate in candidates if candidate.reason is not None}
    assert left_out.isdisjoint(write.row.entry_id for write in made.writes)


MOVED = Target("gid://gitlab/Issue/2012", "acme/app#3")


def _moving(entry_id: int) -> list[Timelog]:
    """An entry's timelog on an issue that was moved, and the copy at its new place."""
    return [_log(5, entry_id, on_moved_issue=True), _log(6, entry_id, target=MOVED)]


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
