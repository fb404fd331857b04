"""How far back a run looks: which changes it takes in, and what is to be read of GitLab for it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from contract.state import SyncState
from functions.fetch.window import Run, start_of_day
from functions.shared.model.entry import Span
from functions.shared.toggl.client import REACH

OVERLAP = timedelta(minutes=10)
"""Changes are asked for from so long before the last reading: nobody says how soon Toggl's readings show a write."""

LEDGER_MARGIN_DAYS = 7
"""What GitLab has is looked at for so many days more than entries are looked for."""


def takes_late_changes(run: Run) -> bool:
    """Whether the run also takes in what was changed in Toggl on days that are over."""
    return run.is_ordinary and run.settings.catch_up_days > 0


def changes_since(run: Run, state: SyncState, started_at: datetime) -> datetime | None:
    """From when on changes are taken in; None when they are not, or when Toggl does not tell any more.

    Whoever comes so late reads all days of `catch_up_days` anyway.
    """
    if not takes_late_changes(run) or state.changes_seen is None:
        return None
    since = state.changes_seen - OVERLAP
    return since if since >= started_at - REACH else None


def earliest_start(run: Run) -> datetime | None:
    """Where the oldest entry may start that is taken in for its change; None when none is.

    Entries of the window are never too late, however long it is.
    """
    if not run.is_ordinary:
        return None
    return min(run.window.start, start_of_day(run.today - timedelta(days=run.settings.catch_up_days), run.zone))


def ledger_span(run: Run, state: SyncState, until: datetime) -> Span:
    """What is to be read of GitLab: every day on which the timelog of an entry that is looked at may lie.

    until: an instant at or after which nothing is posted yet.
    """
    if run.is_ordinary:
        first = _earliest_changed(run, state) - timedelta(days=LEDGER_MARGIN_DAYS)
        return Span(start_of_day(first, run.zone), until)
    around = timedelta(days=max(run.settings.catch_up_days, LEDGER_MARGIN_DAYS))
    last_day = (run.window.end - timedelta(seconds=1)).astimezone(run.zone).date()
    start = start_of_day(run.first_day - around, run.zone)
    return Span(start, min(until, start_of_day(last_day + around + timedelta(days=1), run.zone)))


def _earliest_changed(run: Run, state: SyncState) -> date:
    """The first local day on which an entry was when earlier runs could post it, and may have been moved from since.

    One that is pending was changed when it was looked at first, perhaps long before changes were seen last.
    """
    catch_up = timedelta(days=run.settings.catch_up_days)
    changed = [state.changes_seen, *(one.at for one in state.pending)]
    days = [instant.astimezone(run.zone).date() for instant in changed if instant is not None]
    return min(run.first_day, *(day - catch_up for day in (run.today, *days)))
