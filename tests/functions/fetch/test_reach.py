"""How far back a run looks, in Toggl and in GitLab."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from contract.settings import Settings
from contract.state import Pending, SyncState
from functions.fetch.reach import changes_since, earliest_start, ledger_span, takes_late_changes
from functions.fetch.window import Run, resolve
from functions.shared.instants import format_instant, parse_instant

NOW = parse_instant("2026-11-24T09:00:00Z")
SEEN = SyncState(synced_through=date(2026, 11, 22), changes_seen=parse_instant("2026-11-23T09:00:00Z"))


def _run(run_input: dict[str, Any], state: SyncState = SEEN, **settings: Any) -> Run:
    return resolve(run_input, Settings.from_context(settings), NOW, state)


@pytest.mark.parametrize(
    ("run_input", "settings", "takes"),
    [
        ({}, {}, True),
        ({"dry_run": True, "minimum_duration": 0}, {}, True),
        ({}, {"catch_up_days": 1}, True),
        ({}, {"catch_up_days": 0}, False),
        ({"catch_up_days": 0}, {}, False),
        ({"days_back": 1}, {}, False),
        ({"start_date": "2026-11-01"}, {}, False),
    ],
)
def test_late_changes_are_taken_in_by_a_run_without_dates_unless_catching_up_is_off(
    run_input: dict[str, Any], settings: dict[str, Any], takes: bool
) -> None:
    run = _run(run_input, **settings)

    assert takes_late_changes(run) is takes
    assert (changes_since(run, SEEN, NOW) is not None) is takes


def test_changes_are_asked_for_from_ten_minutes_before_the_last_ones_that_were_seen() -> None:
    assert changes_since(_run({}), SEEN, NOW) == parse_instant("2026-11-23T08:50:00Z")


def test_before_any_changes_were_seen_none_are_asked_for() -> None:
    assert changes_since(_run({}), SyncState(synced_through=date(2026, 11, 22)), NOW) is None


@pytest.mark.parametrize(("days", "asked"), [(85, True), (86, False)])
def test_changes_are_asked_for_as_far_back_as_toggl_tells_them(days: int, asked: bool) -> None:
    since = NOW - timedelta(days=days)
    state = SyncState(changes_seen=since + timedelta(minutes=10))

    assert changes_since(_run({}, state), state, NOW) == (since if asked else None)


@pytest.mark.parametrize(
    ("run_input", "settings", "expected"),
    [
        ({}, {}, "2026-10-24T00:00:00Z"),
        ({}, {"timezone": "Europe/Berlin"}, "2026-10-23T22:00:00Z"),
        ({}, {"catch_up_days": 84}, "2026-09-01T00:00:00Z"),
        ({}, {"catch_up_days": 0}, "2026-11-23T00:00:00Z"),
        pytest.param({}, {"days_back": 60}, "2026-09-25T00:00:00Z", id="the window is longer"),
        ({"days_back": 60}, {}, None),
        ({"start_date": "2026-11-01"}, {}, None),
    ],
)
def test_what_starts_before_the_days_to_catch_up_with_and_the_window_is_too_late(
    run_input: dict[str, Any], settings: dict[str, Any], expected: str | None
) -> None:
    earliest = earliest_start(_run(run_input, **settings))

    assert (None if earliest is None else format_instant(earliest)) == expected


def _ledger(
    run_input: dict[str, Any], state: SyncState = SEEN, until: datetime = NOW, **settings: Any
) -> tuple[str, str]:
    span = ledger_span(_run(run_input, state, **settings), state, until)
    return format_instant(span.start), format_instant(span.end)


@pytest.mark.parametrize(
    ("state", "settings", "start"),
    [
        pytest.param(SEEN, {}, "2026-10-16T00:00:00Z", id="7 days before 31 days before the changes seen"),
        pytest.param(SyncState(), {}, "2026-10-17T00:00:00Z", id="7 days before 31 days before today"),
        pytest.param(SyncState(), {"days_back": 40}, "2026-10-08T00:00:00Z", id="7 days before the window"),
        pytest.param(SyncState(), {"catch_up_days": 0}, "2026-11-16T00:00:00Z", id="no catching up"),
        pytest.param(
            SyncState(changes_seen=parse_instant("2026-11-03T23:30:00Z")),
            {"timezone": "Europe/Berlin"},
            "2026-09-26T22:00:00Z",
            id="changes seen three weeks ago, on 4 November in Berlin",
        ),
        pytest.param(
            SEEN._replace(pending=(Pending(7, parse_instant("2026-11-10T12:00:00Z"), "no_permission"),)),
            {},
            "2026-10-03T00:00:00Z",
            id="pending since a change of two weeks ago",
        ),
    ],
)
def test_a_run_without_dates_reads_of_gitlab_where_an_entry_may_have_been_moved_from(
    state: SyncState, settings: dict[str, Any], start: str
) -> None:
    assert _ledger({}, state, **settings) == (start, format_instant(NOW))


@pytest.mark.parametrize(
    ("run_input", "settings", "expected"),
    [
        (
            {"start_date": "2026-08-01", "end_date": "2026-08-03"},
            {},
            ("2026-07-01T00:00:00Z", "2026-09-04T00:00:00Z"),
        ),
        (
            {"start_date": "2026-08-01", "end_date": "2026-08-03"},
            {"catch_up_days": 0},
            ("2026-07-25T00:00:00Z", "2026-08-11T00:00:00Z"),
        ),
        ({"start_date": "2026-11-10", "end_date": "2026-11-10"}, {}, ("2026-10-10T00:00:00Z", "2026-11-24T09:00:00Z")),
        ({"days_back": 2}, {}, ("2026-10-22T00:00:00Z", "2026-11-24T09:00:00Z")),
        (
            {"start_date": "2026-10-25", "end_date": "2026-10-25", "catch_up_days": 7},
            {"timezone": "Europe/Berlin"},
            ("2026-10-17T22:00:00Z", "2026-11-01T23:00:00Z"),
        ),
    ],
)
def test_a_run_that_names_its_days_reads_of_gitlab_the_days_around_them(
    run_input: dict[str, Any], settings: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert _ledger(run_input, **settings) == expected


@pytest.mark.parametrize("run_input", [{}, {"start_date": "2026-11-20"}])
def test_a_late_run_reads_what_was_posted_after_its_now(run_input: dict[str, Any]) -> None:
    later = NOW + timedelta(hours=30)

    assert _ledger(run_input, until=later)[1] == format_instant(later)
