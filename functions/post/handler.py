"""CreateIssue, PostEntry and PostBatch: the event's `task` says which. Events and answers: `functions.post.tasks`."""

from __future__ import annotations

from functions.shared.start import started  # isort: split

from typing import Any

from contract.settings import Settings
from functions.post.tasks import TASKS, Call, logger
from functions.shared.telemetry import begin, measuring

started()


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What the issue, the write or the batch came to.

    Raises TokenMissing and what `create_issue`, `carry_out` or `carry_out_batch` raises.
    """
    settings = Settings.from_json(event["settings"])
    begin(logger, event, settings)
    with measuring(settings) as measures:
        call = Call(event, settings, measures, lambda: context.get_remaining_time_in_millis() / 1000)
        return TASKS[event["task"]](call)
