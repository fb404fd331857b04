"""What a run knows when it has read Toggl."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from contract.settings import Settings
from contract.state import Pending, SyncState
from functions.fetch.fetching import fetch
from functions.fetch.window import resolve
from functions.shared.model.entry import Span
from functions.shared.model.fetched import Fetched
from functions.shared.toggl.client import Toggl
from local.standins.toggl import server as stand_in

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
STATE = SyncState(synced_through=date(2026, 11, 22), changes_seen=NOW - timedelta(days=1))


@pytest.fixture
def server() -> Iterator[stand_in.Toggl]:
    with stand_in.Toggl(token="t", now=lambda: NOW) as server:
        yield server


def read(server: stand_in.Toggl, run_input: dict[str, object], state: SyncState = STATE) -> Fetched:
    run = resolve(run_input, Settings(), NOW, state)
    return fetch(Toggl(server.url, "t", 0, sleep=lambda _seconds: None), run, NOW, state)


def test_a_run_has_its_entries_its_settings_and_its_permissions(server: stand_in.Toggl) -> None:
    tracked = server.add_entry("#12", NOW - timedelta(hours=2), 600)

    fetched = read(server, {"minimum_duration": 60, "allow_removals": True})

    assert [entry.id for entry in fetched.entries] == [tracked.id]
    assert (fetched.settings.minimum_duration, fetched.overrides) == (60, ("minimum_duration",))
    assert (fetched.allow_removals, fetched.accept_new_user) == (True, False)
    assert fetched.toggl_quota_left == 28


def test_a_run_without_dates_tells_what_it_covers_and_how_far_it_has_come(server: stand_in.Toggl) -> None:
    state = STATE._replace(pending=(Pending(1, NOW - timedelta(days=3), "no_permission"),))

    fetched = read(server, {}, state)

    assert (fetched.now, fetched.is_dated) == (NOW, False)
    assert fetched.window.start == datetime(2026, 11, 23, tzinfo=UTC)
    assert fetched.window.changes_since == datetime(2026, 11, 23, 8, 50, tzinfo=UTC)
    assert fetched.earliest_start == datetime(2026, 10, 24, tzinfo=UTC)
    assert fetched.ledger == Span(datetime(2026, 10, 14, tzinfo=UTC), NOW)
    assert fetched.pending == state.pending
    assert fetched.progress is not None
    assert (fetched.progress.through, fetched.progress.changes_seen) == (date(2026, 11, 23), NOW)


def test_a_dated_run_covers_its_days_only(server: stand_in.Toggl) -> None:
    fetched = read(server, {"start_date": "2026-09-01", "end_date": "2026-09-01"})

    assert fetched.is_dated is True
    assert (fetched.window.changes_since, fetched.earliest_start) == (None, None)
    assert fetched.ledger == Span(datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC))


@pytest.mark.parametrize(("clock_error_seconds", "seen"), [(-40, NOW - timedelta(seconds=40)), (40, NOW)])
def test_changes_are_seen_by_toggls_clock_but_not_after_now(
    server: stand_in.Toggl, clock_error_seconds: int, seen: datetime
) -> None:
    server.clock_error_seconds = clock_error_seconds

    progress = read(server, {}).progress

    assert progress is not None
    assert progress.changes_seen == seen


def test_of_gitlab_everything_until_toggls_now_is_read(server: stand_in.Toggl) -> None:
    server.clock_error_seconds = 40

    ledger = read(server, {}).ledger

    assert ledger is not None
    assert ledger.end == NOW + timedelta(seconds=40)


def test_where_toggls_clock_is_not_told_the_runs_start_counts(
    server: stand_in.Toggl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.shared.http.Answer.epoch_header", lambda _answer, _name: None)

    progress = read(server, {}).progress

    assert progress is not None
    assert progress.changes_seen == NOW
