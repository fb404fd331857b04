"""The report for programs and for a terminal: CSV, JSON, and tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from cli.reporting.model import Line, OtherTime, Report, Sum
from cli.reporting.words import OTHERS, deeds, title, verdict
from cli.terminal.text import counted, safe, signed
from functions.shared.instants import format_instant
from functions.shared.text import hours

_WIDE = 120

CSV_COLUMNS = (
    "day",
    "start",
    "entry_id",
    "issue",
    "toggl_project",
    "description",
    "tracked_seconds",
    "planned_seconds",
    "gitlab_seconds",
    "status",
    "reason",
    "warning",
    "outcome",
    "user",
    "other_seconds",
)


def csv_rows(report: Report) -> Iterator[dict[str, Any]]:
    """A row an entry, by `CSV_COLUMNS`, then one for each timelog of others, whose time is in a column of its own."""
    for line in report.lines:
        yield _line_to_json(report, line)
    for one in report.others:
        other = _other_to_json(report, one)
        yield other | {"status": "not counted", "other_seconds": other["seconds"]}


def to_json(report: Report, by: str) -> dict[str, Any]:
    """The range, the bridge, the sums by `by`, and the entries; seconds everywhere."""
    bridge = report.bridge
    return {
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "timezone": report.timezone,
        "username": report.username,
        "run": report.run,
        "dry_run": report.is_dry_run,
        "is_complete": report.is_complete,
        "verdict": verdict(report),
        "to_sync": report.to_sync or None,
        "tracked_seconds": bridge.tracked_seconds,
        "bridge": [{"step": step.name, "seconds": step.seconds} for step in bridge.steps],
        "gitlab_seconds": bridge.gitlab_seconds,
        "others": [_other_to_json(report, one) for one in report.others],
        "by": by,
        "sums": [_sum_to_json(one) for one in report.by(by)],
        "entries": [_line_to_json(report, line) for line in report.lines],
    }


def _sum_to_json(one: Sum) -> dict[str, Any]:
    return {
        "key": one.key,
        "tracked_seconds": one.account.tracked,
        "gitlab_seconds": one.account.on_gitlab,
        "left_out_seconds": one.account.left_out,
        "to_check": len(one.differences),
    }


def _line_to_json(report: Report, line: Line) -> dict[str, Any]:
    return {
        "entry_id": line.entry_id,
        "day": report.day_of(line).isoformat(),
        "start": format_instant(line.start),
        "issue": line.issue,
        "toggl_project": line.toggl_project,
        "description": line.description,
        "tracked_seconds": line.tracked_seconds,
        "planned_seconds": line.planned_seconds,
        "gitlab_seconds": line.gitlab_seconds,
        "status": line.status.value,
        "reason": line.reason,
        "warning": line.warning,
        "outcome": line.outcome,
    }


def _other_to_json(report: Report, one: OtherTime) -> dict[str, Any]:
    return {
        "user": one.user,
        "day": report.day_of(one).isoformat(),
        "start": format_instant(one.start),
        "issue": one.issue,
        "description": one.description,
        "seconds": one.seconds,
    }


def show(report: Report, by: str, console: Console) -> None:
    """Print the bridge, the sums by `by`, and what is to be checked."""
    console.print(safe(title(report), "bold"))
    console.print(safe(verdict(report), "green" if report.is_complete else "red", limit=1_000))
    if report.to_sync:
        console.print(safe(f"To sync what is missing: {report.to_sync}", limit=600), soft_wrap=True)
    if report.run is not None:
        console.print(safe(deeds(report), limit=400))
    if report.lines:
        console.print(Group(Text(), _bridge(report), Text(), _sums(report, by)))
    differences = report.total.differences
    if differences:
        console.print(Group(Text(), _differences(report, differences, console.width)))
    if report.others:
        console.print(Group(Text(), Text(OTHERS, "bold"), _others(report)))


def _bridge(report: Report) -> Table:
    table = Table.grid(padding=(0, 2))
    bridge = report.bridge
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    table.add_row("tracked in Toggl", hours(bridge.tracked_seconds), "")
    for step in bridge.steps:
        table.add_row(safe(step.name), signed(step.seconds), safe(step.meaning))
    table.add_row(Text("on GitLab", "bold"), Text(hours(bridge.gitlab_seconds), "bold"), "")
    return table


def _sums(report: Report, by: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(by, overflow="fold")
    for name in ("Toggl", "GitLab", "left out"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in report.by(by):
        name = " ".join(part for part in (one.key, report.titles.get(one.key, "")) if part)
        left_out = hours(one.account.left_out) if one.account.left_out else ""
        table.add_row(safe(name), hours(one.account.tracked), hours(one.account.on_gitlab), left_out)
    return table


def _differences(report: Report, differences: tuple[Line, ...], width: int) -> Table:
    """Where there is little room, what is to be checked stands below the issue, which is not cut then."""
    is_wide = width >= _WIDE
    table = Table(box=None, pad_edge=False, header_style="bold", title="To check", title_justify="left")
    for name in ("day", "issue", "should be", "GitLab"):
        table.add_column(name, overflow="fold", no_wrap=name != "issue", min_width=4)
    if is_wide:
        table.add_column("what", overflow="fold")
    for line in differences:
        what = safe(f"{line.status.value}: {line.reason or line.status.meaning}", "red", 1_000)
        issue = safe(line.issue or "-", limit=400)
        numbers = hours(line.planned_seconds), hours(line.gitlab_seconds)
        cells = (issue, *numbers, what) if is_wide else (Text("\n").join([issue, what]), *numbers)
        table.add_row(report.day_of(line).isoformat(), *cells)
    return table


def _others(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    for one in report.other_users:
        table.add_row(safe(one.user), hours(one.seconds), f"on {counted(len(one.by_issue), 'issue')}")
    return table
