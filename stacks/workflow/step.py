"""One state that calls a Lambda, how often it is repeated, and how one that only reads waits for a service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from contract import limits, names
from contract.aws_errors import (
    ANY,
    LAMBDA_CRASHES,
    LAMBDA_NOT_INVOKED,
    LAMBDA_SERVICE_FAULTS,
    LAMBDA_SETS_UP,
    SECRET_UNREADABLE,
    STORAGE_FAULTS,
)
from contract.errors import PASSING_ERRORS, WAIT_ERRORS, CallUnfinished
from contract.errors import names as error_names
from contract.settings import Settings
from stacks.functions import Functions
from stacks.workflow.expressions import TRUE, expression, path

EXECUTION = {
    "id": path("$states.context.Execution.Id"),
    "start_time": path("$states.context.Execution.StartTime"),
}
"""What each Lambda knows of its execution."""


@dataclass(frozen=True)
class Parts:
    """What the states are made of. scope: the construct that they belong to."""

    scope: Construct
    settings: Settings
    functions: Functions
    table: dynamodb.ITable
    bucket: s3.IBucket
    topic: sns.ITopic

    @property
    def handover(self) -> dict[str, str]:
        """Where the files of this execution are."""
        prefix = expression("handover_prefix", HANDOVER_PREFIX=names.HANDOVER_PREFIX)
        return {"bucket": self.bucket.bucket_name, "prefix": prefix}


@dataclass(frozen=True)
class UntilStarted:
    """How often and from when on a function is called again that Lambda has no room for."""

    first_seconds: int = limits.START_FIRST_SECONDS
    attempts: int = limits.START_RETRIES


def step(
    parts: Parts,
    name: str,
    *,
    comment: str,
    function: lambda_.IFunction,
    timeout_seconds: int,
    payload: Mapping[str, Any],
    outputs: str | Mapping[str, Any] | None = None,
    assign: Mapping[str, Any] | None = None,
    until_started: UntilStarted = UntilStarted(),
) -> tasks.LambdaInvoke:
    """A state that calls a Lambda and hands on its answer, or `outputs`.

    timeout_seconds: the Lambda's own. The state waits a little longer, so that the Lambda reports its timeout itself.
    """
    state = tasks.LambdaInvoke.jsonata(
        parts.scope,
        name,
        comment=comment,
        lambda_function=function,
        payload=sfn.TaskInput.from_object({**payload, "execution": EXECUTION}),
        outputs=path("$states.result.Payload") if outputs is None else outputs,
        assign=assign,
        task_timeout=sfn.Timeout.duration(Duration.seconds(timeout_seconds + 10)),
        retry_on_service_exceptions=False,
    )
    _repeat_until_started(state, until_started)
    return state


def _repeat_until_started(state: tasks.LambdaInvoke, until_started: UntilStarted) -> None:
    """Repeat what did nothing, since the function was not even started."""
    state.add_retry(
        errors=list(LAMBDA_SETS_UP),
        interval=Duration.seconds(limits.SET_UP_FIRST_SECONDS),
        backoff_rate=2,
        max_attempts=limits.SET_UP_RETRIES,
        # It is ready at one time for all, and sooner is too early.
        jitter_strategy=sfn.JitterType.NONE,
    )
    retry(
        state,
        [LAMBDA_NOT_INVOKED],
        first_seconds=until_started.first_seconds,
        attempts=until_started.attempts,
        longest_seconds=limits.START_LONGEST_SECONDS,
    )


def retry(
    state: sfn.TaskStateBase, errors: Iterable[str], *, first_seconds: int, attempts: int, longest_seconds: int
) -> None:
    """Repeat a state after these errors: the first time after `first_seconds` at most, then twice as much each time."""
    state.add_retry(
        errors=list(errors),
        interval=Duration.seconds(first_seconds),
        backoff_rate=2,
        max_attempts=attempts,
        max_delay=Duration.seconds(longest_seconds),
        jitter_strategy=sfn.JitterType.FULL,
    )


def call_again(state: sfn.TaskStateBase, *, pause_seconds: int, calls: int, jitter: sfn.JitterType) -> None:
    """Call a state again that keeps what it has done and says that its call's time is over."""
    state.add_retry(
        errors=[CallUnfinished.__name__],
        interval=Duration.seconds(pause_seconds),
        backoff_rate=1,
        max_attempts=calls,
        max_delay=Duration.seconds(pause_seconds + 1),
        jitter_strategy=jitter,
    )


def read_carefully(parts: Parts, state: tasks.LambdaInvoke, service: str, end: sfn.Choice) -> None:
    """Repeat a reading step: at once after passing errors, after a Wait when the service asks for one.

    Retries wait 2+4+8+16+32 = 62 s at most, those after a crash 5+10 s; nothing is written, so repeating is safe.
    """
    retry(
        state,
        [
            *error_names(PASSING_ERRORS),
            SECRET_UNREADABLE,
            *STORAGE_FAULTS,
            *LAMBDA_SERVICE_FAULTS,
        ],
        first_seconds=2,
        attempts=limits.READ_RETRIES,
        longest_seconds=60,
    )
    retry(state, LAMBDA_CRASHES, first_seconds=5, attempts=limits.CRASH_RETRIES, longest_seconds=60)
    wait = sfn.Wait.jsonata(
        parts.scope,
        f"WaitFor{service}",
        comment=f"as long as {service} said",
        time=sfn.WaitTime.seconds(path("$wait_seconds")),
    )
    may_wait = sfn.Choice.jsonata(
        parts.scope,
        f"MayWaitFor{service}",
        comment="not longer than max_wait, not forever",
    )
    may_wait.when(is_true(expression("reading_may_wait", WAITS=limits.WAITS_WHEN_READING)), wait.next(state))
    otherwise(may_wait, end, assign={"failure": expression("error_after_waits")})
    state.add_catch(
        may_wait,
        errors=error_names(WAIT_ERRORS),
        outputs=path("$states.input"),
        assign={
            "failure": expression("error_caught"),
            "wait_seconds": expression("error_wait_seconds"),
            "waits": expression("reading_waits"),
        },
    )
    fail_on_any_other_error(state, end)


def fail_on_any_other_error(state: sfn.TaskStateBase | sfn.Map, end: sfn.Choice) -> None:
    """What no other Catch takes ends the run by its name."""
    state.add_catch(end, errors=[ANY], assign={"failure": expression("error_caught")}, outputs={})


def is_true(condition: str) -> sfn.Condition:
    return sfn.Condition.jsonata(condition)


def otherwise(choice: sfn.Choice, following: sfn.IChainable, **what_follows: Any) -> sfn.Choice:
    """The last rule of a Choice, which always holds. A Default has no Output or Assign but the Choice's own, of which
    AWS's pages do not agree whether they count beside those of a rule.
    """
    return choice.when(is_true(TRUE), following, **what_follows)
