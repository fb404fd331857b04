"""The numbers that the charts are drawn from."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.reporting.charts import CHART_HEIGHT, OTHER, SERIES_AT_MOST, calendar, day_chart
from cli.reporting.model import Line, Status
from tests.cli.reporting.support import NOVEMBER_3, left_out, line, report


@given(st.lists(st.integers(1, 200_000), min_size=1, max_size=20))
def test_a_column_is_as_high_as_its_hours_and_none_leaves_the_chart(seconds: list[int]) -> None:
    chart = day_chart(report(*(line(gitlab_seconds=one, issue=f"p{n}#1") for n, one in enumerate(seconds))))

    [column] = [column for column in chart.columns if column.seconds]
    assert column.seconds == sum(seconds)
    assert sum(block.seconds for block in column.blocks) == sum(seconds)
    assert all(block.y >= -0.05 * len(seconds) for block in column.blocks)
    assert abs(column.blocks[-1].y + sum(block.height for block in column.blocks) - CHART_HEIGHT) < 1


def test_small_projects_share_a_colour() -> None:
    chart = day_chart(report(*(line(gitlab_seconds=3600 * (n + 1), issue=f"p{n}#1") for n in range(9))))

    assert chart.series == ("p8", "p7", "p6", "p5", "p4", OTHER)
    assert len(chart.series) == SERIES_AT_MOST
    [column] = [column for column in chart.columns if column.seconds]
    assert column.blocks[-1].seconds == 3600 * (1 + 2 + 3 + 4)


@pytest.mark.parametrize("more", [[], [line(entry_id=2)]])
def test_an_amount_that_was_taken_away_is_not_drawn(more: list[Line]) -> None:
    chart = day_chart(report(line(gitlab_seconds=-600, issue="p#1"), *more))

    assert chart.series == tuple("acme/web" for _one in more)
    assert [block.seconds for column in chart.columns for block in column.blocks] == [1800 for _one in more]


def test_a_day_with_a_difference_is_marked() -> None:
    chart = day_chart(report(line(Status.MISSING, gitlab_seconds=0)))

    assert [column.day for column in chart.columns if column.is_incomplete] == [date(2026, 11, 3)]


def test_the_calendar_begins_on_a_monday_and_tells_what_to_look_at() -> None:
    weeks = calendar(report(line(), left_out(), line(Status.MISSING, start=datetime(2026, 11, 4, 9, tzinfo=UTC))))

    assert weeks[0][0].day == date(2026, 10, 26)
    assert len(weeks) == 6
    assert [week[6].is_inside for week in weeks] == [True, True, True, True, True, False]
    by_day = {day.day: day for week in weeks for day in week}
    assert by_day[NOVEMBER_3.date()].mark == "1 left out"
    assert by_day[date(2026, 11, 4)].mark == "1 to check"
    assert by_day[date(2026, 11, 5)].mark == ""
