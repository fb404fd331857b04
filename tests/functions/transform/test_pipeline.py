"""What a run makes of what GitLab has: whose ledger, from when to when, and what was logged on what has moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.errors import GitLabUserChanged, TooManyRemovals
from contract.settings import Settings
from contract.state import Pending, SyncState
from functions.shared.gitlab.client import GitLab
from functions.shared.model.entry import Span, TimeEntry, Window
from functions.shared.model.fetched import Fetched
from functions.shared.model.plan import Delete
from functions.shared.model.row import Account
from functions.transform import filters, references
from functions.transform.pipeline import Decided, transform
from local.standins.gitlab import server as stand_in
from local.standins.gitlab.model import Issuable

TOKEN = "glpat-Pipeline-Tests-0001"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
NOW = START + timedelta(days=1)
DAY = timedelta(days=1)
MIRA = "101"


def _entry(entry_id: int, description: str, start: datetime = START) -> TimeEntry:
    return TimeEntry(entry_id, start, start + timedelta(minutes=30), 1800, description, True, 7, None, None, NOW)


def _fetched(*descriptions: str, **more: Any) -> Fetched:
    """A run of one day that looks at 31 days of GitLab's."""
    given = {
        "settings": Settings(),
        "window": Window(START, NOW, "UTC"),
        "entries": tuple(_entry(number, text) for number, text in enumerate(descriptions, start=1)),
        "now": NOW,
        "ledger": Span(START - 38 * DAY, NOW),
    }
    return Fetched(**given | more)


def _outcomes(decided: Decided) -> list[tuple[int, str, str | None, str | None]]:
    rows = [item.row for item in decided.plan.items]
    return [(row.entry_id, row.outcome, row.warning, row.issue) for row in rows]


@pytest.fixture
def server() -> Iterator[stand_in.GitLab]:
    with stand_in.GitLab(now=lambda: NOW) as server:
        server.add_token(TOKEN, "mira")
        server.add_project("acme/shop", id=1)
        server.add_issue("acme/shop", "Fix login", iid=12)
        yield server


@pytest.fixture
def login(server: stand_in.GitLab) -> Issuable:
    return server.issuable("acme/shop#12")


@pytest.fixture
def gitlab(server: stand_in.GitLab) -> GitLab:
    return GitLab(server.url, TOKEN, 0)


# Who posts.


@pytest.mark.parametrize(
    ("state", "accept", "changed"),
    [
        (SyncState(), False, False),
        (SyncState(posted_by="mira"), False, False),
        (SyncState(posted_by="mira", posted_by_id=MIRA), False, False),
        (SyncState(posted_by="mira.novak", posted_by_id=MIRA), False, False),
        (SyncState(posted_by="jonas"), True, True),
        (SyncState(posted_by="mira", posted_by_id="99"), True, True),
        (SyncState(posted_by="mira", posted_by_id=MIRA), True, False),
    ],
)
def test_a_run_goes_on_with_the_user_who_posted_whatever_the_name_or_with_a_new_one_that_is_accepted(
    gitlab: GitLab, state: SyncState, *, accept: bool, changed: bool
) -> None:
    decided = transform(_fetched("#12", accept_new_user=accept), gitlab, state)

    assert _outcomes(decided) == [(1, "created", None, "acme/shop#12")]
    assert (decided.author.user_id, decided.author.username, decided.user_changed) == (MIRA, "mira", changed)


@pytest.mark.parametrize("state", [SyncState(posted_by="jonas"), SyncState(posted_by="jonas", posted_by_id="99")])
def test_a_run_of_another_user_is_refused_before_the_ledger_is_read(gitlab: GitLab, state: SyncState) -> None:
    with pytest.raises(GitLabUserChanged, match="belongs to mira, but so far jonas has posted"):
        transform(_fetched("#12"), gitlab, state)

    assert gitlab.http.requests_made == 1


