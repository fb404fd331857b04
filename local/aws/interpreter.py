"""Runs JSONata state machines as AWS does, on ministack's integrations and API; `local.aws.patches` puts it in place.

It follows the Amazon States Language specification and the Step Functions developer guide where ministack does not:
Retry with MaxDelaySeconds and JitterStrategy, errors that no wildcard matches, the 256 KiB and 25,000-event limits, the
order of Output and Assign, TimeoutSeconds of the whole machine, StopExecution inside a Map, and a history with every
event of every Map iteration. What it does not run (JSONPath, Parallel, Distributed Map, task tokens) fails with
States.Runtime and says so.
"""

# ruff: noqa: SLF001 - it stands on private places of ministack, which `local.aws.patches` verifies

import contextvars
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jsonata
from jsonata.utils import Utils
from ministack.core.responses import get_region, now_iso
from ministack.services import stepfunctions

MAX_DATA_BYTES = 262_144
"""Of a state's input, output and result, and of an execution's input, as UTF-8: Step Functions service quotas."""
MAX_HISTORY_EVENTS = 25_000
MAX_WAIT_SECONDS = 99_999_999
MAX_INLINE_CONCURRENCY = 40
"""Iterations of an inline Map that run at once, whatever MaxConcurrency asks: the Map state's developer guide page."""

# AWS gives an expression far less, but its engine is not an interpreter in Python on a busy laptop.
_EXPRESSION_TIMEOUT_MS = 10_000
_HALT_POLL_SECONDS = 0.05

if TYPE_CHECKING:

    class StateError(Exception):
        """A state failed: what ministack's own code and its integrations raise."""

        error: str
        cause: str

        def __init__(self, error: str, cause: str) -> None: ...

else:
    StateError = stepfunctions._ExecutionError

_history_lock = threading.Lock()


class _Halted(Exception):
    """The execution ended from outside, or a sibling Map iteration failed, while this line of states was running."""


