"""Retry and Catch: which errors they cover, how long a retrier waits, and what comes after it."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from local.aws.interpreter.errors import StateError
from local.aws.interpreter.leaving import Left, leave
from local.aws.interpreter.line import Line


def with_retry_and_catch(state: Mapping[str, Any], data: Any, line: Line, attempt: Callable[[], Left]) -> Left:
    """Attempt a state's work until it succeeds, is caught, or no retrier is left. Raises StateError."""
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
            return leave(catcher, data, line, default=output, errorOutput=output)


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
