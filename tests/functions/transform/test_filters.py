"""Which entries are left out before matching, and the order of the reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.settings import PER_RUN_KEYS, Settings
from functions.shared.instants import parse_instant
from functions.shared.model.entry import TimeEntry
from functions.transform.filters import FILTER_KEYS, FILTERS, REMOVABLE_REASONS, first_filter, warning_about

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 21, 9, tzinfo=UTC)


def _entry(start: datetime = FRIDAY, seconds: int = 1800, **changes: Any) -> TimeEntry:
    entry = TimeEntry(
        id=1,
        start=start,
        stop=start + timedelta(seconds=seconds),
        duration_seconds=seconds,
        description="#12 Fix login",
        billable=True,
        workspace_id=7,
        project_id=None,
        project_name=None,
    )
    return replace(entry, **changes)


def _reason(entry: TimeEntry, settings: Settings) -> str | None:
    filtered_by = first_filter(entry, settings)
    return None if filtered_by is None else filtered_by.reason


def _settings(**context: Any) -> Settings:
    return Settings.from_context(context)


def test_an_ordinary_entry_passes() -> None:
    assert _reason(_entry(), _settings()) is None


@pytest.mark.parametrize(
    ("earliest", "reason"),
    [(None, None), (FRIDAY - timedelta(seconds=1), None), (FRIDAY, None), (FRIDAY + timedelta(seconds=1), "too_late")],
)
def test_an_entry_that_was_changed_late_and_starts_before_the_earliest_day_is_too_late(
    earliest: datetime | None, reason: str | None
) -> None:
    filtered_by = first_filter(_entry(), _settings(), earliest)

    assert (filtered_by and filtered_by.reason) == reason


def test_what_another_filter_leaves_out_is_not_called_too_late() -> None:
    filtered_by = first_filter(_entry(seconds=60), _settings(), FRIDAY + timedelta(days=1))

    assert filtered_by is not None
    assert filtered_by.reason == "too_short"


@pytest.mark.parametrize("duration_seconds", [-1, -1_764_000_000, 0, 600])
def test_an_entry_without_a_stop_is_running_whatever_its_duration(duration_seconds: int) -> None:
    assert _reason(_entry(stop=None, duration_seconds=duration_seconds), _settings()) == "running"


def test_an_entry_with_a_stop_but_a_negative_duration_is_running() -> None:
    assert _reason(_entry(duration_seconds=-1), _settings()) == "running"


@pytest.mark.parametrize(
    ("workspace", "reason"), [("", None), ("7", None), ("8", "other_workspace"), ("0", "other_workspace")]
)
def test_entries_of_other_workspaces_are_left_out_when_one_is_set(workspace: str, reason: str | None) -> None:
    assert _reason(_entry(), _settings(toggl_workspace_id=workspace)) == reason


@pytest.mark.parametrize(
    ("only_billable", "billable", "reason"),
    [(False, False, None), (False, True, None), (True, True, None), (True, False, "not_billable")],
)
def test_entries_that_are_not_billable_are_left_out_only_when_asked(
    only_billable: bool, billable: bool, reason: str | None
) -> None:
    assert _reason(_entry(billable=billable), _settings(only_billable=only_billable)) == reason


@pytest.mark.parametrize(
    ("start", "timezone", "reason"),
    [
        ("2026-11-20T23:59:59Z", "UTC", None),
        ("2026-11-21T00:00:00Z", "UTC", "weekend"),
        ("2026-11-22T23:59:59Z", "UTC", "weekend"),
        ("2026-11-23T00:00:00Z", "UTC", None),
        ("2026-11-20T18:14:59Z", "Asia/Kathmandu", None),
        ("2026-11-20T18:15:00Z", "Asia/Kathmandu", "weekend"),
        ("2026-11-21T04:59:59Z", "America/New_York", None),
        ("2026-11-23T04:59:59Z", "America/New_York", "weekend"),
    ],
)
def test_the_weekend_is_the_local_day_on_which_an_entry_starts(start: str, timezone: str, reason: str | None) -> None:
    entry = _entry(parse_instant(start))

    assert _reason(entry, _settings(timezone=timezone, exclude_weekends=True)) == reason
    assert _reason(entry, _settings(timezone=timezone)) is None


def test_an_entry_across_midnight_belongs_to_the_day_on_which_it_started() -> None:
    from_friday = _entry(datetime(2026, 11, 20, 23, tzinfo=UTC), seconds=7200)
    from_sunday = _entry(datetime(2026, 11, 22, 23, tzinfo=UTC), seconds=7200)

    assert _reason(from_friday, _settings(exclude_weekends=True)) is None
    assert _reason(from_sunday, _settings(exclude_weekends=True)) == "weekend"


@pytest.mark.parametrize(
    ("seconds", "minimum", "reason"),
    [
        (299, 300, "too_short"),
        (300, 300, None),
        (1, 0, None),
        (0, 0, "too_short"),
        (-60, 0, "too_short"),
        (1, 1, None),
    ],
)
def test_an_entry_below_the_minimum_is_too_short_and_so_is_one_of_no_seconds(
    seconds: int, minimum: int, reason: str | None
) -> None:
    assert _reason(_entry(seconds=seconds, duration_seconds=900), _settings(minimum_duration=minimum)) == reason


def test_stop_minus_start_is_what_is_measured_and_not_toggls_duration() -> None:
    assert _reason(_entry(seconds=600, duration_seconds=10), _settings()) is None
    assert _reason(_entry(seconds=10, duration_seconds=600), _settings()) == "too_short"


@pytest.mark.parametrize(
    ("maximum", "seconds", "reason"),
    [
        (86_400, 86_400, None),
        (86_400, 86_401, "too_long"),
        (86_400, 226_800, "too_long"),
        (3_600, 3_601, "too_long"),
        (0, 226_800, None),
    ],
)
def test_what_is_longer_than_the_maximum_is_a_forgotten_timer_and_0_is_no_limit(
    maximum: int, seconds: int, reason: str | None
) -> None:
    assert _reason(_entry(seconds=seconds), _settings(maximum_duration=maximum)) == reason


def test_a_day_is_the_longest_entry_unless_a_setting_says_otherwise() -> None:
    assert _reason(_entry(seconds=86_400), _settings()) is None
    assert _reason(_entry(seconds=63 * 3_600), _settings()) == "too_long"


@pytest.mark.parametrize(
    ("project_map", "project_id", "project_name", "reason"),
    [
        ({"Private": None}, 5, "Private", "project_left_out"),
        ({"5": None}, 5, "Private", "project_left_out"),
        ({"*": None}, 5, "Private", "project_left_out"),
        ({"*": None, "Private": "a/b"}, 5, "Private", None),
        ({"*": None, "5": 7}, 5, "Private", None),
        ({"*": None}, None, None, None),
        ({"Private": None}, 6, "Other", None),
        ({"Private": None, "5": "a/b"}, 5, "Private", None),
    ],
)
def test_the_entries_of_a_toggl_project_that_the_map_has_null_for_are_left_out(
    project_map: dict[str, Any], project_id: int | None, project_name: str | None, reason: str | None
) -> None:
    entry = _entry(project_id=project_id, project_name=project_name)

    assert _reason(entry, _settings(project_map=project_map)) == reason


def test_the_first_reason_in_the_order_of_the_filters_is_the_one_that_is_kept() -> None:
    strict = _settings(toggl_workspace_id="8", only_billable=True, exclude_weekends=True, project_map={"Private": None})
    entry = _entry(SATURDAY, seconds=10, billable=False, duration_seconds=-1, project_name="Private")
    reasons = []

    for corrected in (
        {"duration_seconds": 10},
        {"workspace_id": 8},
        {"billable": True},
        {"start": FRIDAY, "stop": FRIDAY + timedelta(seconds=10)},
        {"stop": FRIDAY + timedelta(days=2)},
        {"stop": FRIDAY + timedelta(seconds=300)},
        {"project_name": "Shared"},
        {},
    ):
        reasons.append(_reason(entry, strict))
        entry = replace(entry, **corrected)

    assert reasons == [
        "running",
        "other_workspace",
        "not_billable",
        "weekend",
        "too_short",
        "too_long",
        "project_left_out",
        None,
    ]


@pytest.mark.parametrize(
    ("duration_seconds", "warning"),
    [
        (1800, None),
        (1799, None),
        (1801, None),
        (1798, "duration_mismatch"),
        (1802, "duration_mismatch"),
        (0, "duration_mismatch"),
    ],
)
def test_a_duration_that_is_more_than_a_second_off_is_warned_about(duration_seconds: int, warning: str | None) -> None:
    assert warning_about(_entry(seconds=1800, duration_seconds=duration_seconds)) == warning


def test_a_running_entry_is_not_warned_about() -> None:
    assert warning_about(_entry(stop=None, duration_seconds=-1)) is None
    assert warning_about(_entry(duration_seconds=-1)) is None


def test_a_run_that_overrides_what_a_filter_looks_at_has_another_idea_of_what_is_left_out() -> None:
    assert {
        "timezone",
        "toggl_workspace_id",
        "only_billable",
        "exclude_weekends",
        "minimum_duration",
        "maximum_duration",
    } == FILTER_KEYS
    assert set(PER_RUN_KEYS) >= FILTER_KEYS


def test_a_removal_follows_what_a_setting_or_a_correction_left_out_and_never_a_running_timer_or_a_workspace() -> None:
    assert {"not_billable", "weekend", "too_short", "too_long"} == REMOVABLE_REASONS


def test_no_two_filters_have_the_same_reason() -> None:
    assert len({one.reason for one in FILTERS}) == len(FILTERS)
