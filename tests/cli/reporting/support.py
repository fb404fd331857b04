"""Lines and reports for the tests of the report."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cli.reporting.model import Line, Report, Status

NOVEMBER_3 = datetime(2026, 11, 3, 9, tzinfo=UTC)


def line(status: Status = Status.LOGGED, **fields: Any) -> Line:
    """A line of half an hour on 3 November, logged on acme/web#12 as planned; `fields` say otherwise."""
    usual: dict[str, Any] = {
        "entry_id": 1,
        "start": NOVEMBER_3,
        "tracked_seconds": 1700,
        "planned_seconds": 1800,
        "gitlab_seconds": 1800,
        "issue": "acme/web#12",
        "description": "#12 Fix login",
        "toggl_project": "Web",
        "workspace_id": 7,
    }
    return Line(status=status, **usual | fields)


def left_out(reason: str = "no_issue", **fields: Any) -> Line:
    usual = {"status": Status.LEFT_OUT, "planned_seconds": 0, "gitlab_seconds": 0, "issue": None, "reason": reason}
    return line(**usual | fields)


def report(*lines: Line, **fields: Any) -> Report:
    usual: dict[str, Any] = {
        "first": date(2026, 11, 1),
        "last": date(2026, 11, 30),
        "timezone": "Europe/Berlin",
        "gitlab_url": "https://gitlab.example.com",
        "username": "ana",
        "read_at": datetime(2026, 11, 30, 18, tzinfo=UTC),
    }
    return Report(lines=lines, **usual | fields)
