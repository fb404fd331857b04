"""Closes the gaps between ministack 1.5.33 and AWS that the project's state machine would notice.

`apply()` replaces private functions of ministack, in its process, before it serves. Each replaced or relied-upon place
is listed in `_PLACES` with a fingerprint of its source, so that another version of ministack stops the start instead of
quietly behaving otherwise.

Lambda: an exception keeps its class name and its cause is the JSON of AWS's Python runtime, the environment stays warm
after it, and crashes, timeouts and failing imports have AWS's names. CloudFormation: `Ref` of a secret is its ARN.

Step Functions: JSONata state machines are run by the interpreter in this module, which follows the Amazon States
Language specification and the Step Functions developer guide where ministack does not: Retry with MaxDelaySeconds and
JitterStrategy, errors that no wildcard matches, the 256 KiB and 25,000-event limits, the order of Output and Assign,
TimeoutSeconds of the whole machine, StopExecution inside a Map, and a history with every event of every Map iteration.
What it does not run (JSONPath, Parallel, Distributed Map, task tokens) fails with States.Runtime and says so.
"""

# ruff: noqa: SLF001 - private places are what this module is about

import contextvars
import hashlib
import importlib.metadata
import inspect
import json
import random
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import jsonata
from jsonata import functions
from jsonata.utils import Utils
from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, now_iso
from ministack.services import lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners

MINISTACK_VERSION = "1.5.33"
MAX_DATA_BYTES = 262_144
"""Of a state's input, output and result, and of an execution's input, as UTF-8: Step Functions service quotas."""
MAX_HISTORY_EVENTS = 25_000
MAX_WAIT_SECONDS = 99_999_999
MAX_INLINE_CONCURRENCY = 40
"""Iterations of an inline Map that run at once, whatever MaxConcurrency asks: the Map state's developer guide page."""

# AWS gives an expression far less, but its engine is not an interpreter in Python on a busy laptop.
_EXPRESSION_TIMEOUT_MS = 10_000
_HALT_POLL_SECONDS = 0.05

# What `apply()` replaces or builds on, with the first 16 hex digits of its source's SHA-256 (`fingerprint`).
_PLACES: Mapping[str, str] = {
    "lambda_runtime._PYTHON_WORKER_SCRIPT": "368800addf4dc998",
    "lambda_runtime.Worker._spawn": "c55febf956565c5e",
    "lambda_runtime.Worker.invoke": "96751a75471021ec",
    "lambda_svc._execute_function_warm": "62b9218bef5b948a",
    "stepfunctions._start_execution": "9923282fc76c57b9",
    "stepfunctions._stop_execution": "44d2d84ccd5c9702",
    "stepfunctions._add_event": "b1db143ccd21809d",
    "stepfunctions._run_execution": "996dff84e0e0605a",
    "stepfunctions._emit_execution_status_event": "9c89e45693e353eb",
    "stepfunctions._invoke_resource": "a85d2be9a8584ce0",
    "stepfunctions._invoke_resource_with_timeout": "faeed0bf70d53efc",
    "stepfunctions._call_lambda": "25830369b12636da",
    "stepfunctions._prefix_sdk_error": "dc105d4294e0ae96",
    "stepfunctions._parse_wait_scale": "d75623c553f7f72e",
    "stepfunctions._parse_ts": "558842d52cf6eeb8",
    "provisioners._sm_secret_create": "0bae0110fce2f2ba",
    "provisioners._sm_secret_update": "e87220a5ff35a459",
    "provisioners._sm_secret_delete": "4ff615ac828999af",
    "functions.Functions._string": "7668646b364f19da",
    "stepfunctions._register_sfn_jsonata_functions": "907f3ecf2da3e168",
}
_MODULES = {
    "functions": functions,
    "lambda_runtime": lambda_runtime,
    "lambda_svc": lambda_svc,
    "provisioners": provisioners,
    "stepfunctions": stepfunctions,
}

if TYPE_CHECKING:

    class StateError(Exception):
        """A state failed: what ministack's own code and its integrations raise."""

        error: str
        cause: str

        def __init__(self, error: str, cause: str) -> None: ...

else:
    StateError = stepfunctions._ExecutionError

_FAULT_KEY = "local.compat: the handler raised"
_history_lock = threading.Lock()
_unpack_lock = threading.Lock()


class IncompatibleError(Exception):
    """ministack is not the one that this module was written for; the message names the version and the places."""


class _Halted(Exception):
    """The execution ended from outside, or a sibling Map iteration failed, while this line of states was running."""


