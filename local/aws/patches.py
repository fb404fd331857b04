"""Closes the gaps between ministack 1.5.33 and AWS that the project's state machine would notice.

`apply()` replaces private functions of ministack, in its process, before it serves. Each replaced or relied-upon place
is listed in `_PLACES` with a fingerprint of its source, so that another version of ministack stops the start instead of
quietly behaving otherwise.

Lambda: an exception keeps its class name and its cause is the JSON of AWS's Python runtime, the environment stays warm
after it, and crashes, timeouts and failing imports have AWS's names. A log group that is gone is not made again.
CloudFormation: `Ref` of a secret is its ARN.

EventBridge Scheduler: the context attributes in a target's input are filled in, and a rate is as fast as the waits are.

Step Functions: JSONata state machines are run by `local.aws.interpreter`, since ministack's own differs from AWS in too
many places to patch one by one.
"""

# ruff: noqa: SLF001 - private places are what this module is about

import hashlib
import importlib.metadata
import inspect
import json
import sys
import tempfile
import threading
import traceback
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jsonata import functions
from ministack.core import lambda_runtime
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import cloudwatch_logs, eventbridge, lambda_svc, scheduler, stepfunctions
from ministack.services.cloudformation import provisioners

from local.aws import interpreter as machine

MINISTACK_VERSION = "1.5.33"
# What `apply()` replaces or builds on, with the first 16 hex digits of its source's SHA-256 (`fingerprint`).
_PLACES: Mapping[str, str] = {
    "lambda_runtime._PYTHON_WORKER_SCRIPT": "368800addf4dc998",
    "lambda_runtime.Worker._spawn": "c55febf956565c5e",
    "lambda_runtime.Worker.invoke": "96751a75471021ec",
    "lambda_svc._execute_function_warm": "62b9218bef5b948a",
    "lambda_svc._emit_lambda_logs": "111efbf06968bb20",
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
    "eventbridge._invoke_target": "550e304af0809563",
    "eventbridge._parse_rate_seconds": "0184f31e965ea481",
    "scheduler._tick_schedules": "0ece514e91205b1d",
    "scheduler._ticker_loop": "51e1b1334023fb4a",
    "functions.Functions._string": "7668646b364f19da",
    "stepfunctions._register_sfn_jsonata_functions": "907f3ecf2da3e168",
}
_MODULES = {
    "eventbridge": eventbridge,
    "functions": functions,
    "lambda_runtime": lambda_runtime,
    "lambda_svc": lambda_svc,
    "provisioners": provisioners,
    "scheduler": scheduler,
    "stepfunctions": stepfunctions,
}

_SHORTEST_TICK_SECONDS = 0.1

_FAULT_KEY = "local.aws.patches: the handler raised"
_unpack_lock = threading.Lock()


class IncompatibleError(Exception):
    """ministack is not the one that this module was written for; the message names the version and the places."""


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
        f"local/aws/patches.py was made for ministack {MINISTACK_VERSION} and cannot patch the installed {version}; "
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
    lambda_svc._emit_lambda_logs = _where_there_is_a_group(lambda_svc._emit_lambda_logs)
    stepfunctions._call_lambda = _as_states_reports(stepfunctions._call_lambda)
    stepfunctions._prefix_sdk_error = _with_sdk_exception_name(stepfunctions._prefix_sdk_error)
    stepfunctions._start_execution = _as_states_accepts(stepfunctions._start_execution)
    stepfunctions._add_event = machine.add_event
    stepfunctions._run_execution = machine.run_execution
    functions.Functions.Encoder = _Encoder
    eventbridge._invoke_target = _with_context_attributes(eventbridge._invoke_target)
    scale = stepfunctions._parse_wait_scale()
    eventbridge._parse_rate_seconds = _scaled(eventbridge._parse_rate_seconds, scale)
    scheduler._SCHEDULE_TICK_INTERVAL = max(scheduler._SCHEDULE_TICK_INTERVAL * scale, _SHORTEST_TICK_SECONDS)
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


def _with_context_attributes(invoke: Callable[..., Any]) -> Callable[..., Any]:
    """A schedule's input has `<aws.scheduler.scheduled-time>` and the like, which AWS fills in.

    Source: the EventBridge Scheduler user guide, "Adding context attributes".
    """

    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: Any, **more: Any) -> Any:
        if event.get("Source") != "aws.scheduler" or "Input" not in target:
            return invoke(target, event, rule, **more)
        attributes = {
            "schedule-arn": event["Resources"][0],
            "scheduled-time": datetime.fromtimestamp(int(event["Time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "execution-id": event["EventId"],
            "attempt-number": "1",
        }
        text = target["Input"]
        for name, value in attributes.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return invoke({**target, "Input": text}, event, rule, **more)

    return invoke_target


def _scaled(seconds_of: Callable[[str], int | None], scale: float) -> Callable[[str], float | None]:
    def scaled_seconds(expression: str) -> float | None:
        seconds = seconds_of(expression)
        return None if seconds is None else seconds * scale

    return scaled_seconds


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


def _where_there_is_a_group(emit: Callable[..., None]) -> Callable[..., None]:
    """What a function logs is lost when its log group is gone, as on AWS: none of the app's roles may make one.

    ministack would make it again, and so a function that outlives its stack would leave the group behind.
    """

    def emit_where_there_is_a_group(func: dict[str, Any], *arguments: Any, **more: Any) -> None:
        config = func.get("config") or func
        default = f"/aws/lambda/{config['FunctionName']}"
        if (config.get("LoggingConfig") or {}).get("LogGroup", default) in cloudwatch_logs._log_groups:
            emit(func, *arguments, **more)

    return emit_where_there_is_a_group


def _as_states_reports(call: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    """A throttled Lambda task's name is Lambda.TooManyRequestsException; a cause keeps its letters as they are."""

    def call_lambda(func_ref: str, event: Any) -> Any:
        try:
            return call(func_ref, event)
        except machine.StateError as error:
            if not error.cause.startswith("{"):
                raise  # ministack's own words, for instance that there is no such function
            body = json.loads(error.cause)
            if body.get("__type") == "TooManyRequestsException":
                raise machine.StateError("Lambda.TooManyRequestsException", body["message"]) from error
            raise machine.StateError(error.error, json.dumps(body, ensure_ascii=False)) from error

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
        if len(text.encode()) > machine.MAX_DATA_BYTES:
            message = (
                "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length "
                f"less than or equal to {machine.MAX_DATA_BYTES}"
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
    known = stepfunctions._state_machines.get(data.get("stateMachineArn", ""))
    if known is None or "name" not in data:
        return None
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{known['name']}:{data['name']}"
    execution: dict[str, Any] | None = stepfunctions._executions.get(arn)
    return execution