def add_event(execution: dict[str, Any], event_type: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """ministack's own events (ExecutionAborted) at the end of the history, whatever is running."""
    with _history_lock:
        return _append_event(execution, event_type, details or {}, previous=len(execution["events"]))


def _append_event(
    execution: dict[str, Any], event_type: str, details: Mapping[str, Any], *, previous: int
) -> dict[str, Any]:
    events = execution["events"]
    event = {
        "id": len(events) + 1,
        "previousEventId": previous,
        "type": event_type,
        "timestamp": now_iso(),
        **details,
    }
    events.append(event)
    return event


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
    line = _Line(execution, definition.get("QueryLanguage", "JSONPath"), context)
    with _time_limit(execution, definition.get("TimeoutSeconds")):
        try:
            output = _run_states(definition, data, line)
        except _Halted:
            return
        except StateError as error:
            _end(execution, "FAILED", line, error=error.error, cause=error.cause)
        except Exception as error:  # noqa: BLE001 - the thread's end: the execution must not stay RUNNING
            stepfunctions.logger.exception("local/aws/interpreter.py failed in %s", execution_arn)
            _end(execution, "FAILED", line, error="States.Runtime", cause=f"local/aws/interpreter.py: {error!r}")
        else:
            _end(execution, "SUCCEEDED", line, output=_dump(output))


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


def _end(execution: dict[str, Any], status: str, line: "_Line | None", **outcome: str) -> None:
    names = {"SUCCEEDED": "ExecutionSucceeded", "FAILED": "ExecutionFailed", "TIMED_OUT": "ExecutionTimedOut"}
    name = names[status]
    details = outcome | ({"outputDetails": {"truncated": False}} if "output" in outcome else {})
    with _history_lock:
        if execution["status"] != "RUNNING":
            return  # stopped, or timed out, in the meantime
        previous = line.previous if line else len(execution["events"])
        _append_event(execution, name, {f"{name[0].lower()}{name[1:]}EventDetails": details}, previous=previous)
        execution.update(outcome, stopDate=now_iso(), status=status)
    stepfunctions._emit_execution_status_event(execution)


@dataclass
class _Line:
    """One line of states that follow each other: an execution's top level, or one iteration of a Map.

    It knows what the line's expressions see (`context`, `variables`), writes its part of the history, each event linked
    to the one before, and unwinds with `_Halted` as soon as the execution or the surrounding Map is over.
    """

    execution: dict[str, Any]
    language: str
    context: dict[str, Any]
    variables: dict[str, Any] = field(default_factory=dict)
    previous: int = 0
    """The id of the line's latest event."""
    surroundings_halted: Callable[[], bool] = lambda: False

    @property
    def state(self) -> str:
        """The current state's name."""
        name: str = self.context["State"]["Name"]
        return name

    def fork(self, index: int, item: Any, halted: Callable[[], bool]) -> "_Line":
        """A Map iteration's line: it sees this one's variables, and what it assigns stays in it."""
        context = {**self.context, "Map": {"Item": {"Index": index, "Value": item}}}
        return replace(
            self, context=context, variables=dict(self.variables), surroundings_halted=lambda: self.halted() or halted()
        )

    def halted(self) -> bool:
        return self.execution["status"] != "RUNNING" or self.surroundings_halted()

    def record(self, event_type: str, key: str | None = None, **details: Any) -> None:
        """Append an event with its details under `key`.

        Raises:
            StateError: States.Runtime, when only the event that ends the execution still has room.
            _Halted: this line is to end.
        """
        for name in ("input", "output"):
            if name in details:
                details[name] = _dump(details[name])
                details[f"{name}Details"] = {"truncated": False}
        with _history_lock:
            if self.halted():
                raise _Halted
            if len(self.execution["events"]) >= MAX_HISTORY_EVENTS - 1:
                cause = f"The execution reached the maximum number of history events ({MAX_HISTORY_EVENTS})."
                raise StateError("States.Runtime", cause)
            event = _append_event(self.execution, event_type, {key: details} if key else {}, previous=self.previous)
            self.previous = event["id"]

    def sleep(self, seconds: float) -> None:
        """Wait as ministack does, scaled by SFN_WAIT_SCALE, but not beyond the end of this line.

        Raises:
            _Halted: this line is to end.
        """
        end = time.monotonic() + seconds * stepfunctions._SFN_WAIT_SCALE
        while (remaining := end - time.monotonic()) > 0:
            if self.halted():
                raise _Halted
            time.sleep(min(remaining, _HALT_POLL_SECONDS))

    def evaluate(self, template: Any, location: str, data: Any, **bound: Any) -> Any:
        """Replace each `{% expression %}` in a JSON template by its value.

        Args:
            location: the field's name, for the history.
            data: `$states.input`.
            bound: what else `$states` has here: `result` or `errorOutput`.

        Raises:
            StateError: States.QueryEvaluationError.
        """
        if isinstance(template, dict):
            return {name: self.evaluate(value, f"{location}/{name}", data, **bound) for name, value in template.items()}
        if isinstance(template, list):
            return [self.evaluate(value, f"{location}[{i}]", data, **bound) for i, value in enumerate(template)]
        if not (isinstance(template, str) and template.startswith("{%") and template.endswith("%}")):
            return template
        states = {"input": data, "context": self.context, **bound}
        try:
            return _evaluate(template[2:-2].strip(), {**self.variables, "states": states})
        except _EvaluationError as error:
            raise self._evaluation_failed(str(error), location) from error

    def field(self, state: Mapping[str, Any], name: str, kind: type | tuple[type, ...], data: Any) -> Any:
        """A field that may be an expression and must have a type.

        Raises:
            StateError: States.QueryEvaluationError.
        """
        value = self.evaluate(state[name], name, data)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._evaluation_failed(
                f"The field '{name}' has an unexpected result type: {_dump(value)[:200]}", name
            )
        return value

    def _evaluation_failed(self, cause: str, location: str) -> StateError:
        error = "States.QueryEvaluationError"
        details = {"error": error, "cause": cause, "location": location, "state": self.state}
        self.record("EvaluationFailed", "evaluationFailedEventDetails", **details)
        return StateError(error, cause)


class _EvaluationError(Exception):
    """An expression cannot be parsed or evaluated, or its value is not JSON."""


def _evaluate(expression: str, bindings: Mapping[str, Any]) -> Any:
    # The engine takes None for undefined, in bindings and results alike; its NULL_VALUE stands for null.
    bound = {name: Utils.NULL_VALUE if value is None else value for name, value in bindings.items()}
    try:
        compiled = jsonata.Jsonata.jsonata(expression, timeout=_EXPRESSION_TIMEOUT_MS)
        stepfunctions._register_sfn_jsonata_functions(compiled)
        compiled.set_output_convert_nulls(False)
        compiled.register_lambda("eval", _no_eval)
        value = compiled.evaluate(None, bound)
        result = _plain(value)
    except Exception as error:
        # Whatever the engine raises is the expression's failure, a bug of its own included. JSONata's own have a code.
        code = getattr(error, "error", None)
        raise _EvaluationError(f"{code}: {error}" if code else str(error)) from error
    if value is None:
        raise _EvaluationError(f"The JSONata expression '{expression}' returned nothing (undefined).")
    return result


def _no_eval(*_arguments: Any) -> Any:
    message = "Step Functions has no $eval; $parse reads JSON"
    raise NotImplementedError(message)


def _plain(value: Any) -> Any:
    """An engine's value as JSON data of its own: 2.0 is 2, a sequence is a list, nothing is shared with the input."""
    if value is Utils.NULL_VALUE or value is None:
        return None
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(value[i]) for i in range(len(value))]  # by index: the engine's ranges iterate one short
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str | int | float):
        return value
    message = f"{type(value).__name__} is no JSON value"
    raise TypeError(message)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _within_limit(value: Any, what: str) -> Any:
    if len(_dump(value).encode()) > MAX_DATA_BYTES:
        cause = f"{what} with a size exceeding the maximum number of bytes service limit."
        raise StateError("States.DataLimitExceeded", cause)
    return value


