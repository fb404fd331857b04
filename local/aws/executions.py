"""Executions of state machines, from their start to their end and with their whole history."""

import json
import time
from dataclasses import dataclass
from typing import Any

from local.aws.errors import LocalAwsError

ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


@dataclass(frozen=True)
class Run:
    """One ended execution of a state machine.

    Attributes:
        status: SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        output: the parsed JSON output, None unless it succeeded.
        history: the events as boto3's `get_execution_history` gives them, all pages, oldest first.
    """

    arn: str
    status: str
    input: Any
    output: Any
    error: str | None
    cause: str | None
    history: tuple[dict[str, Any], ...]


def wait_for_end(states: Any, execution_arn: str, timeout_seconds: float) -> Run:
    """Wait until an execution ends, however it ends. states: a boto3 Step Functions client.

    Raises:
        LocalAwsError: it did not end in time; it is left running.
    """
    deadline = time.monotonic() + timeout_seconds
    pause_seconds = 0.02
    while (execution := states.describe_execution(executionArn=execution_arn))["status"] not in ENDED:
        if time.monotonic() > deadline:
            raise LocalAwsError(f"{execution_arn} has not ended after {timeout_seconds:g} s")
        time.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 1.5, 0.1)
    pages = states.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn, maxResults=1000, includeExecutionData=True
    )
    output = execution.get("output")
    return Run(
        arn=execution_arn,
        status=execution["status"],
        input=json.loads(execution["input"]),
        output=json.loads(output) if output is not None else None,
        error=execution.get("error"),
        cause=execution.get("cause"),
        history=tuple(event for page in pages for event in page["events"]),
    )
