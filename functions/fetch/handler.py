"""FetchEntries.

Event: `{"input": the run's input, "execution": {"id": ARN, "start_time": RFC 3339}, "synced_through": day or "",
"handover": {"bucket", "prefix"}, "again": whether this run has called before}`.
Answer: `{"settings", "window", "dry_run", "progress", "overrides", "accept_new_user", "allow_removals", "deleted_ids",
"entries", "handed_over", "toggl_quota_left"}`. entries: as `TimeEntry.to_json` makes them, oldest first; empty when
they are handed over in S3. deleted_ids: entries that Toggl says were deleted, empty unless `remove_deleted` is on.
progress: see `functions.fetch.progress`, or null.
"""

from __future__ import annotations

import os
from datetime import date
from typing import Any

from contract import metrics
from contract.names import toggl_secret
from contract.settings import VARIABLES, Settings
from functions.fetch.entries import Kept, oldest_change, read_entries
from functions.fetch.progress import progress_of
from functions.fetch.window import resolve
from functions.shared.handover.files import FETCHED, FETCHING, Handover
from functions.shared.handover.size import fits_inline, refuse_too_many_entries
from functions.shared.instants import parse_instant
from functions.shared.telemetry import begin, logger_for, measuring, trace_requests
from functions.shared.toggl.client import Toggl
from functions.shared.tokens import read_token

trace_requests()
logger = logger_for("fetch")


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entries of the window that the run's input asks for, with the settings that hold for this run.

    Raises InvalidInput, InvalidSettings, TokenMissing and what `read_entries` raises.
    """
    handover = Handover.from_json(event["handover"])
    settings = Settings.from_environment(os.environ, required=VARIABLES)
    started_at = parse_instant(event["execution"]["start_time"])
    synced_through = date.fromisoformat(event["synced_through"]) if event["synced_through"] else None
    run = resolve(event["input"], settings, started_at, synced_through)
    begin(logger, event, run.settings)
    with measuring(run.settings) as measures:
        toggl = Toggl(run.settings.toggl_url, read_token(toggl_secret(settings.environment)), run.settings.max_wait)
        measures.watch(toggl.http, {metrics.TOGGL_QUOTA_LEFT: lambda: toggl.quota_left})
        fetched = read_entries(
            toggl,
            run.window,
            started_at,
            run.settings.toggl_workspace_id,
            kept=_kept(handover, again=event["again"]),
            seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        )
        # Only what Toggl itself calls deleted is removed.
        since = oldest_change(run.window, started_at)
        deleted_ids = toggl.deleted_since(since) if run.settings.remove_deleted else []
        measures.count(metrics.FETCHED, len(fetched.entries))
    logger.info("fetched", entries=len(fetched.entries), window=run.window.to_json(), quota_left=toggl.quota_left)
    for entry in fetched.entries:
        logger.debug("read", entry_id=entry.id, start=entry.start.isoformat(), project_id=entry.project_id)
    progress = progress_of(run, fetched.running_since)
    answer = {
        "settings": run.settings.to_json(),
        "window": run.window.to_json(),
        "dry_run": run.settings.dry_run,
        "progress": None if progress is None else progress.to_json(),
        "overrides": list(run.overrides),
        "accept_new_user": run.accept_new_user,
        "allow_removals": run.allow_removals,
        "deleted_ids": deleted_ids,
        "toggl_quota_left": toggl.quota_left,
    }
    return answer | _handed_on([entry.to_json() for entry in fetched.entries], handover)


def _kept(handover: Handover, *, again: bool) -> Kept:
    """What an interrupted reading leaves; the first call of a run need not look for it."""

    def save(values: list[dict[str, Any]]) -> None:
        handover.write(FETCHING, values)

    return Kept(lambda: handover.read_if_there(FETCHING) if again else None, save)


def _handed_on(entries: list[dict[str, Any]], handover: Handover) -> dict[str, Any]:
    """The entries, in the state or beside it."""
    if fits_inline(len(entries), entries):
        return {"entries": entries, "handed_over": False}
    refuse_too_many_entries(len(entries))
    handover.write(FETCHED, entries)
    return {"entries": [], "handed_over": True}
