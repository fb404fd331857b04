"""How far the sync has come: what a run may leave for the next ones when it ends without a failure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from contract.state import SEEN_AT_MOST, SyncState, Version
from functions.fetch.reach import OVERLAP, takes_late_changes
from functions.fetch.window import Run, synced_before
from functions.shared.model.fetched import Progress

HARMLESS_OVERRIDES = frozenset({"days_back", "log_level"})
"""What a run may override and still count: its days, and how much it logs."""

STILL_CHANGING = timedelta(seconds=5)
"""Toggl counts in seconds: what was changed so shortly before a reading may have been changed once more after it."""


def progress_of(
    run: Run, state: SyncState, running_since: datetime | None, read_at: datetime, looked_at: Iterable[Version]
) -> Progress | None:
    """What `run` is worth; None for one that does not count.

    That is a dry run, one that overrides more than its days, and one with dates before any without has begun.
    running_since: the start of the oldest entry that still runs. Its day is not finished, nor is any after it: what it
    comes to is posted by a run that covers its start. read_at: when the reading began, by Toggl's clock. looked_at: the
    versions of entries that are taken in, or were by an earlier run.
    """
    if run.settings.dry_run or not set(run.overrides) <= HARMLESS_OVERRIDES:
        return None
    before = synced_before(state, run.settings)
    if run.is_dated and before is None:
        return None
    day_before = run.first_day - timedelta(days=1)
    changes_seen = _changes_seen(run, state, read_at)
    return Progress(
        through=_finished(run, running_since),
        day_before=day_before,
        has_gap=run.window.gap is not None,
        begins=(before or day_before) if state.synced_through is None else None,
        changes_seen=changes_seen,
        seen=() if changes_seen is None else _seen(looked_at, changes_seen, read_at),
    )


def _finished(run: Run, running_since: datetime | None) -> date:
    # The window ends at midnight or in the middle of today; either way the day before its end's day is a whole one.
    last = run.window.end if running_since is None else min(run.window.end, running_since)
    return last.astimezone(run.zone).date() - timedelta(days=1)


def _changes_seen(run: Run, state: SyncState, read_at: datetime) -> datetime | None:
    """Up to when this run has seen changes; None when that is not later than before.

    What starts after the run's now is left for another one, so no later than that.
    """
    if not takes_late_changes(run):
        return None
    seen = min(run.now, read_at)
    return None if state.changes_seen is not None and seen <= state.changes_seen else seen


def _seen(looked_at: Iterable[Version], changes_seen: datetime, read_at: datetime) -> tuple[Version, ...]:
    """Those that the next run's reading shows again, the latest ones when there are many."""
    first, end = changes_seen - OVERLAP, read_at - STILL_CHANGING
    again = {version for version in looked_at if first <= version.at < end}
    return tuple(sorted(again, key=lambda version: (version.at, version.id))[-SEEN_AT_MOST:])
