"""What a run reads from Toggl before anything is decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from functions.fetch.entries import NOTHING_KEPT, Kept, oldest_change, read_entries
from functions.fetch.progress import progress_of
from functions.fetch.window import Run
from functions.shared.model.fetched import Fetched
from functions.shared.toggl.client import Toggl


def fetch(
    toggl: Toggl,
    run: Run,
    started_at: datetime,
    *,
    kept: Kept = NOTHING_KEPT,
    seconds_left: Callable[[], float] = lambda: float("inf"),
) -> Fetched:
    """The entries of a run's window, and what Toggl says was deleted. Raises what `read_entries` raises."""
    tracked = read_entries(
        toggl, run.window, started_at, run.settings.toggl_workspace_id, kept=kept, seconds_left=seconds_left
    )
    # Only what Toggl itself calls deleted is removed.
    since = oldest_change(run.window, started_at)
    deleted_ids = toggl.deleted_since(since) if run.settings.remove_deleted else []
    return Fetched(
        settings=run.settings,
        window=run.window,
        entries=tuple(tracked.entries),
        progress=progress_of(run, tracked.running_since),
        overrides=run.overrides,
        accept_new_user=run.accept_new_user,
        allow_removals=run.allow_removals,
        deleted_ids=tuple(deleted_ids),
        toggl_quota_left=toggl.quota_left,
    )