def test_a_quiet_morning_is_four_requests_whatever_matches_no_issue(gitlab: GitLab) -> None:
    numbered = [f"#12 part {number}" for number in range(8)]
    titles = [
        "Fix login",
        "fix  LOGIN",
        "Standup",
        "Standup",
        "Mail",
        "1:1",
        "\U0001f389",
        "Plan the week",
        "Call Ana",
        "Retro",
    ]

    decided = transform(_fetched(*numbered, *titles, "acme/shop#12", "Call (#12)"), gitlab)

    assert [item.row.outcome for item in decided.plan.items].count("created") == 12
    assert gitlab.http.requests_made == 4


def test_a_user_of_the_same_name_is_another_one(gitlab: GitLab) -> None:
    with pytest.raises(GitLabUserChanged):
        transform(_fetched("#12"), gitlab, SyncState(posted_by="mira", posted_by_id="99"))


BOT = SyncState(posted_by="bot-7", posted_by_id="99")


def test_what_the_earlier_user_posted_is_neither_posted_again_nor_touched(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable
) -> None:
    server.add_project("acme/app", id=2)
    elsewhere = server.add_issue("acme/app", "Menu", iid=3)
    server.add_timelog(login, "bot-7", 1800, START, "[toggl:1] #12")
    server.add_timelog(login, "bot-7", 900, START, "[toggl:2] #12")
    server.add_timelog(elsewhere, "bot-7", 1800, START - 20 * DAY, "[toggl:3] moved since")
    settings = Settings.from_context({"project_map": {"App": "acme/app"}})

    decided = transform(_fetched("#12", "#12", "#12", "#12", accept_new_user=True, settings=settings), gitlab, BOT)

    assert _outcomes(decided) == [
        (1, "kept", None, "acme/shop#12"),
        (2, "kept", "differs", "acme/shop#12"),
        (3, "kept", "differs", "acme/shop#12"),
        (4, "created", None, "acme/shop#12"),
    ]


def test_the_earlier_users_timelogs_are_found_in_a_project_that_is_configured_by_its_number(
    server: stand_in.GitLab, gitlab: GitLab
) -> None:
    server.add_project("acme/app", id=2)
    server.add_timelog(server.add_issue("acme/app", "Menu"), "bot-7", 1800, START, "[toggl:1]")
    settings = Settings.from_context({"project_map": {"App": "2"}})

    decided = transform(_fetched("#12", accept_new_user=True, settings=settings), gitlab, BOT)

    assert _outcomes(decided) == [(1, "kept", "differs", "acme/shop#12")]


@pytest.mark.parametrize(("changed_ago", "outcome"), [(37 * DAY, "kept"), (39 * DAY, "created")])
def test_the_earlier_users_timelogs_count_as_long_as_the_ledger_reaches_before_the_change(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable, changed_ago: timedelta, outcome: str
) -> None:
    server.add_timelog(login, "bot-7", 1800, START, "[toggl:1] #12")
    state = SyncState(posted_by="mira", posted_by_id=MIRA, user_changed_at=START - changed_ago)

    assert [outcome for _id, outcome, *_more in _outcomes(transform(_fetched("#12"), gitlab, state))] == [outcome]


# From when to when the ledger is read.


@pytest.mark.parametrize("days", [8, 31, 38])
def test_an_entry_that_was_moved_by_weeks_is_replaced_and_not_posted_again(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable, days: int
) -> None:
    server.add_timelog(login, "mira", 1800, START - days * DAY, "[toggl:1] #12")

    assert _outcomes(transform(_fetched("#12"), gitlab)) == [(1, "replaced", None, "acme/shop#12")]


@pytest.mark.parametrize(("days", "outcome"), [(7, "replaced"), (8, "created")])
def test_a_run_of_an_earlier_version_looks_a_week_around_its_window(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable, days: int, outcome: str
) -> None:
    server.add_timelog(login, "mira", 1800, START - days * DAY, "[toggl:1] #12")

    decided = transform(_fetched("#12", ledger=None, now=None), gitlab)

    assert [outcome for _id, outcome, *_more in _outcomes(decided)] == [outcome]


