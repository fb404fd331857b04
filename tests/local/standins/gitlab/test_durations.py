"""Amounts of time as GitLab reads and writes them."""

from __future__ import annotations

import pytest

from local.standins.gitlab.durations import parse_duration, print_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5400s", 5400),
        ("1h 30m", 5400),
        ("1h30m", 5400),
        ("-1h 30m", -5400),
        ("1.5h", 5400),
        ("2", 7200),
        ("1d", 8 * 3600),
        ("1w", 40 * 3600),
        ("1mo", 160 * 3600),
        ("1 hour, 5 minutes", 3900),
        ("1h 30", None),
        ("h", None),
        ("1x", None),
        ("-", None),
    ],
)
def test_a_day_is_8_hours_a_week_5_days_a_month_4_weeks_and_a_bare_number_hours(text: str, seconds: int | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(("seconds", "text"), [(0, None), (5400, "1h 30m"), (34_200, "1d 1h 30m"), (-60, "-1m")])
def test_totals_are_written_in_the_same_units(seconds: int, text: str | None) -> None:
    assert print_duration(seconds) == text