def _run_states(machine: Mapping[str, Any], data: Any, line: _Line) -> Any:
    """Run a `StartAt` and its `States` (a definition's or an ItemProcessor's) and return the last one's output."""
    name: str | None = machine["StartAt"]
    while name:
        if name not in machine["States"]:
            raise StateError("States.Runtime", f"There is no state '{name}'")
        data, name = _run_state(name, machine["States"][name], data, line)
    return data


def _run_state(name: str, state: Mapping[str, Any], data: Any, line: _Line) -> tuple[Any, str | None]:
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
        details["assignedVariables"] = {variable: _dump(value) for variable, value in assigned.items()}
        details["assignedVariablesDetails"] = {"truncated": False}
    line.record(f"{kind}StateExited", "stateExitedEventDetails", **details)
    return output, following


_Left = tuple[Any, dict[str, Any], str | None]
"""How a state was left: its output, the variables that it assigns, the next state's name (None at an end)."""


def _leave(fields: Mapping[str, Any], data: Any, line: _Line, *, default: Any, **bound: Any) -> _Left:
    """Evaluate Output and Assign of a state, Choice rule or catcher. Both see the variables as they were before."""
    output = line.evaluate(fields["Output"], "Output", data, **bound) if "Output" in fields else default
    assigned = line.evaluate(fields.get("Assign", {}), "Assign", data, **bound)
    _within_limit(output, f"The state/task '{line.state}' returned a result")
    _within_limit(assigned, f"The state/task '{line.state}' assigned variables")
    return output, assigned, fields.get("Next")


def _run_simple(state: Mapping[str, Any], data: Any, line: _Line) -> _Left:
    return _leave(state, data, line, default=data)


def _run_fail(state: Mapping[str, Any], data: Any, line: _Line) -> _Left:
    error = line.field(state, "Error", str, data) if "Error" in state else "States.Fail"
    cause = line.field(state, "Cause", str, data) if "Cause" in state else ""
    raise StateError(error, cause)


def _run_choice(state: Mapping[str, Any], data: Any, line: _Line) -> _Left:
    for rule in state["Choices"]:
        if line.field(rule, "Condition", bool, data):
            return _leave(rule, data, line, default=data)
    if "Default" not in state:
        raise StateError("States.NoChoiceMatched", f"No rule of '{line.state}' matched, and it has no Default")
    return _leave({**state, "Next": state["Default"]}, data, line, default=data)


def _run_wait(state: Mapping[str, Any], data: Any, line: _Line) -> _Left:
    if "Seconds" in state:
        seconds = line.field(state, "Seconds", int, data)
        if not 0 <= seconds <= MAX_WAIT_SECONDS:
            raise StateError("States.QueryEvaluationError", f"Seconds must be from 0 to {MAX_WAIT_SECONDS}: {seconds}")
    else:
        timestamp = line.field(state, "Timestamp", str, data)
        moment = stepfunctions._parse_ts(timestamp)
        if moment is None or moment.tzinfo is None:
            raise StateError("States.QueryEvaluationError", f"Timestamp is no RFC 3339 time: {timestamp}")
        seconds = moment.timestamp() - time.time()
    line.sleep(seconds)
    return _leave(state, data, line, default=data)


