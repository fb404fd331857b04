"""How far the sync has come: which day a run may call *synced through* when it ends without a failure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from functions.fetch.window import Run

HARMLESS_OVERRIDES = frozenset({"days_back", "log_level"})
"""What a run may override and still count: its days, and how much it logs."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run is worth when nothing in it fails.

    through: the last local day that it finishes. day_before: the day before its first one; the run counts only when
    everything up to that day is synced already, since a gap would otherwise be forgotten.
    """

    through: date
    day_before: date

    def to_json(self) -> dict[str, Any]:
        return {"through": self.through.isoformat(), "day_before": self.day_before.isoformat()}


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
