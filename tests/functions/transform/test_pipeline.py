"""What a run may call finished, and when it may remove what a filter leaves out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from contract.settings import PER_RUN_KEYS
from functions.shared.model import Row
from functions.shared.plan import Item, Keep, Plan, Skip
from functions.transform.pipeline import finished_through
from functions.transform.planning import FILTER_KEYS

# A run that overrides one of these has another idea of what is filtered than the run that posted.
FILTERS = {"timezone", "toggl_workspace_id", "only_billable", "exclude_weekends", "minimum_duration"}
THROUGH = date(2026, 11, 23)


def _kept(day: int, hour: int, warning: str | None = "move_in_progress") -> Item:
    return Keep(Row(1, "kept", "acme/shop#12", 1800, datetime(2026, 11, day, hour, tzinfo=UTC), warning=warning))


@pytest.mark.parametrize(
    ("items", "timezone", "expected"),
    [
        ((), "UTC", date(2026, 11, 23)),
        ((_kept(20, 9, None), _kept(20, 9, "differs"), Skip(_kept(20, 9, None).row)), "UTC", date(2026, 11, 23)),
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
    assert finished_through(THROUGH, Plan(items), timezone) == expected


def test_the_settings_that_decide_what_is_filtered_are_those_that_the_filters_read() -> None:
    assert FILTER_KEYS == FILTERS
    assert set(PER_RUN_KEYS) >= FILTERS