def _run_task(state: Mapping[str, Any], data: Any, line: _Line) -> _Left:
    def attempt() -> _Left:
        result = _call(state, data, line)
        return _leave(state, data, line, default=result, result=result)

    return _with_retry_and_catch(state, data, line, attempt)


def _with_retry_and_catch(state: Mapping[str, Any], data: Any, line: _Line, attempt: Callable[[], _Left]) -> _Left:
    tries: Counter[int] = Counter()
    while True:
        line.context["State"]["RetryCount"] = tries.total()
        try:
            return attempt()
        except StateError as error:
            index, retrier = _first_match(state.get("Retry", []), error.error)
            if retrier is not None and tries[index] < retrier.get("MaxAttempts", 3):
                line.sleep(retry_delay_seconds(retrier, tries[index]))
                tries[index] += 1
                continue
            _, catcher = _first_match(state.get("Catch", []), error.error)
            if catcher is None:
                raise
            output = {"Error": error.error, "Cause": error.cause}
            return _leave(catcher, data, line, default=output, errorOutput=output)


def retry_delay_seconds(retrier: Mapping[str, Any], tries: int) -> float:
    """How long to wait before trying again, after `tries` earlier waits of the same retrier."""
    delay: float = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** tries
    if "MaxDelaySeconds" in retrier:
        delay = min(delay, retrier["MaxDelaySeconds"])
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay  # noqa: S311


def _first_match(fields: list[dict[str, Any]], error: str) -> tuple[int, dict[str, Any] | None]:
    """The first retrier or catcher for an error. It decides alone, even when its attempts are used up."""
    for index, entry in enumerate(fields):
        if matches(entry["ErrorEquals"], error):
            return index, entry
    return -1, None


def matches(error_equals: list[str], error: str) -> bool:
    """Whether a retrier's or catcher's list covers an error (developer guide, "Handling errors in workflows").

    States.Runtime always fails the execution; States.DataLimitExceeded is covered by no wildcard; States.TaskFailed is
    a wildcard for all but States.Timeout.
    """
    if error == "States.Runtime":
        return False
    if error in error_equals:
        return True
    if error == "States.DataLimitExceeded":
        return False
    return "States.ALL" in error_equals or ("States.TaskFailed" in error_equals and error != "States.Timeout")


def _call(state: Mapping[str, Any], data: Any, line: _Line) -> Any:
    """Do a Task's work once and return its result, with the events that AWS records for that resource."""
    resource = state["Resource"]
    if resource.endswith(".waitForTaskToken") or ":activity:" in resource:
        raise StateError("States.Runtime", f"The local AWS has no task tokens and activities: {resource}")
    arguments = line.evaluate(state["Arguments"], "Arguments", data) if "Arguments" in state else data
    _within_limit(arguments, f"The state/task '{line.state}' was given an input")
    timeout_seconds = line.field(state, "TimeoutSeconds", int, data) if "TimeoutSeconds" in state else None
    call = _CallEvents(resource, line)

    call.scheduled(arguments, timeout_seconds)
    try:
        if timeout_seconds is None:
            result = stepfunctions._invoke_resource(resource, arguments)
        else:
            result = stepfunctions._invoke_resource_with_timeout(resource, arguments, timeout_seconds)
        _within_limit(result, f"The state/task '{resource}' returned a result")
    except StateError as error:
        call.failed(error)
        raise
    call.succeeded(result)
    return result


