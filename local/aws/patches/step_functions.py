"""Step Functions: what it accepts, how it names errors, and executions that `local.aws.interpreter` runs."""

# ruff: noqa: SLF001 - private places of ministack, which `local.aws.patches.version` verifies

import contextvars
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from typing import Any

from jsonata import functions
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import stepfunctions

from local.aws.interpreter.data import MAX_DATA_BYTES
from local.aws.interpreter.errors import StateError
from local.aws.interpreter.execution import run_execution
from local.aws.interpreter.history import add_event


def apply() -> None:
    stepfunctions._call_lambda = _as_states_reports(stepfunctions._call_lambda)
    stepfunctions._prefix_sdk_error = with_sdk_exception_name(stepfunctions._prefix_sdk_error)
    stepfunctions._start_execution = _as_states_accepts(stepfunctions._start_execution)
    stepfunctions._invoke_resource_with_timeout = invoke_within
    stepfunctions._add_event = add_event
    stepfunctions._run_execution = run_execution
    functions.Functions.Encoder = Encoder


class Encoder(functions.Functions.Encoder):  # type: ignore[misc]  # the engine has no types
    """`$string` keeps letters beyond ASCII as they are, as JSON.stringify does."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})


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


def invoke_within(resource: str, arguments: Any, timeout_seconds: float) -> Any:
    """Each call in a thread of its own; ministack's executors all wait for one lock while they start theirs.

    A call that takes longer goes on, and nobody looks at its result. Raises StateError: States.Timeout.
    """
    done: Future[Any] = Future()

    def call() -> None:
        try:
            done.set_result(stepfunctions._invoke_resource(resource, arguments))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            done.set_exception(error)

    # ministack keeps account and region in the context.
    threading.Thread(target=contextvars.copy_context().run, args=(call,), daemon=True).start()
    if not wait([done], timeout_seconds).done:
        raise StateError("States.Timeout", f"Task timed out after {timeout_seconds} seconds")
    return done.result()


def with_sdk_exception_name(prefix: Callable[[str, str], str]) -> Callable[[str, str], str]:
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
    known = stepfunctions._state_machines.get(data.get("stateMachineArn", ""))
    if known is None or "name" not in data:
        return None
    arn = f"arn:aws:states:{get_region()}:{get_account_id()}:execution:{known['name']}:{data['name']}"
    execution: dict[str, Any] | None = stepfunctions._executions.get(arn)
    return execution
