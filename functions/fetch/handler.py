"""FetchEntries.

Event: `{"input": the run's input, "execution": {"id": ARN, "start_time": RFC 3339}, "state": what earlier runs have
left, texts by the names of `contract.state`, "handover": {"bucket", "prefix"}, "again": whether this reading has begun
before}`. A definition of an earlier version has `"synced_through": day or ""` for the state.
Answer: what `functions.shared.model.fetched` has, and `"handed_over"`. entries: oldest first; empty when they are
handed over in S3.
"""

from __future__ import annotations

from functions.shared.start import started  # isort: split

import logging
import os
from typing import Any

from contract import metrics
from contract.names import environment_of
from contract.settings import VARIABLES, Settings
from contract.state import SYNCED_THROUGH, SyncState
from functions.fetch.fetching import fetch
from functions.fetch.handing_over import answer, kept_in
from functions.fetch.window import resolve
from functions.shared.clients import deployed_toggl
from functions.shared.deployed import deployed_variables
from functions.shared.handover.files import Handover
from functions.shared.instants import parse_instant
from functions.shared.telemetry import begin, logger_for, measuring, trace_requests

logger = logger_for("fetch")
started()


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The entries of the window that the run's input asks for, with the settings that hold for this run.

    Raises InvalidInput, InvalidSettings, TokenMissing and what `fetch` raises.
    """
    handover = Handover.from_json(event["handover"])
    environment = environment_of(os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""))
    settings = Settings.from_environment(deployed_variables(os.environ), VARIABLES, environment)
    started_at = parse_instant(event["execution"]["start_time"])
    state = SyncState.from_texts(event.get("state") or {SYNCED_THROUGH: event.get("synced_through", "")})
    run = resolve(event["input"], settings, started_at, state)
    begin(logger, event, run.settings)
    trace_requests()
    with measuring(run.settings) as measures:
        toggl = deployed_toggl(run.settings)
        measures.watch(toggl.http, {metrics.TOGGL_QUOTA_LEFT: lambda: toggl.quota_left})
        fetched = fetch(
            toggl,
            run,
            started_at,
            state,
            kept=kept_in(handover, again=event["again"]),
            seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        )
        measures.count(metrics.FETCHED, len(fetched.entries))
    logger.info("fetched", entries=len(fetched.entries), window=fetched.window.to_json(), quota_left=toggl.quota_left)
    if logger.log_level <= logging.DEBUG:
        for entry in fetched.entries:
            logger.debug("read", entry_id=entry.id, start=entry.start.isoformat(), project_id=entry.project_id)
    return answer(fetched, handover)