class _CallEvents:
    """The events of a Task: Lambda's own when the resource is a function's ARN, a service integration's otherwise."""

    def __init__(self, resource: str, line: _Line) -> None:
        parts = resource.split(":")
        self._line = line
        self._resource = resource
        self._is_lambda = parts[2] == "lambda"
        # arn:aws:states:::aws-sdk:sfn:describeExecution -> aws-sdk:sfn, describeExecution
        self._what = {} if self._is_lambda else {"resourceType": ":".join(parts[5:-1]), "resource": parts[-1]}

    def scheduled(self, arguments: Any, timeout_seconds: int | None) -> None:
        limit = {} if timeout_seconds is None else {"timeoutInSeconds": timeout_seconds}
        if self._is_lambda:
            self._record("Scheduled", resource=self._resource, input=arguments, **limit)
        else:
            self._record("Scheduled", region=get_region(), parameters=_dump(arguments), **limit)
        self._record("Started")

    def succeeded(self, result: Any) -> None:
        self._record("Succeeded", output=result)

    def failed(self, error: StateError) -> None:
        self._record("TimedOut" if error.error == "States.Timeout" else "Failed", error=error.error, cause=error.cause)

    def _record(self, what: str, **details: Any) -> None:
        family = "LambdaFunction" if self._is_lambda else "Task"
        key = f"{family[0].lower()}{family[1:]}{what}EventDetails"
        if self._is_lambda and not details:
            self._line.record(f"{family}{what}")
        else:
            self._line.record(f"{family}{what}", key, **self._what, **details)


def _run_map(state: Mapping[str, Any], data: Any, line: _Line) -> _Left:
    if state["ItemProcessor"].get("ProcessorConfig", {}).get("Mode", "INLINE") != "INLINE":
        raise StateError("States.Runtime", f"The local AWS has no Distributed Map, which '{line.state}' is")

    def attempt() -> _Left:
        items = line.field(state, "Items", list, data) if "Items" in state else data
        if not isinstance(items, list):
            raise StateError("States.Runtime", f"The input of '{line.state}' is no array, and it has no Items")
        line.record("MapStateStarted", "mapStateStartedEventDetails", length=len(items))
        try:
            results = _run_items(items, state, data, line)
            _within_limit(results, f"The state/task '{line.state}' returned a result")
        except StateError:
            line.record("MapStateFailed")
            raise
        line.record("MapStateSucceeded")
        return _leave(state, data, line, default=results, result=results)

    return _with_retry_and_catch(state, data, line, attempt)


def _run_items(items: list[Any], state: Mapping[str, Any], data: Any, line: _Line) -> list[Any]:
    """Run every item through the ItemProcessor. The first failure fails the Map and ends the other iterations."""
    most = line.field(state, "MaxConcurrency", int, data) if "MaxConcurrency" in state else 0
    results: list[Any] = [None] * len(items)
    failures: list[StateError] = []
    aborted: list[int] = []
    last_events = [line.previous]

    def iterate(index: int) -> None:
        if failures or line.halted():
            return
        inner = line.fork(index, items[index], lambda: bool(failures))
        record = partial(_record_iteration, name=line.state, index=index)
        try:
            record(inner, "Started")
            value = (
                inner.evaluate(state["ItemSelector"], "ItemSelector", data) if "ItemSelector" in state else items[index]
            )
            _within_limit(value, f"The state/task '{line.state}' was given an item")
            results[index] = _run_states(state["ItemProcessor"], value, inner)
            record(inner, "Succeeded")
        except _Halted:
            aborted.append(index)
        except StateError as error:
            with suppress(_Halted, StateError):  # an earlier failure, or a full history, has decided already
                record(inner, "Failed")
            failures.append(error)
        last_events.append(inner.previous)

    with ThreadPoolExecutor(min(most or MAX_INLINE_CONCURRENCY, MAX_INLINE_CONCURRENCY)) as pool:
        # Each iteration needs a copy of this thread's context, in which ministack keeps account and region.
        for iteration in [pool.submit(contextvars.copy_context().run, iterate, i) for i in range(len(items))]:
            iteration.result()
    line.previous = max(last_events)
    for index in aborted:
        _record_iteration(line, "Aborted", name=line.state, index=index)
    if failures:
        raise failures[0]
    return results


def _record_iteration(line: _Line, what: str, *, name: str, index: int) -> None:
    line.record(f"MapIteration{what}", f"mapIteration{what}EventDetails", name=name, index=index)


_RUNNERS: Mapping[str, Callable[[Mapping[str, Any], Any, _Line], _Left]] = {
    "Pass": _run_simple,
    "Succeed": _run_simple,
    "Fail": _run_fail,
    "Choice": _run_choice,
    "Wait": _run_wait,
    "Task": _run_task,
    "Map": _run_map,
}