def test_an_entry_that_is_too_late_is_left_out(gitlab: GitLab) -> None:
    decided = transform(_fetched("#12", earliest_start=START + DAY), gitlab)

    assert [item.row.reason for item in decided.plan.items] == ["too_late"]


def test_a_quiet_morning_reads_the_user_and_a_page_of_timelogs_for_each_hundred(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable
) -> None:
    for number in range(250):
        server.add_timelog(login, "mira", 1800, START - DAY, f"[toggl:{1000 + number}]")

    decided = transform(_fetched("#12"), gitlab)

    assert _outcomes(decided) == [(1, "created", None, "acme/shop#12")]
    assert gitlab.http.requests_made == 1 + 1 + 3


# Issues that were moved.


@pytest.mark.parametrize("stays", [True, False])
def test_the_time_of_a_moved_issue_is_waited_for_and_then_counts_once_whatever_gitlabs_habit(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable, *, stays: bool
) -> None:
    server.originals_stay = stays
    server.add_project("acme/app")
    server.add_timelog(login, "mira", 1800, START, "[toggl:1] #12")
    server.move_issue(login, "acme/app", copied=0)

    during = transform(_fetched("#12"), gitlab)
    server.finish_moves()
    after = transform(_fetched("#12"), gitlab)

    assert _outcomes(during) == [(1, "kept", "move_in_progress", "acme/app#1")]
    assert during.pending == (Pending(1, NOW, "move_in_progress"),)
    assert _outcomes(after) == [(1, "kept", None, "acme/app#1")]
    assert after.pending == ()
    doubles = [write.duplicates_removed for write in after.plan.writes if isinstance(write, Delete)]
    assert doubles == ([1] if stays else [])


def test_what_is_not_copied_a_day_later_is_logged_where_the_issue_went(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable
) -> None:
    server.add_project("acme/app")
    server.add_timelog(login, "mira", 1800, START, "[toggl:1] #12")
    server.move_issue(login, "acme/app", copied=0)

    decided = transform(_fetched("#12", now=NOW + DAY), gitlab)

    assert _outcomes(decided) == [(1, "replaced", None, "acme/app#1")]


def test_the_doubles_of_entries_that_nobody_looked_at_go_too(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable
) -> None:
    server.add_project("acme/app")
    server.add_timelog(login, "mira", 1800, START - 20 * DAY, "[toggl:9] #12")
    server.add_timelog(login, "mira", 1800, START - 20 * DAY, "by hand")
    server.add_timelog(login, "jonas", 1800, START - 20 * DAY, "[toggl:8] #12")
    server.move_issue(login, "acme/app")

    decided = transform(_fetched(), gitlab)

    assert _outcomes(decided) == [(9, "kept", None, "acme/app#1")]
    [write] = decided.plan.writes
    assert isinstance(write, Delete)
    assert (write.row.gone, write.duplicates_removed, write.pending) == (True, 1, None)


def test_a_double_in_an_archived_project_stays_and_is_told(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable
) -> None:
    server.add_project("acme/app")
    server.add_timelog(login, "mira", 1800, START, "[toggl:1] #12")
    server.move_issue(login, "acme/app")
    server.project("acme/shop").archived = True

    decided = transform(_fetched("acme/shop#12"), gitlab)

    assert _outcomes(decided) == [(1, "kept", "double_stays", "acme/app#1")]
    assert decided.plan.writes == ()


def test_time_on_an_epic_hides_nothing_of_the_ledger(server: stand_in.GitLab, gitlab: GitLab, login: Issuable) -> None:
    server.add_timelog(server.add_epic("acme", "Autumn"), "mira", 900, START, "by hand")
    server.add_timelog(login, "mira", 1800, START, "[toggl:1] #12")

    assert _outcomes(transform(_fetched("#12"), gitlab)) == [(1, "kept", None, "acme/shop#12")]


# A project that cannot be seen.


