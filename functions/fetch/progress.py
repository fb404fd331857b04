"""How far the sync has come: which day a run may call *synced through* when it ends without a failure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from functions.fetch.window import Run
from functions.shared.model.fetched import Progress

HARMLESS_OVERRIDES = frozenset({"days_back", "log_level"})
"""What a run may override and still count: its days, and how much it logs."""


def progress_of(run: Run, running_since: datetime | None) -> Progress | None:
    """What `run` is worth; None for a dry run and for one that overrides more than its days.

    running_since: the start of the oldest entry that still runs. Its day is not finished, nor is any after it: what it
    comes to is posted by a run that covers its start.
    """
    if run.settings.dry_run or not set(run.overrides) <= HARMLESS_OVERRIDES:
        return None
    zone = ZoneInfo(run.window.timezone)
    # The window ends at midnight or in the middle of today; either way the day before its end's day is a whole one.
    finished = run.window.end.astimezone(zone).date() - timedelta(days=1)
    if running_since is not None:
        finished = min(finished, running_since.astimezone(zone).date() - timedelta(days=1))
    return Progress(finished, run.window.start.astimezone(zone).date() - timedelta(days=1))
