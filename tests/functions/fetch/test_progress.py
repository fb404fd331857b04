"""What a run leaves for the next ones when it ends without a failure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from contract.settings import Settings
from contract.state import FirstRun, SyncState, Version
from functions.fetch.progress import progress_of
from functions.fetch.window import Run, resolve
from functions.shared.instants import parse_instant
from functions.shared.model.fetched import Progress

NOW = "2026-11-24T09:00:00Z"
SYNCED = SyncState(synced_through=date(2026, 11, 22))


def _run(run_input: dict[str, Any], now: str = NOW, state: SyncState = SYNCED, **settings: Any) -> Run:
    return resolve(run_input, Settings.from_context(settings), parse_instant(now), state)


def _progress(
    run: Run,
    running_since: str = "",
    state: SyncState = SYNCED,
    read_at: datetime | None = None,
    looked_at: Iterable[Version] = (),
) -> Progress | None:
    since = parse_instant(running_since) if running_since else None
    return progress_of(run, state, since, read_at or run.now, looked_at)


def _days(progress: Progress | None) -> tuple[date, date]:
    """Through which day, and the day before its first one."""
    assert progress is not None
    return progress.through, progress.day_before


def test_a_scheduled_run_finishes_yesterday() -> None:
    assert _days(_progress(_run({"scheduled_time": NOW}))) == (date(2026, 11, 23), date(2026, 11, 22))


@pytest.mark.parametrize(
    ("since", "through"),
    [
        ("2026-11-24T08:00:00Z", date(2026, 11, 23)),
        ("2026-11-24T00:00:00Z", date(2026, 11, 23)),
        ("2026-11-23T23:59:59Z", date(2026, 11, 22)),
        ("2026-11-20T12:00:00Z", date(2026, 11, 19)),
    ],
)
def test_the_day_of_an_entry_that_still_runs_and_the_days_after_it_are_not_finished(since: str, through: date) -> None:
    progress = _progress(_run({"start_date": "2026-11-16"}), since)

    assert _days(progress) == (through, date(2026, 11, 15))


def test_the_days_are_those_of_the_runs_timezone() -> None:
    run = _run({}, now="2026-11-24T16:00:00Z", timezone="Asia/Tokyo", state=SyncState())

    assert _days(_progress(run)) == (date(2026, 11, 24), date(2026, 11, 23))
    assert _days(_progress(run, "2026-11-24T15:00:00Z")) == (date(2026, 11, 24), date(2026, 11, 23))
    assert _days(_progress(run, "2026-11-24T14:59:59Z")) == (date(2026, 11, 23), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("run_input", "expected"),
    [
        ({"start_date": "2026-11-01", "end_date": "2026-11-15"}, (date(2026, 11, 15), date(2026, 10, 31))),
        ({"start_date": "2026-11-01", "end_date": "2026-11-23"}, (date(2026, 11, 23), date(2026, 10, 31))),
        ({"start_date": "2026-11-01", "end_date": "2026-11-24"}, (date(2026, 11, 23), date(2026, 10, 31))),
        ({"start_date": "2026-11-01"}, (date(2026, 11, 23), date(2026, 10, 31))),
        ({"days_back": 7}, (date(2026, 11, 23), date(2026, 11, 16))),
        ({"days_back": 0}, (date(2026, 11, 23), date(2026, 11, 23))),
    ],
)
def test_a_run_by_hand_finishes_its_own_last_day_and_never_today(
    run_input: dict[str, Any], expected: tuple[date, date]
) -> None:
    assert _days(_progress(_run(run_input))) == expected


def test_a_run_that_catches_up_counts_from_its_first_day() -> None:
    state = SyncState(synced_through=date(2026, 11, 16))

    progress = _progress(_run({}, state=state), state=state)

    assert _days(progress) == (date(2026, 11, 23), date(2026, 11, 16))
    assert progress is not None
    assert progress.has_gap is False


def test_a_run_whose_catch_up_was_cut_off_says_so() -> None:
    state = SyncState(synced_through=date(2026, 11, 1))

    progress = _progress(_run({}, state=state, catch_up_days=5), state=state)

    assert _days(progress) == (date(2026, 11, 23), date(2026, 11, 18))
    assert progress is not None
    assert progress.has_gap is True


@pytest.mark.parametrize(
    "run_input",
    [
        {"log_level": "DEBUG"},
        {"log_level": "DEBUG", "days_back": 3},
        {"allow_removals": True},
        {"accept_new_user": True},
    ],
)
def test_a_run_that_overrides_nothing_but_its_days_and_the_log_level_counts(run_input: dict[str, Any]) -> None:
    assert _progress(_run(run_input)) is not None


@pytest.mark.parametrize(
    "run_input",
    [
        {"dry_run": True},
        {"timezone": "Asia/Kathmandu"},
        {"maximum_duration": 7},
        {"minimum_duration": 0},
        {"catch_up_days": 5},
        {"toggl_workspace_id": 7},
        {"days_back": 7, "only_billable": True},
    ],
)
def test_a_run_that_overrides_anything_else_does_not_count(run_input: dict[str, Any]) -> None:
    assert _progress(_run(run_input)) is None


def test_a_dry_run_does_not_count() -> None:
    assert _progress(_run({}, dry_run=True)) is None


def test_a_setting_that_is_given_as_it_is_deployed_overrides_nothing() -> None:
    assert _progress(_run({"dry_run": False, "minimum_duration": "300"})) is not None


@pytest.mark.parametrize(("dry_run", "counts"), [(False, True), (True, False)])
def test_a_run_that_overrides_all_that_it_may_still_counts(*, dry_run: bool, counts: bool) -> None:
    run = resolve({"days_back": 3, "log_level": "DEBUG"}, Settings(dry_run=dry_run), parse_instant(NOW))

    assert (_progress(run) is not None) == counts


FIRST_RUN = FirstRun(parse_instant("2026-11-20T09:00:00Z"))


@pytest.mark.parametrize(
    ("run_input", "state", "begins"),
    [
        pytest.param({}, SyncState(), date(2026, 11, 22), id="the first run"),
        pytest.param({"days_back": 5}, SyncState(), date(2026, 11, 18), id="the first run, with days back"),
        pytest.param({}, SyncState(first_run=FIRST_RUN), date(2026, 11, 18), id="the first run has failed"),
        pytest.param({"start_date": "2026-11-01"}, SyncState(first_run=FIRST_RUN), date(2026, 11, 18), id="dated"),
        pytest.param({}, SYNCED, None, id="it has begun"),
        pytest.param({"start_date": "2026-11-01"}, SYNCED, None, id="it has begun, dated"),
    ],
)
def test_what_is_synced_begins_with_the_day_before_the_first_runs_window(
    run_input: dict[str, Any], state: SyncState, begins: date | None
) -> None:
    progress = _progress(_run(run_input, state=state), state=state)

    assert progress is not None
    assert progress.begins == begins


def test_a_run_with_dates_does_not_count_before_any_without_has_begun() -> None:
    assert _progress(_run({"start_date": "2026-11-01"}, state=SyncState()), state=SyncState()) is None


def _seen(
    run_input: dict[str, Any], *, changes_seen: str = "", read_at: str = "2026-11-24T09:00:03Z", **settings: Any
) -> datetime | None:
    """Up to when a run on 2026-11-24 at 9:00 has seen changes, when earlier ones had up to `changes_seen`."""
    state = SyncState(
        synced_through=date(2026, 11, 22), changes_seen=parse_instant(changes_seen) if changes_seen else None
    )
    progress = _progress(_run(run_input, state=state, **settings), state=state, read_at=parse_instant(read_at))
    assert progress is not None
    return progress.changes_seen


@pytest.mark.parametrize(
    ("read_at", "expected"),
    [
        pytest.param("2026-11-24T09:00:03Z", NOW, id="what starts after now is another run's"),
        pytest.param("2026-11-24T08:59:58Z", "2026-11-24T08:59:58Z", id="Toggl's clock is behind"),
    ],
)
@pytest.mark.parametrize("before", ["", "2026-11-23T09:00:00Z", "2025-01-01T00:00:00Z"])
@pytest.mark.parametrize("run_input", [{}, {"scheduled_time": NOW}, {"log_level": "DEBUG"}])
def test_changes_are_seen_up_to_the_earlier_of_now_and_toggls_clock_at_the_first_answer(
    run_input: dict[str, Any], before: str, read_at: str, expected: str
) -> None:
    assert _seen(run_input, changes_seen=before, read_at=read_at) == parse_instant(expected)


@pytest.mark.parametrize("before", [NOW, "2026-11-24T09:00:01Z"])
def test_what_is_seen_never_moves_backwards(before: str) -> None:
    assert _seen({}, changes_seen=before) is None


@pytest.mark.parametrize("run_input", [{"days_back": 1}, {"start_date": "2026-11-01"}])
def test_a_run_that_names_its_days_has_seen_no_changes(run_input: dict[str, Any]) -> None:
    assert _seen(run_input, changes_seen="2026-11-23T09:00:00Z") is None


def test_without_catching_up_no_changes_are_seen() -> None:
    assert _seen({}, changes_seen="2026-11-23T09:00:00Z", catch_up_days=0) is None


def _seen_again(*versions: tuple[int, str], read_at: str = NOW) -> list[int]:
    """The ids of those versions that a run on 2026-11-24 at 9:00 remembers."""
    looked_at = [Version(number, parse_instant(f"2026-11-24T{at}Z")) for number, at in versions]
    progress = _progress(_run({}), read_at=parse_instant(read_at), looked_at=looked_at)
    assert progress is not None
    return [version.id for version in progress.seen]


def test_the_versions_that_the_next_run_meets_again_are_remembered_but_not_those_of_the_last_seconds() -> None:
    remembered = _seen_again(
        (1, "08:49:59"), (2, "08:50:00"), (3, "08:59:54"), (4, "08:59:55"), (5, "09:00:00"), (6, "09:00:01")
    )

    assert remembered == [2, 3]


def test_a_run_that_reads_long_after_its_now_remembers_what_was_changed_in_between() -> None:
    remembered = _seen_again(
        (1, "08:49:59"), (2, "09:30:00"), (3, "10:59:54"), (4, "11:00:00"), read_at="2026-11-24T11:00:00Z"
    )

    assert remembered == [2, 3]


def test_the_last_1000_versions_are_remembered() -> None:
    assert _seen_again(*[(number, f"08:5{number // 300}:00") for number in range(1200)]) == list(range(200, 1200))


def test_what_is_not_seen_for_the_first_time_is_not_remembered() -> None:
    state = SyncState(synced_through=date(2026, 11, 22), changes_seen=parse_instant(NOW))
    version = Version(1, parse_instant(NOW) - timedelta(minutes=1))

    progress = _progress(_run({}, state=state), state=state, looked_at=[version])

    assert progress is not None
    assert progress.seen == ()
