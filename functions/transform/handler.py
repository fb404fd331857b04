"""TransformEntries and CollectOutcomes: the event's `task` says which.

TransformEntries. Event: `{"task": "transform", "fetched": what FetchEntries answered, "state": the texts of
`contract.state`, "handover": {"bucket", "prefix"}, "at_once": how many batches are posted at once, "execution": {"id":
ARN}}`; an earlier definition sends `posted_by` instead of the state, and no `at_once`. Answer: `{"settings", "window",
"dry_run", "progress", "username", "user_id", "user_changed", "pending", "left_out", "issues", "new_issues", "planned",
"writes", "settled", "handed_over"}`: who posts (the id is a text) and whether that is another user than before, what
the next runs look at again whatever becomes of the writes (at most 201), the mail about what is left out (see
`functions.transform.left_out`) or null, the issues that are to be created first (none in a dry run) and how many there
are, how many writes the plan has, the writes as `write_to_json` makes them, and the rows of what needs none; `failed`
ones among them say in `issue` what cannot be seen. A plan that is too large for the state is handed over instead, see
`functions.transform.handing_over`.

CollectOutcomes. Event: `{"task": "collect", "folder", "batches", "stopped", "settings", "handover", "execution"}`.
Answer: see `functions.transform.collecting`.
"""

from __future__ import annotations

from functions.shared.start import started  # isort: split

import logging
from collections import Counter
from typing import Any

from contract import metrics
from contract.settings import Settings
from contract.state import POSTED_BY, SyncState
from contract.vocabulary import Outcome
from functions.shared.clients import deployed_gitlab
from functions.shared.handover.files import Handover
from functions.shared.telemetry import begin, logger_for, measuring, trace_requests
from functions.transform.handing_over import answer, read_fetched
from functions.transform.pipeline import transform

logger = logger_for("transform")
started()


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The plan of a run, or its rows. Raises TokenMissing and what `transform` and `answer` raise."""
    return _TASKS[event["task"]](event, context)


def _transform(event: dict[str, Any], context: Any) -> dict[str, Any]:
    handover = Handover.from_json(event["handover"])
    settings = Settings.from_json(event["fetched"]["settings"])
    begin(logger, event, settings)
    trace_requests()
    fetched = read_fetched(event["fetched"], handover)
    with measuring(settings) as measures:
        gitlab = deployed_gitlab(settings)
        measures.watch(gitlab.http)
        decided = transform(fetched, gitlab, _state_in(event))
        plan = decided.plan
        outcomes = Counter(row.outcome for row in plan.settled)
        measures.count(metrics.KEPT, outcomes[Outcome.KEPT])
        measures.count(metrics.SKIPPED, outcomes[Outcome.SKIPPED])
    logger.info("planned", issues=len(plan.new_issues), writes=len(plan.writes), settled=dict(outcomes))
    if logger.log_level <= logging.DEBUG:
        for item in plan.items:
            logger.debug("decided", **item.row.to_json())
    return answer(fetched, decided, handover, context.aws_request_id, at_once=event.get("at_once", 1))


def _state_in(event: dict[str, Any]) -> SyncState:
    return SyncState.from_texts(event["state"] if "state" in event else {POSTED_BY: event["posted_by"]})


def _collect(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    from functions.transform.collecting import collect  # noqa: PLC0415 - of large runs only

    begin(logger, event, Settings.from_json(event["settings"]))
    run = Handover.from_json(event["handover"])
    collected = collect(event["batches"], event["stopped"], run, event["folder"])
    logger.info("collected", key=collected["entries"], failed=collected["failed"]["count"])
    return collected


_TASKS = {"transform": _transform, "collect": _collect}