def fingerprint(place: str) -> str:
    """The first 16 hex digits of the SHA-256 of a place's source, or `missing`."""
    value: Any = _MODULES[place.partition(".")[0]]
    for name in place.split(".")[1:]:
        value = getattr(value, name, None)
    if value is None:
        return "missing"
    source = value if isinstance(value, str) else inspect.getsource(value)
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def verify() -> None:
    """Check that every place is as it was when this module was written.

    Raises:
        IncompatibleError: ministack's version is another one, or a place's source is.
    """
    version = importlib.metadata.version("ministack")
    changed = [place for place, expected in _PLACES.items() if fingerprint(place) != expected]
    if version == MINISTACK_VERSION and not changed:
        return
    message = (
        f"local/compat.py was made for ministack {MINISTACK_VERSION} and cannot patch the installed {version}; "
        f"changed places: {', '.join(changed) or 'none'}. Install ministack=={MINISTACK_VERSION}, or review each patch "
        "and renew _PLACES."
    )
    raise IncompatibleError(message)


def apply() -> None:
    """Verify, then patch this process's ministack. Once, before it serves.

    Raises:
        IncompatibleError: see `verify`.
    """
    verify()
    lambda_runtime._PYTHON_WORKER_SCRIPT = _worker_script(lambda_runtime._PYTHON_WORKER_SCRIPT)
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": _UnpackedOnce})
    lambda_svc._execute_function_warm = _as_lambda_answers(lambda_svc._execute_function_warm)
    stepfunctions._call_lambda = _as_states_reports(stepfunctions._call_lambda)
    stepfunctions._prefix_sdk_error = _with_sdk_exception_name(stepfunctions._prefix_sdk_error)
    stepfunctions._start_execution = _as_states_accepts(stepfunctions._start_execution)
    stepfunctions._add_event = _add_event
    stepfunctions._run_execution = _run_execution
    functions.Functions.Encoder = _Encoder
    secret = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    secret.update(_with_the_arn_as_reference(dict(secret)))


class _UnpackedOnce(zipfile.ZipFile):
    """An archive whose content is shared by all workers, which on AWS cannot write to it either.

    ministack unpacks code and layers anew for every worker, and each then compiles every module for itself: a Map's
    first ten iterations take 3 s instead of 8 s when that is done once.
    """

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        with Path(str(self.filename)).open("rb") as archive:
            digest = hashlib.file_digest(archive, "sha256").hexdigest()
        shared = Path(tempfile.gettempdir()) / "unpacked" / digest
        with _unpack_lock:
            if not shared.exists():
                unfinished = shared.with_suffix(".unfinished")
                super().extractall(unfinished, members, pwd)
                unfinished.rename(shared)
        Path(path).rmdir()
        Path(path).symlink_to(shared)


