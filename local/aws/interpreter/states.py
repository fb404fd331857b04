"""States one after the other, and those that call nothing: Pass, Succeed, Fail, Choice and Wait."""

# ruff: noqa: SLF001 - it stands on a private place of ministack, which `local.aws.patches.version` verifies

import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions

from local.aws.interpreter.data import to_text
from local.aws.interpreter.errors import StateError
from local.aws.interpreter.leaving import Left, leave
from local.aws.interpreter.line import Line
from local.aws.interpreter.maps import run_map
from local.aws.interpreter.tasks import run_task

MAX_WAIT_SECONDS = 99_999_999


def run_states(machine: Mapping[str, Any], data: Any, line: Line) -> Any:
    """Run a `StartAt` and its `States` (a definition's or an ItemProcessor's) and return the last one's output.

    Raises StateError and Halted.
    """
    name: str | None = machine["StartAt"]
    while name:
        if name not in machine["States"]:
            raise StateError("States.Runtime", f"There is no state '{name}'")
        data, name = _run_state(name, machine["States"][name], data, line)
    return data


def _run_state(name: str, state: Mapping[str, Any], data: Any, line: Line) -> tuple[Any, str | None]:
    kind = state["Type"]
    line.context["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
    line.record(f"{kind}StateEntered", "stateEnteredEventDetails", name=name, input=data)
    if state.get("QueryLanguage", line.language) != "JSONata":
        raise StateError("States.Runtime", f"The local AWS runs JSONata states only, and '{name}' is not one")
    if kind not in _RUNNERS:
        raise StateError("States.Runtime", f"The local AWS has no state type {kind!r}, which '{name}' is")

    output, assigned, following = _RUNNERS[kind](state, data, line)

    line.variables.update(assigned)
    details: dict[str, Any] = {"name": name, "output": output}
    if assigned:
        details["assignedVariables"] = {variable: to_text(value) for variable, value in assigned.items()}
        details["assignedVariablesDetails"] = {"truncated": False}
    line.record(f"{kind}StateExited", "stateExitedEventDetails", **details)
    return output, following


def _run_simple(state: Mapping[str, Any], data: Any, line: Line) -> Left:
    return leave(state, data, line, default=data)


def _run_fail(state: Mapping[str, Any], data: Any, line: Line) -> Left:
    error = line.field(state, "Error", str, data) if "Error" in state else "States.Fail"
    cause = line.field(state, "Cause", str, data) if "Cause" in state else ""
    raise StateError(error, cause)


def _run_choice(state: Mapping[str, Any], data: Any, line: Line) -> Left:
    for rule in state["Choices"]:
        if line.field(rule, "Condition", bool, data):
            return leave(rule, data, line, default=data)
    if "Default" not in state:
        raise StateError("States.NoChoiceMatched", f"No rule of '{line.state}' matched, and it has no Default")
    return leave({**state, "Next": state["Default"]}, data, line, default=data)


def _run_wait(state: Mapping[str, Any], data: Any, line: Line) -> Left:
    if "Seconds" in state:
        seconds = line.field(state, "Seconds", int, data)
        if not 0 <= seconds <= MAX_WAIT_SECONDS:
            raise StateError("States.QueryEvaluationError", f"Seconds must be from 0 to {MAX_WAIT_SECONDS}: {seconds}")
    else:
        timestamp = line.field(state, "Timestamp", str, data)
        moment = stepfunctions._parse_ts(timestamp)
        if moment is None or moment.tzinfo is None:
            raise StateError("States.QueryEvaluationError", f"Timestamp is not an RFC 3339 time: {timestamp}")
        seconds = moment.timestamp() - time.time()
    line.sleep(seconds)
    return leave(state, data, line, default=data)


def _run_map(state: Mapping[str, Any], data: Any, line: Line) -> Left:
    return run_map(state, data, line, run_states)


_RUNNERS: Mapping[str, Callable[[Mapping[str, Any], Any, Line], Left]] = {
    "Pass": _run_simple,
    "Succeed": _run_simple,
    "Fail": _run_fail,
    "Choice": _run_choice,
    "Wait": _run_wait,
    "Task": run_task,
    "Map": _run_map,
}
