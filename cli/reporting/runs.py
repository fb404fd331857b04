"""The report of a run: what it did about each entry, beside how that entry stands now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from cli.executions.ended import window_days
from cli.reporting.model import Line, Report, Status
from cli.terminal.days import Days
from contract.vocabulary import Outcome
from functions.shared.instants import parse_instant


def days_of(output: Mapping[str, Any]) -> Days:
    """The days of a run's window, and those of the entries that it took in late. output: with its rows."""
    zone = ZoneInfo(output["window"]["timezone"])
    late = {parse_instant(row["spent_at"]).astimezone(zone).date() for row in output["entries"]}
    days = late.union(window_days(output["window"]))
    return Days(min(days), max(days))


def of_run(report: Report, name: str, output: Mapping[str, Any]) -> Report:
    """The report of its days, as that of a run: only the entries that it looked at, each with what it did.

    output: the run's, with its rows.
    """
    lines = {line.entry_id: line for line in report.lines}
    issues = {row["issue"] for row in output["entries"]}
    done = [_done(lines.get(row["entry_id"]) or _gone(row), row) for row in output["entries"]]
    return replace(
        report,
        lines=_in_order(done),
        others=tuple(one for one in report.others if one.issue in issues),
        run=name,
        is_dry_run=output["dry_run"],
    )


def _in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(sorted(lines, key=lambda line: (line.start, line.entry_id)))


def _done(line: Line, row: Mapping[str, Any]) -> Line:
    """A line with what the run did; what it could not do and still is not there is refused, for the run's reason."""
    line = replace(line, outcome=row["outcome"])
    is_refused = row["outcome"] == Outcome.FAILED and line.status in {Status.MISSING, Status.NOT_YET}
    return line.refused(row["reason"]) if is_refused else line


def _gone(row: Mapping[str, Any]) -> Line:
    return Line(
        entry_id=row["entry_id"],
        start=parse_instant(row["spent_at"]),
        status=Status.GONE,
        tracked_seconds=0,
        planned_seconds=0,
        gitlab_seconds=0,
        issue=row["issue"],
    )
