"""What a run may call finished, and whose ledger it works on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contract.errors import GitLabUserChanged
from contract.settings import Settings
from contract.vocabulary import EntryWarning, Outcome
from functions.shared.gitlab.client import GitLab
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched, Progress
from functions.shared.model.plan import Item, Keep, Plan, Skip
from functions.shared.model.row import Row
from functions.transform import filters, references
from functions.transform.pipeline import progress_with, transform
from local.standins.gitlab import server as stand_in

TOKEN = "glpat-Pipeline-Tests-0001"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
PROGRESS = Progress(date(2026, 11, 23), date(2026, 11, 19))
MOVING = EntryWarning.MOVE_IN_PROGRESS


def _kept(day: int, hour: int, warning: EntryWarning | None = MOVING) -> Item:
    spent_at = datetime(2026, 11, day, hour, tzinfo=UTC)
    return Keep(Row(1, Outcome.KEPT, "acme/shop#12", 1800, spent_at, warning=warning))


def _fetched(*descriptions: str, timezone: str = "UTC", progress: Progress | None = PROGRESS, **more: Any) -> Fetched:
    entries = [
        TimeEntry(number, START, START + timedelta(minutes=30), 1800, description, True, 7, None, None)
        for number, description in enumerate(descriptions, start=1)
    ]
    window = Window(START, START + timedelta(days=1), timezone)
    return Fetched(**{"settings": Settings(), "window": window, "entries": tuple(entries), "progress": progress} | more)


@pytest.mark.parametrize(
    ("items", "timezone", "expected"),
    [
        ((), "UTC", date(2026, 11, 23)),
        (
            (_kept(20, 9, None), _kept(20, 9, EntryWarning.DIFFERS), Skip(_kept(20, 9, None).row)),
            "UTC",
            date(2026, 11, 23),
        ),
        ((_kept(20, 9),), "UTC", date(2026, 11, 19)),
        ((_kept(22, 9), _kept(20, 9), _kept(21, 9)), "UTC", date(2026, 11, 19)),
        ((_kept(24, 9),), "UTC", date(2026, 11, 23)),
        ((_kept(20, 16),), "Asia/Tokyo", date(2026, 11, 20)),
        ((_kept(20, 4),), "America/New_York", date(2026, 11, 18)),
    ],
)
def test_the_local_day_of_an_entry_whose_issue_may_still_be_moving_is_not_finished(
    items: tuple[Item, ...], timezone: str, expected: date
) -> None:
    expected_progress = Progress(expected, PROGRESS.day_before)

    assert progress_with(Plan(items), _fetched(timezone=timezone)) == expected_progress


def test_a_run_that_does_not_count_is_worth_nothing_whatever_its_plan() -> None:
    assert progress_with(Plan((_kept(20, 9),)), _fetched(progress=None)) is None


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with stand_in.GitLab(now=lambda: START + timedelta(days=1)) as server:
        server.add_token(TOKEN, "mira")
        server.add_project("acme/shop", id=1)
        server.add_issue("acme/shop", "Fix login", iid=12)
        yield GitLab(server.url, TOKEN, 0)


@pytest.mark.parametrize(("posted_by", "accept"), [("", False), ("mira", False), ("jonas", True)])
def test_a_run_goes_on_with_the_user_who_posted_or_a_new_one_that_is_accepted(
    gitlab: GitLab, posted_by: str, accept: bool
) -> None:
    decided = transform(_fetched("#12", accept_new_user=accept), gitlab, posted_by)

    assert (decided.author.username, [item.row.outcome for item in decided.plan.items]) == ("mira", ["created"])


def test_a_run_of_another_user_is_refused_before_the_ledger_is_read(gitlab: GitLab) -> None:
    with pytest.raises(GitLabUserChanged, match="belongs to mira, but so far jonas has posted"):
        transform(_fetched("#12"), gitlab, "jonas")

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

    assert [item.row.outcome for item in decided.plan.items].count(Outcome.CREATED) == 12
    assert gitlab.http.requests_made == 4


def test_each_entry_is_filtered_once_and_its_references_are_found_once(
    gitlab: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    filtered: list[str] = []
    searched: list[str] = []
    first_filter, find_references = filters.first_filter, references.find_references

    def counting_filter(entry: TimeEntry, settings: Settings) -> Any:
        filtered.append(entry.description)
        return first_filter(entry, settings)

    def counting_search(text: str, gitlab_url: str) -> Any:
        searched.extend([text] if text else [])
        return find_references(text, gitlab_url)

    monkeypatch.setattr("functions.transform.screening.first_filter", counting_filter)
    monkeypatch.setattr("functions.transform.screening.find_references", counting_search)

    transform(_fetched("#12", "Fix login", "Fix (#12) · Issues · Acme / Shop · GitLab"), gitlab)

    assert len(filtered) == len(searched) == 3
