"""What a run reads from Toggl before anything is decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from contract.state import SyncState
from functions.fetch.changes import read_changes
from functions.fetch.entries import NOTHING_KEPT, Kept, read_entries
from functions.fetch.progress import progress_of
from functions.fetch.reach import changes_since, earliest_start, ledger_span
from functions.fetch.window import Run
from functions.shared.model.fetched import Fetched
from functions.shared.toggl.client import Toggl


def fetch(
    toggl: Toggl,
    run: Run,
    started_at: datetime,
    state: SyncState | None = None,
    *,
    kept: Kept = NOTHING_KEPT,
    seconds_left: Callable[[], float] = lambda: float("inf"),
) -> Fetched:
    """The entries of a run's window, those that were changed late, and what Toggl says was deleted.

    state: what earlier runs have left, if any. Raises what `read_entries` raises.
    """
    state = state or SyncState()
    tracked = read_entries(
        toggl, run.window, started_at, run.settings.toggl_workspace_id, kept=kept, seconds_left=seconds_left
    )
    read = read_changes(toggl, run, state, tracked, started_at)
    # Where Toggl's clock is not told, ours was no later when the run started.
    read_at = read.read_at or started_at
    return Fetched(
        settings=run.settings,
        window=replace(run.window, changes_since=changes_since(run, state, started_at)),
        entries=tuple(read.entries),
        progress=progress_of(run, state, read.running_since, read_at, read.looked_at),
        overrides=run.overrides,
        accept_new_user=run.accept_new_user,
        allow_removals=run.allow_removals,
        deleted_ids=tuple(read.deleted_ids),
        toggl_quota_left=toggl.quota_left,
        is_dated=run.is_dated,
        now=run.now,
        earliest_start=earliest_start(run),
        ledger=ledger_span(run, state, max(run.now, started_at, read_at)),
        pending=read.pending,
    )
