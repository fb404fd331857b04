"""Follows an execution until it ends, on AWS as well as locally: a boto3 Step Functions client is all it needs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from cli.deployment.aws import code_of
from cli.executions.ended import RUNNING, Ended, Rows, failed_rows_in, message_in, object_in
from cli.executions.progress import shown_on
from cli.executions.timeline import Timeline

PAGE_EVENTS = 100
FIRST_PAGE_EVENTS = 1_000  # what is watched only now may have thousands of events already
UNKNOWN_SECONDS = 5.0
"""How long an execution that was just started may be unknown to AWS: reading lags a little behind."""

_LATE_SECONDS = 5.0  # on AWS the history may lag a little behind the status


def follow(
    states: Any, execution_arn: str, console: Console, *, poll_seconds: float = 0.1, verbose: bool = False
) -> Ended:
    """Show an execution until it ends; live in a terminal, else line by line.

    states: a boto3 Step Functions client. verbose: show the states that were not needed, too. Raises what its calls
    raise.
    """
    timeline = Timeline(_definition_of(states, execution_arn, poll_seconds))
    history = History(states, execution_arn)
    with shown_on(console, timeline, verbose=verbose) as show:
        while True:
            # The status first: a history read after the end is whole.
            execution = states.describe_execution(executionArn=execution_arn)
            show(history.news())
            if execution["status"] != RUNNING:
                break
            time.sleep(poll_seconds)
        deadline = time.monotonic() + _LATE_SECONDS
        while timeline.ended is None and time.monotonic() < deadline:
            time.sleep(poll_seconds)
            show(history.news())
    return _ended(execution_arn, execution, timeline)


def read_ended(states: Any, execution_arn: str) -> Ended | None:
    """How an execution ended; None while it runs. Raises what the client's calls raise."""
    execution = states.describe_execution(executionArn=execution_arn)
    if execution["status"] == RUNNING:
        return None
    timeline = Timeline(_definition_of(states, execution_arn, 0.0))
    for event in History(states, execution_arn).news():
        timeline.observe(event)
    return _ended(execution_arn, execution, timeline)


def _definition_of(states: Any, execution_arn: str, poll_seconds: float) -> dict[str, Any]:
    """The definition that an execution runs, also of one that AWS does not know yet."""
    deadline = time.monotonic() + UNKNOWN_SECONDS
    while True:
        try:
            machine = states.describe_state_machine_for_execution(executionArn=execution_arn)
        except ClientError as error:
            if code_of(error) != "ExecutionDoesNotExist" or time.monotonic() > deadline:
                raise
            time.sleep(poll_seconds)
        else:
            definition: dict[str, Any] = json.loads(machine["definition"])
            return definition


def _ended(execution_arn: str, execution: Mapping[str, Any], timeline: Timeline) -> Ended:
    output = object_in(execution.get("output")) or timeline.output
    cause = execution.get("cause")
    key = None if output is None else output.get("entries")
    return Ended(
        status=execution["status"],
        output=output,
        error=execution.get("error"),
        message=None if cause is None else message_in(cause),
        descriptions=timeline.descriptions,
        failed=failed_rows_in(cause),
        more=(object_in(cause) or {}).get("more", 0),
        rows=Rows(key, timeline.bucket, execution_arn.split(":")[3]) if isinstance(key, str) else None,
        run_input=object_in(execution.get("input")) or {},
    )


class History:
    """Reads what is new, newest first: a page token shows only what there was when it was given out."""

    def __init__(self, states: Any, execution_arn: str) -> None:
        self._states = states
        self._arn = execution_arn
        self._last_id = 0

    def news(self) -> list[dict[str, Any]]:
        news: list[dict[str, Any]] = []
        more: dict[str, str] = {}
        page_events = PAGE_EVENTS if self._last_id else FIRST_PAGE_EVENTS
        while True:
            page = self._states.get_execution_history(
                executionArn=self._arn,
                maxResults=page_events,
                reverseOrder=True,
                includeExecutionData=True,
                **more,
            )
            fresh = [event for event in page["events"] if event["id"] > self._last_id]
            news += fresh
            if len(fresh) < len(page["events"]) or "nextToken" not in page:
                break
            more = {"nextToken": page["nextToken"]}
        news.reverse()
        if news:
            self._last_id = news[-1]["id"]
        return news
