"""Task states: what they call, and the events that AWS records about it."""

# ruff: noqa: SLF001 - it stands on private places of ministack, which `local.aws.patches.version` verifies

from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_region
from ministack.services import stepfunctions

from local.aws.interpreter.data import to_text, within_limit
from local.aws.interpreter.errors import StateError
from local.aws.interpreter.leaving import Left, leave
from local.aws.interpreter.line import Line
from local.aws.interpreter.retries import with_retry_and_catch


def run_task(state: Mapping[str, Any], data: Any, line: Line) -> Left:
    def attempt() -> Left:
        result = call(state, data, line)
        return leave(state, data, line, default=result, result=result)

    return with_retry_and_catch(state, data, line, attempt)


def call(state: Mapping[str, Any], data: Any, line: Line) -> Any:
    """Do a Task's work once and return its result. Raises StateError."""
    resource = state["Resource"]
    if resource.endswith(".waitForTaskToken") or ":activity:" in resource:
        raise StateError("States.Runtime", f"The local AWS has no task tokens and activities: {resource}")
    arguments = line.evaluate(state["Arguments"], "Arguments", data) if "Arguments" in state else data
    within_limit(arguments, f"The state/task '{line.state}' was given an input")
    timeout_seconds = line.field(state, "TimeoutSeconds", int, data) if "TimeoutSeconds" in state else None
    events = _CallEvents(resource, line)

    events.scheduled(arguments, timeout_seconds)
    try:
        if timeout_seconds is None:
            result = stepfunctions._invoke_resource(resource, arguments)
        else:
            result = stepfunctions._invoke_resource_with_timeout(resource, arguments, timeout_seconds)
        within_limit(result, f"The state/task '{resource}' returned a result")
    except StateError as error:
        events.failed(error)
        raise
    events.succeeded(result)
    return result


class _CallEvents:
    """The events of a Task: Lambda's own when the resource is a function's ARN, a service integration's otherwise."""

    def __init__(self, resource: str, line: Line) -> None:
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
            self._record("Scheduled", region=get_region(), parameters=to_text(arguments), **limit)
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
