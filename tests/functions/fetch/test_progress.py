"""Which day a run without failures may call synced through."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contract.settings import Settings
from functions.fetch.progress import Progress, progress_of
from functions.fetch.window import Run, resolve
from functions.shared.instants import parse_instant

NOW = "2026-11-24T09:00:00Z"


def _run(run_input: dict[str, Any], now: str = NOW, through: date | None = None, **settings: Any) -> Run:
    return resolve(run_input, Settings.from_context(settings), parse_instant(now), through)


def test_a_scheduled_run_finishes_yesterday() -> None:
    assert progress_of(_run({"scheduled_time": NOW}), None) == Progress(date(2026, 11, 23), date(2026, 11, 22))


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
    progress = progress_of(_run({"start_date": "2026-11-16"}), parse_instant(since))

    assert progress == Progress(through, date(2026, 11, 15))


def test_the_days_are_those_of_the_runs_timezone() -> None:
    run = _run({}, now="2026-11-24T16:00:00Z", timezone="Asia/Tokyo")

    assert progress_of(run, None) == Progress(date(2026, 11, 24), date(2026, 11, 23))
    assert progress_of(run, parse_instant("2026-11-24T15:00:00Z")) == Progress(date(2026, 11, 24), date(2026, 11, 23))
    assert progress_of(run, parse_instant("2026-11-24T14:59:59Z")) == Progress(date(2026, 11, 23), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("run_input", "expected"),
    [
        ({"start_date": "2026-11-01", "end_date": "2026-11-15"}, Progress(date(2026, 11, 15), date(2026, 10, 31))),
        ({"start_date": "2026-11-01", "end_date": "2026-11-23"}, Progress(date(2026, 11, 23), date(2026, 10, 31))),
        ({"start_date": "2026-11-01", "end_date": "2026-11-24"}, Progress(date(2026, 11, 23), date(2026, 10, 31))),
        ({"start_date": "2026-11-01"}, Progress(date(2026, 11, 23), date(2026, 10, 31))),
        ({"days_back": 7}, Progress(date(2026, 11, 23), date(2026, 11, 16))),
        ({"days_back": 0}, Progress(date(2026, 11, 23), date(2026, 11, 23))),
    ],
)
def test_a_run_by_hand_finishes_its_own_last_day_and_never_today(run_input: dict[str, Any], expected: Progress) -> None:
    assert progress_of(_run(run_input), None) == expected


def test_a_run_that_catches_up_counts_from_its_first_day() -> None:
    run = _run({}, through=date(2026, 11, 16))

    assert progress_of(run, None) == Progress(date(2026, 11, 23), date(2026, 11, 16))


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
    assert progress_of(_run(run_input), None) is not None


@pytest.mark.parametrize(
    "run_input",
    [
        {"dry_run": True},
        {"timezone": "Asia/Kathmandu"},
        {"gitlab_project_id": 7},
        {"minimum_duration": 0},
        {"catch_up_days": 5},
        {"toggl_workspace_id": 7},
        {"days_back": 7, "only_billable": True},
    ],
)
def test_a_run_that_overrides_anything_else_does_not_count(run_input: dict[str, Any]) -> None:
    assert progress_of(_run(run_input), None) is None


def test_a_dry_run_does_not_count() -> None:
    assert progress_of(_run({}, dry_run=True), None) is None


def test_progress_travels_as_days() -> None:
    assert Progress(date(2026, 11, 23), date(2026, 11, 22)).to_json() == {
        "through": "2026-11-23",
        "day_before": "2026-11-22",
        "has_gap": False,
        "begins": None,
        "changes_seen": None,
        "seen": [],
    }


def test_a_setting_that_is_given_as_it_is_deployed_overrides_nothing() -> None:
    assert progress_of(_run({"dry_run": False, "minimum_duration": "300"}), None) is not None


@pytest.mark.parametrize(("dry_run", "counts"), [(False, True), (True, False)])
def test_a_run_that_overrides_all_that_it_may_still_counts(*, dry_run: bool, counts: bool) -> None:
    run = resolve({"days_back": 3, "log_level": "DEBUG"}, Settings(dry_run=dry_run), parse_instant(NOW))

    assert (progress_of(run, None) is not None) == counts
