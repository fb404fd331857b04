"""A whole execution, from its start to the event that ends it."""

# ruff: noqa: SLF001 - it stands on private places of ministack, which `local.aws.patches.version` verifies

import contextvars
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions

from local.aws.interpreter.data import to_text
from local.aws.interpreter.errors import Halted, StateError
from local.aws.interpreter.history import append_event, history_lock
from local.aws.interpreter.line import Line
from local.aws.interpreter.states import run_states


def run_execution(execution_arn: str) -> None:
    """Run an execution from its start to its end, in the thread that ministack made for it."""
    execution = stepfunctions._executions[execution_arn]
    machine = stepfunctions._state_machines[execution["stateMachineArn"]]
    definition = json.loads(machine["definition"])
    started = execution["events"][0]
    started["previousEventId"] = 0
    started["executionStartedEventDetails"]["inputDetails"] = {"truncated": False}
    data = json.loads(execution["input"])
    context = {
        "Execution": {
            "Id": execution_arn,
            "Input": data,
            "Name": execution["name"],
            "RoleArn": machine["roleArn"],
            "StartTime": execution["startDate"],
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": execution["stateMachineArn"], "Name": machine["name"]},
    }
    line = Line(execution, definition.get("QueryLanguage", "JSONPath"), context)
    with _time_limit(execution, definition.get("TimeoutSeconds")):
        try:
            output = run_states(definition, data, line)
        except Halted:
            return
        except StateError as error:
            _end(execution, "FAILED", line, error=error.error, cause=error.cause)
        except Exception as error:  # noqa: BLE001 - the thread's end: the execution must not stay RUNNING
            stepfunctions.logger.exception("local.aws.interpreter failed in %s", execution_arn)
            _end(execution, "FAILED", line, error="States.Runtime", cause=f"local.aws.interpreter: {error!r}")
        else:
            _end(execution, "SUCCEEDED", line, output=to_text(output))


@contextmanager
def _time_limit(execution: dict[str, Any], timeout_seconds: float | None) -> Iterator[None]:
    """The machine's own TimeoutSeconds, in real seconds, whatever waits are scaled to: functions work in real time."""
    if timeout_seconds is None:
        yield
        return
    end = contextvars.copy_context().run
    cause = f"The execution did not end within {timeout_seconds} seconds"
    timer = threading.Timer(
        timeout_seconds, end, (_end, execution, "TIMED_OUT", None), {"error": "States.Timeout", "cause": cause}
    )
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _end(execution: dict[str, Any], status: str, line: Line | None, **outcome: str) -> None:
    names = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed", "TIMED_OUT": "ExecutionTimedOut"}
    name = names[status]
    details = outcome | ({"outputDetails": {"truncated": False}} if "output" in outcome else {})
    with history_lock:
        if execution["status"] != "RUNNING":
            return  # stopped, or timed out, in the meantime
        previous = line.previous if line else len(execution["events"])
        append_event(execution, name, {f"{name[0].lower()}{name[1:]}EventDetails": details}, previous=previous)
        execution.update(outcome, stopDate=now_iso(), status=status)
    stepfunctions._emit_execution_status_event(execution)
