"""CreateIssue, PostEntry and PostBatch.

Event: `{"issue": an issue of the plan}` or `{"write": one write of the plan}`, with `{"username", "settings",
"look_first": bool, "tries": {"looks", "waits", "waits_allowed", "retries"}, "entries": how many depend on it,
"execution": {"id"}}`. Answer for an issue: `{"key", "target": {"gid", "name"}}`. Answer for a write: its `done`, which
is `{"row": the row of the output, "duplicates_removed": count}`.

PostBatch. Event: `{"batch": its number, "folder": of the plan, "handover": {"bucket", "prefix"}, "issues": what became
of the new issues, by key, "error": {"name", "message"} of the call before or null, "username", "settings",
"look_first", "execution"}`. Answer: the totals of its writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contract import metrics
from contract.errors import SetupError
from contract.settings import Settings
from functions.post.batch import Batch, carry_out_batch
from functions.post.tries import Tries
from functions.post.writing import carry_out, create_issue
from functions.shared.clients import deployed_gitlab
from functions.shared.gitlab.client import GitLab
from functions.shared.handover.files import Handover
from functions.shared.handover.tally import tally_of_outcomes
from functions.shared.model.place import NewIssue
from functions.shared.model.plan import write_from_json
from functions.shared.telemetry import Measures, begin, logger_for, measuring, trace_requests

trace_requests()
logger = logger_for("post")


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What the issue, the write or the batch came to.

    Raises TokenMissing and what `create_issue`, `carry_out` or `carry_out_batch` raises.
    """
    settings = Settings.from_json(event["settings"])
    begin(logger, event, settings)
    if "batch" in event:
        return _post_batch(event, settings, lambda: context.get_remaining_time_in_millis() / 1000)
    with measuring(settings) as measures:
        try:
            gitlab = deployed_gitlab(settings)
            measures.watch(gitlab.http)
            return _create_issue(event, settings, gitlab) if "issue" in event else _post(event, gitlab, measures)
        except Exception as error:
            logger.warning("not done", error=type(error).__name__, **_subject(event))
            if Tries(**event["tries"]).were_the_last(error):
                measures.count(metrics.FAILED, event["entries"])
            raise


def _create_issue(event: dict[str, Any], settings: Settings, gitlab: GitLab) -> dict[str, Any]:
    issue = NewIssue.from_json(event["issue"])
    target = create_issue(issue, settings.issue_labels, gitlab, look_first=event["look_first"])
    logger.info("created issue", issue=target.name)
    return {"key": issue.key, "target": target.to_json()}


def _post(event: dict[str, Any], gitlab: GitLab, measures: Measures) -> dict[str, Any]:
    write = write_from_json(event["write"])
    carry_out(write, gitlab, event["username"], look_first=event["look_first"])
    row = write.row
    if row.outcome in {"created", "replaced"}:
        measures.count(metrics.SECONDS_LOGGED, row.seconds)
    if row.outcome in _COUNTED:
        measures.count(_COUNTED[row.outcome], 1)
    logger.info("posted", entry_id=row.entry_id, outcome=row.outcome, issue=row.issue, seconds=row.seconds)
    done: dict[str, Any] = event["write"]["done"]
    return done


def _post_batch(event: dict[str, Any], settings: Settings, seconds_left: Callable[[], float]) -> dict[str, Any]:
    plan = Handover.from_json(event["handover"]).inside(event["folder"])
    batch = Batch(event["batch"], plan, event["issues"])
    before = len(batch.outcomes)
    with measuring(settings) as measures:
        try:
            _carry_on(batch, event, settings, measures, seconds_left)
        finally:
            batch.save()
            done = tally_of_outcomes(batch.outcomes[before:])
            for name, value in (
                (metrics.CREATED, done["created"]),
                (metrics.KEPT, done["kept"]),
                (metrics.FAILED, done["failed"]),
                (metrics.SECONDS_LOGGED, done["seconds_logged"]),
            ):
                measures.count(name, value)
            logger.info("posted a batch", batch=event["batch"], done=done, of_it_before=before)
    return {name: value for name, value in tally_of_outcomes(batch.outcomes).items() if name != "skipped"}


def _carry_on(
    batch: Batch, event: dict[str, Any], settings: Settings, measures: Measures, seconds_left: Callable[[], float]
) -> None:
    try:
        gitlab = deployed_gitlab(settings)
    except SetupError as error:
        while batch.next_write() is not None:
            batch.has_failed(type(error).__name__, error.message)
        return
    measures.watch(gitlab.http)
    carry_out_batch(
        batch,
        lambda write: carry_out(write, gitlab, event["username"], look_first=event["look_first"]),
        look_first=event["look_first"],
        last_error=event["error"],
        seconds_left=seconds_left,
    )


def _subject(event: dict[str, Any]) -> dict[str, Any]:
    """What a log line calls the item, which names no text of it."""
    if "issue" in event:
        return {"issue_key": event["issue"]["key"]}
    return {"entry_id": event["write"]["done"]["row"]["entry_id"]}


_COUNTED = {"created": metrics.CREATED, "kept": metrics.KEPT}
"""What replaced or removed timelogs count as is in the log and in the run's output only."""
