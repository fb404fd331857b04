"""One write with its own way through every kind of failure: an issue, an entry, or a batch of entries.

X -> done, or after an error, by the families of `contract.writes`: RecordXFailure; MayWaitToX -> WaitToX -> X; (LetXEnd
->) SettleX -> MayLookForX -> X. After any caught error the next call looks first: a step before the failing one may
have written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from contract import limits
from contract.writes import NOT_SENT, Then, errors_that
from stacks.workflow.expressions import expression, path
from stacks.workflow.step import Parts, UntilStarted, is_true, otherwise, retry, step

UNTRIED = {"look_first": False, "looks": 0, "waits": 0}
"""What the builder counts in an iteration's input; the Map's selector puts it there."""


_OF_A_BATCH = UntilStarted(limits.BATCH_START_FIRST_SECONDS, limits.BATCH_RETRIES)


def careful_write(
    parts: Parts,
    name: str,
    *,
    comment: str,
    task: str,
    payload: Mapping[str, Any],
    first_retry_seconds: int,
    retries: int,
    records: str,
    record_comment: str,
    may_look: str,
    may_wait: str,
    outputs: Mapping[str, Any] | None = None,
    is_many: bool = False,
) -> tasks.LambdaInvoke:
    """The state `name` and those behind it. Its input has `UNTRIED`, and gets `error` and `wait_seconds`.

    task: what post is to do. records: the expression of what a write that is given up comes to. may_look, may_wait: the
    conditions under which it is tried again. is_many: one call carries out several writes and records itself which of
    them failed, so that no error of the call gives all of them up at once.
    """
    state = step(
        parts,
        name,
        comment=comment,
        function=parts.functions.post_version,
        timeout_seconds=limits.POST_TIMEOUT_SECONDS,
        payload={
            "task": task,
            **payload,
            "look_first": expression("write_looks_first"),
            "user_id": path("$run.user_id"),
            "username": path("$run.username"),
            "settings": path("$run.settings"),
        },
        outputs=outputs,
        until_started=_OF_A_BATCH if is_many else UntilStarted(),
    )
    # They prove that nothing was written.
    retry(state, NOT_SENT.errors, first_seconds=first_retry_seconds, attempts=retries, longest_seconds=30)
    record = sfn.Pass.jsonata(parts.scope, f"Record{name}Failure", comment=record_comment, outputs=records)
    settle = _settle(parts, name, state, record, may_look)
    after = {
        Then.RECORD: (record, "write_caught"),
        Then.WAIT: (_wait(parts, name, state, record, may_wait), "write_caught_to_wait"),
        Then.LET_END_AND_SETTLE: (_let_end(parts, name, settle), "write_caught_to_look"),
        Then.SETTLE: (settle, "write_caught_to_look"),
    }
    if is_many:
        del after[Then.RECORD]
    for then, (following, caught) in after.items():
        state.add_catch(following, errors=errors_that(then), outputs=expression(caught))
    return state


def _wait(parts: Parts, name: str, state: tasks.LambdaInvoke, record: sfn.Pass, condition: str) -> sfn.Choice:
    wait = sfn.Wait.jsonata(
        parts.scope,
        f"WaitTo{name}",
        comment="as long as GitLab said",
        time=sfn.WaitTime.seconds(path("$states.input.wait_seconds")),
    )
    may_wait = sfn.Choice.jsonata(parts.scope, f"MayWaitTo{name}", comment="not longer than max_wait, not forever")
    may_wait.when(is_true(condition), wait.next(state))
    return otherwise(may_wait, record)


def _settle(parts: Parts, name: str, state: tasks.LambdaInvoke, record: sfn.Pass, condition: str) -> sfn.Wait:
    """Also before giving up: the last attempt's write must have landed before another run reads the ledger."""
    settle = sfn.Wait.jsonata(
        parts.scope,
        f"Settle{name}",
        comment="a write of unknown outcome may still land for so long",
        time=sfn.WaitTime.duration(Duration.seconds(parts.settings.settle_seconds)),
    )
    may_look = sfn.Choice.jsonata(parts.scope, f"MayLookFor{name}")
    may_look.when(is_true(condition), state)
    settle.next(otherwise(may_look, record))
    return settle


def _let_end(parts: Parts, name: str, settle: sfn.Wait) -> sfn.Wait:
    """Nobody knows whether the function still runs, and it may write to its last second."""
    wait = sfn.Wait.jsonata(
        parts.scope,
        f"Let{name}End",
        comment="the function may go on until its own timeout",
        time=sfn.WaitTime.duration(Duration.seconds(limits.POST_TIMEOUT_SECONDS)),
    )
    wait.next(settle)
    return wait