def _with_the_arn_as_reference(handlers: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation's `Ref` of a secret is its ARN; ministack knows it by its name."""

    def name_of(arn: str) -> str:
        # arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-6RANDOM
        return arn.split(":", 6)[6][:-7]

    def create(logical_id: str, props: Any, stack_name: str) -> tuple[str, dict[str, str]]:
        _, attributes = handlers["create"](logical_id, props, stack_name)
        return attributes["Arn"], attributes

    def update(arn: str, *arguments: Any) -> tuple[str, dict[str, str]]:
        _, attributes = handlers["update"](name_of(arn), *arguments)
        return attributes["Arn"], attributes

    def delete(arn: str, props: Any) -> None:
        handlers["delete"](name_of(arn), props)

    return {"create": create, "update": update, "delete": delete}


class _Encoder(functions.Functions.Encoder):  # type: ignore[misc]  # the engine has no types
    """`$string` keeps letters beyond ASCII as they are, as JSON.stringify does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


def handler_fault(error: BaseException, request_id: str) -> dict[str, Any]:
    """What AWS's Python runtime answers when a handler raises (awslambdaric, bootstrap.py, make_error).

    Runs in the worker process, where its source is pasted: it may use nothing of this module.
    """
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first one is the runtime's own
    fault = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }
    if frames and frames[0].filename == json.__file__:
        # Not the handler raised but the runtime, when it made JSON of what the handler returned.
        fault |= {
            "errorMessage": f"Unable to marshal response: {error}",
            "errorType": "Runtime.MarshalError",
            "stackTrace": [],
        }
    return fault


def import_fault(error: BaseException, module: str, handler: str) -> dict[str, Any]:
    """What AWS's Python runtime answers when it cannot load the handler; pasted into the worker too."""
    fault = handler_fault(error, "")
    if isinstance(error, ImportError):
        kind, message = "Runtime.ImportModuleError", f"Unable to import module '{module}': {error}"
    elif isinstance(error, SyntaxError):
        kind, message = "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}"
    elif isinstance(error, AttributeError) and module in sys.modules:
        kind, message = "Runtime.HandlerNotFound", f"Handler '{handler}' missing on module '{module}'"
    else:
        return fault
    return {**fault, "errorType": kind, "errorMessage": message, "stackTrace": []}


def _worker_script(script: str) -> str:
    """The worker's script, with its two answers to an exception replaced; both keep the protocol's shape."""
    replacements = {
        'json.dumps({"status": "error", "error": str(e)})': (
            'json.dumps({"status": "error", "error": json.dumps(import_fault(e, module_name, handler_name))})'
        ),
        # "ok" for the server, which kills the worker otherwise.
        'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})': (
            f'json.dumps({{"status": "ok", "result": {{{_FAULT_KEY!r}: handler_fault(e, context.aws_request_id)}}}})'
        ),
        "        except Exception as e:\n            _real_stdout": (
            "        except Exception as e:\n"
            '            print("[ERROR]", type(e).__name__ + ":", e, file=sys.stderr)\n'
            "            traceback.print_exc()\n"
            "            sys.stderr.flush()\n"
            "            _real_stdout"
        ),
    }
    for old, new in replacements.items():
        if script.count(old) != 1:
            message = f"the worker script of ministack {MINISTACK_VERSION} has no single {old!r}"
            raise IncompatibleError(message)
        script = script.replace(old, new)
    pasted = "".join(inspect.getsource(function) for function in (handler_fault, import_fault))
    return f"import json, sys, traceback\nfrom typing import Any\n{pasted}\n{script}"


def _as_lambda_answers(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Give the outcome of an invocation the body that Lambda's Invoke has for it."""

    def execute_warm(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        outcome = execute(func, event, request_id)
        body = outcome.get("body")
        if isinstance(body, dict) and _FAULT_KEY in body:
            return {**outcome, "body": body[_FAULT_KEY], "error": True}
        if isinstance(body, dict) and outcome.get("error") and not outcome.get("throttle"):
            return {**outcome, "body": _crash(body["errorType"], body["errorMessage"], request_id)}
        return outcome

    return execute_warm


def _crash(kind: str, message: str, request_id: str) -> dict[str, Any]:
    """The body for a worker that gave no answer: ministack's error type and message in AWS's words."""
    _, _, fault = message.partition("Worker init failed: ")
    if fault:
        answer: dict[str, Any] = json.loads(fault)
        return answer
    if kind == "Sandbox.Timedout":
        return {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    if message.startswith(
        ("Worker process died", "Worker process exited", "Worker returned no response", "[Errno 32]")
    ):
        message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
        return {"errorType": "Runtime.ExitError", "errorMessage": message}
    return {"errorType": kind, "errorMessage": message}


def _as_states_reports(call: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """A throttled Lambda task's name is Lambda.TooManyRequestsException; a cause keeps its letters as they are."""

    def call_lambda(func_ref: str, event: Any) -> Any:
        try:
            return call(func_ref, event)
        except StateError as error:
            if not error.cause.startswith("{"):
                raise  # ministack's own words, for instance that there is no such function
            body = json.loads(error.cause)
            if body.get("__type") == "TooManyRequestsException":
                raise StateError("Lambda.TooManyRequestsException", body["message"]) from error
            raise StateError(error.error, json.dumps(body, ensure_ascii=False)) from error

    return call_lambda


def _with_sdk_exception_name(prefix: Callable[[str, str], str]) -> Callable[[str, str], str]:
    """Step Functions names SDK errors as the SDK for Java 2.x does, whose class names all end in Exception."""

    def prefix_sdk_error(service: str, code: str) -> str:
        name = prefix(service, code)
        return name if service != "sfn" or name.endswith("Exception") else f"{name}Exception"

    return prefix_sdk_error


def _as_states_accepts(start: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """StartExecution refuses what AWS refuses, and is idempotent while an execution of that name and input runs."""

    def start_execution(data: dict[str, Any]) -> Any:
        text = data.get("input", "{}")
        if len(text.encode()) > MAX_DATA_BYTES:
            message = (
                "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length "
                f"less than or equal to {MAX_DATA_BYTES}"
            )
            return error_response_json("ValidationException", message, 400)
        try:
            json.loads(text)
        except ValueError:
            return error_response_json("InvalidExecutionInput", "Invalid State Machine Execution Input: not JSON", 400)
        running = _execution_named(data)
        if running and running["status"] == "RUNNING" and running["input"] == text:
            return json_response({"executionArn": running["executionArn"], "startDate": running["startDate"]})
        return start(data)

    return start_execution


def _execution_named(data: Mapping[str, Any]) -> dict[str, Any] | None:
    machine = stepfunctions._state_machines.get(data.get("stateMachineArn", ""))
    if machine is None or "name" not in data:
        return None
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{machine['name']}:{data['name']}"
    execution: dict[str, Any] | None = stepfunctions._executions.get(arn)
    return execution


def _add_event(execution: dict[str, Any], event_type: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
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


def _run_execution(execution_arn: str) -> None:
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
            stepfunctions.logger.exception("local/compat.py failed in %s", execution_arn)
            _end(execution, "FAILED", line, error="States.Runtime", cause=f"local/compat.py: {error!r}")
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
