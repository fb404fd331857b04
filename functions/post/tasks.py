"""What post is called for: an issue, one entry's write, or a batch of them. An event's `task` names the function.

Every event has `{"task", "settings", "user_id" and "username": whose ledger, "look_first": bool, "execution": {"id"}}`
besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from contract import metrics
from contract.errors import SetupError
from contract.settings import Settings
from functions.post.writing import carry_out
from functions.post.writing import create_issue as create
from functions.shared.clients import deployed_gitlab
from functions.shared.gitlab.account import User
from functions.shared.gitlab.client import GitLab
from functions.shared.handover.tally import Tally
from functions.shared.model.place import NewIssue
from functions.shared.model.plan import write_from_json
from functions.shared.telemetry import Measures, logger_for

if TYPE_CHECKING:
    from functions.post.batch import Batch

Json = dict[str, Any]

logger = logger_for("post")

_MEASURED = {
    "created": metrics.CREATED,
    "kept": metrics.KEPT,
    "failed": metrics.FAILED,
    "seconds_logged": metrics.SECONDS_LOGGED,
}
"""The totals that are metrics; the others are in the log and in the run's output only."""


class Call(NamedTuple):
    """One invocation. seconds_left: until the Lambda is stopped."""

    event: Json
    settings: Settings
    measures: Measures
    seconds_left: Callable[[], float]

    @property
    def user(self) -> User:
        """As whom the run posts."""
        return User(self.event["user_id"], self.event["username"])

    def open_gitlab(self) -> GitLab:
        """Raises TokenMissing, and GetParameterError when the token cannot be read."""
        gitlab = deployed_gitlab(self.settings)
        self.measures.watch(gitlab.http)
        return gitlab


def create_issue(call: Call) -> Json:
    """Event: `{"issue": one of the plan, "entries": how many depend on it, "tries"}`. Answer: `{"key", "target"}`."""
    issue = NewIssue.from_json(call.event["issue"])
    with _counting_a_failure(call, issue_key=issue.key):
        gitlab = call.open_gitlab()
        target = create(issue, call.settings.issue_labels, gitlab, look_first=call.event["look_first"])
    logger.info("created issue", issue=target.name)
    return {"key": issue.key, "target": target.to_json()}


def post_entry(call: Call) -> Json:
    """Event: `{"write": one of the plan, "entries": 1, "tries"}`. Answer: what it came to, an `WriteOutcome`."""
    write = write_from_json(call.event["write"])
    row = write.row
    with _counting_a_failure(call, entry_id=row.entry_id):
        outcome = carry_out(write, call.open_gitlab(), call.user, look_first=call.event["look_first"])
    logger.info("posted", entry_id=row.entry_id, outcome=row.outcome, issue=row.issue, seconds=row.seconds)
    _measure(call, Tally([outcome]))
    return outcome.to_json()


def post_batch(call: Call) -> Json:
    """Event: `{"batch": its number, "folder": of the plan, "handover": {"bucket", "prefix"}, "issues": what became of
    the new issues, by key, "error": {"name", "message"} of the call before or null}`. Answer: the totals of its writes.
    """
    # Most runs have no batches.
    from functions.post.batch import Batch, NewIssues  # noqa: PLC0415
    from functions.shared.handover.files import Handover  # noqa: PLC0415

    event = call.event
    plan = Handover.from_json(event["handover"]).inside(event["folder"])
    batch = Batch(event["batch"], plan, NewIssues.from_json(event["issues"]))
    before = len(batch.outcomes)
    try:
        _carry_on(batch, call)
    finally:
        batch.save()
        done = Tally(batch.outcomes[before:])
        _measure(call, done)
        logger.info("posted a batch", batch=event["batch"], done=done.to_json(), of_it_before=before)
    return Tally(batch.outcomes).to_json()


def _carry_on(batch: Batch, call: Call) -> None:
    from contract.writes import Recorded  # noqa: PLC0415
    from functions.post.batch import carry_out_batch  # noqa: PLC0415

    try:
        gitlab = call.open_gitlab()
    except SetupError as error:
        batch.fail_the_rest(Recorded.of(type(error).__name__, error.message))
        return
    event, look_first = call.event, call.event["look_first"]
    carry_out_batch(
        batch,
        lambda write: carry_out(write, gitlab, call.user, look_first=look_first),
        look_first=look_first,
        last_error=event["error"] and Recorded.of(event["error"]["name"], event["error"]["message"]),
        seconds_left=call.seconds_left,
    )


def _measure(call: Call, done: Tally) -> None:
    totals = done.to_json()
    for total, metric in _MEASURED.items():
        if totals[total]:
            call.measures.count(metric, totals[total])


@contextmanager
def _counting_a_failure(call: Call, **subject: Any) -> Iterator[None]:
    """Count the entries that fail with what is done here, once nothing is tried again. subject: names no text of it."""
    try:
        yield
    except Exception as error:
        from functions.post.tries import Tries  # noqa: PLC0415 - on a normal day nothing fails

        logger.warning("not done", error=type(error).__name__, **subject)
        if Tries(**call.event["tries"]).were_the_last(error):
            call.measures.count(metrics.FAILED, call.event["entries"])
        raise


TASKS: dict[str, Callable[[Call], Json]] = {task.__name__: task for task in (create_issue, post_entry, post_batch)}