def test_an_entry_of_a_configured_project_that_cannot_be_seen_has_failed_and_the_others_go_on(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable
) -> None:
    server.add_project("acme/app", id=2)
    server.set_role("acme/app", "mira", None)
    server.add_timelog(login, "mira", 1800, START, "[toggl:2] #12")
    settings = Settings.from_context({"project_map": {"App": "acme/app"}})
    pending = (Pending(2, START, "no_permission"),)

    decided = transform(_fetched("#12", "acme/app#3", settings=settings, pending=pending), gitlab)

    assert _outcomes(decided) == [(1, "created", None, "acme/shop#12"), (2, "failed", None, "acme/app#3")]
    [failed] = decided.plan.settled
    assert (failed.reason, failed.account) == ("project_not_visible", Account(1800, 1800, failed=1800, differing=1800))
    assert decided.pending == pending


# What is gone.


def _deleting(**more: Any) -> Fetched:
    settings = Settings.from_context({"remove_deleted": True, **more.pop("context", {})})
    return _fetched(settings=settings, **more)


def test_what_toggl_calls_deleted_goes_on_whatever_day_it_was(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable
) -> None:
    server.add_timelog(login, "mira", 1800, START - 20 * DAY, "[toggl:9] #12")
    server.add_timelog(login, "mira", 1800, START, "[toggl:8] #12")

    undated = transform(_deleting(deleted_ids=(9, 8)), gitlab)
    dated = transform(_deleting(deleted_ids=(9, 8), is_dated=True), gitlab)
    off = transform(_fetched(deleted_ids=(9, 8)), gitlab)

    assert [row[:2] for row in _outcomes(undated)] == [(8, "deleted"), (9, "deleted")]
    assert [row[:2] for row in _outcomes(dated)] == [(8, "deleted")]
    assert _outcomes(off) == []


@pytest.mark.parametrize(("allow", "dry_run"), [(True, False), (False, True), (False, False)])
def test_too_many_removals_are_refused_unless_they_are_allowed_or_only_shown(
    server: stand_in.GitLab, gitlab: GitLab, login: Issuable, *, allow: bool, dry_run: bool
) -> None:
    for number in range(1, 6):
        server.add_timelog(login, "mira", 1800, START - 20 * DAY, f"[toggl:{number}]")
    fetched = _deleting(deleted_ids=(1, 2, 3, 4, 5), allow_removals=allow, context={"dry_run": dry_run})

    if allow or dry_run:
        assert len(transform(fetched, gitlab).plan.writes) == 5
    else:
        with pytest.raises(TooManyRemovals, match="5 of the 5 timelogs outside of its window"):
            transform(fetched, gitlab)


# What is pending.


def test_a_write_knows_why_it_is_pending_and_what_was_not_looked_at_stays(gitlab: GitLab) -> None:
    pending = (Pending(1, START, "no_permission"), Pending(7, START, "no_permission"))

    decided = transform(_fetched("#12", "#12", pending=pending), gitlab)

    reasons = [(write.row.entry_id, write.pending and write.pending.reason) for write in decided.plan.writes]
    assert reasons == [(1, "no_permission"), (2, None)]
    assert decided.pending == (pending[1],)


def test_each_entry_is_filtered_once_and_its_references_are_found_once(
    gitlab: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    filtered: list[str] = []
    searched: list[str] = []
    first_filter, find_references = filters.first_filter, references.find_references

    def counting_filter(entry: TimeEntry, *more: Any) -> Any:
        filtered.append(entry.description)
        return first_filter(entry, *more)

    def counting_search(text: str, gitlab_url: str) -> Any:
        searched.extend([text] if text else [])
        return find_references(text, gitlab_url)

    monkeypatch.setattr("functions.transform.screening.first_filter", counting_filter)
    monkeypatch.setattr("functions.transform.screening.find_references", counting_search)

    transform(_fetched("#12", "Fix login", "Fix (#12) · Issues · Acme / Shop · GitLab"), gitlab)

    assert len(filtered) == len(searched) == 3
