"""A report's charts as numbers that a template draws: columns of days, stacked by project, and a calendar's weeks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cli.reporting.model import NOWHERE, Report, Sum

CHART_HEIGHT = 160
COLUMN_WIDTH = 24
SERIES_AT_MOST = 6
"""More colours than these nobody tells apart: what is smaller is drawn together, as `other`."""

OTHER = "other"


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a column, in the chart's units from its top. series: the number of its colour."""

    series: int
    y: float
    height: float
    seconds: int


@dataclass(frozen=True, slots=True)
class Column:
    """One day. is_incomplete: something is missing on it, or is there and should not be."""

    day: date
    x: int
    blocks: tuple[Block, ...]
    seconds: int
    is_incomplete: bool


@dataclass(frozen=True, slots=True)
class DayChart:
    """Hours on GitLab by day, stacked by project. lines: (y, hours) of the grid."""

    series: tuple[str, ...]
    columns: tuple[Column, ...]
    grid: tuple[tuple[float, int], ...]

    @property
    def width(self) -> int:
        return COLUMN_WIDTH * max(1, len(self.columns))


def day_chart(report: Report) -> DayChart:
    series = _series(report)
    seconds = {day: [0] * len(series) for day in report.days}
    incomplete = {report.day_of(line) for line in report.total.differences}
    for line in report.lines:
        project = line.gitlab_project or NOWHERE
        number = series.index(project) if project in series else len(series) - 1
        if line.gitlab_seconds > 0:  # an amount that somebody took away has no height
            seconds[report.day_of(line)][number] += line.gitlab_seconds
    hours = max(1, *(-(-sum(values) // 3600) for values in seconds.values())) if seconds else 1
    scale = CHART_HEIGHT / (hours * 3600)
    columns = tuple(
        Column(day, COLUMN_WIDTH * place, _blocks(values, scale), sum(values), day in incomplete)
        for place, (day, values) in enumerate(seconds.items())
    )
    step = max(1, -(-hours // 4))
    grid = tuple((CHART_HEIGHT - hour * 3600 * scale, hour) for hour in range(step, hours + 1, step))
    return DayChart(series, columns, grid)


def _series(report: Report) -> tuple[str, ...]:
    projects = [one.key for one in report.by("project") if any(line.gitlab_seconds > 0 for line in one.lines)]
    if len(projects) <= SERIES_AT_MOST:
        return tuple(projects)
    return (*projects[: SERIES_AT_MOST - 1], OTHER)


def _blocks(values: Sequence[int], scale: float) -> tuple[Block, ...]:
    blocks: list[Block] = []
    y = float(CHART_HEIGHT)
    for number, seconds in enumerate(values):
        if seconds:
            y -= seconds * scale
            blocks.append(Block(number, round(y, 2), round(seconds * scale, 2), seconds))
    return tuple(blocks)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """mark: what a person should look at on this day, "" for nothing."""

    day: date
    is_inside: bool
    tracked_seconds: int
    gitlab_seconds: int
    mark: str


def calendar(report: Report) -> tuple[tuple[CalendarDay, ...], ...]:
    """The weeks of the range, Monday to Sunday."""
    sums = {one.key: one for one in report.by("day")}
    first = report.first - timedelta(days=report.first.weekday())
    weeks: list[tuple[CalendarDay, ...]] = []
    while first <= report.last:
        weeks.append(tuple(_calendar_day(report, first + timedelta(days=number), sums) for number in range(7)))
        first += timedelta(days=7)
    return tuple(weeks)


def _calendar_day(report: Report, day: date, sums: dict[str, Sum]) -> CalendarDay:
    is_inside = report.first <= day <= report.last
    found = sums.get(day.isoformat()) if is_inside else None
    if found is None:
        return CalendarDay(day, is_inside, 0, 0, "")
    differences = len(found.differences)
    left_out = sum(line.is_left_out for line in found.lines)
    mark = f"{differences} to check" if differences else f"{left_out} left out" if left_out else ""
    return CalendarDay(day, is_inside, found.account.tracked, found.account.on_gitlab, mark)
