"""Which entries are left out before matching, each with the first reason that applies."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from contract.settings import Settings
from functions.shared.model import TimeEntry

SATURDAY = 5


def reason_to_skip(entry: TimeEntry, settings: Settings) -> str | None:
    """The reason why an entry is left out, in the specified order, or None when it passes."""
    if entry.is_running:
        return "running"
    if settings.toggl_workspace_id and entry.workspace_id != int(settings.toggl_workspace_id):
        return "other_workspace"
    if settings.only_billable and not entry.billable:
        return "not_billable"
    if settings.exclude_weekends and entry.start.astimezone(ZoneInfo(settings.timezone)).weekday() >= SATURDAY:
        return "weekend"
    if entry.seconds <= 0 or entry.seconds < settings.minimum_duration:
        return "too_short"
    return None


def warning_about(entry: TimeEntry) -> str | None:
    """`duration_mismatch` when Toggl's own duration is more than a second off; `stop - start` counts all the same."""
    if not entry.is_running and abs(entry.duration_seconds - entry.seconds) > 1:
        return "duration_mismatch"
    return None
