"""Calls to AWS that go on for as long as a run does: what passes is waited for."""

from __future__ import annotations

import time
from typing import Any

from botocore.exceptions import ClientError

from cli.deployment.place import AWS_ERRORS, code_of, is_out_of_reach

PATIENCE_SECONDS = 600.0
"""How long AWS may throttle, fail or be out of reach at a stretch."""

LATE_SECONDS = 5.0
"""How long an execution that was just started may be unknown: reading lags a little behind."""

LONGEST_PAUSE_SECONDS = 20.0
_TOO_FAST = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"})


class Patient:
    """Calls a client's operations by name, and calls again while what went wrong may pass. Raises AWS_ERRORS.

    pause_seconds: before the first repetition; doubled for each further one.
    """

    def __init__(self, client: Any, pause_seconds: float) -> None:
        self._client = client
        self._pause_seconds = max(pause_seconds, 0.01)
        self._has_seen_the_run = False

    def __call__(self, operation: str, **arguments: Any) -> Any:
        pause, began = self._pause_seconds, time.monotonic()
        while True:
            try:
                answer = getattr(self._client, operation)(**arguments)
            except AWS_ERRORS as error:
                if time.monotonic() - began > self._seconds_for(error):
                    raise
            else:
                self._has_seen_the_run = True
                return answer
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _seconds_for(self, error: Exception) -> float:
        """For how long this error may go on; negative when it will not pass."""
        if code_of(error) == "ExecutionDoesNotExist" and not self._has_seen_the_run:
            return LATE_SECONDS
        passes = _is_fault(error) or code_of(error) in _TOO_FAST or is_out_of_reach(error)
        return PATIENCE_SECONDS if passes else -1


def _is_fault(error: Exception) -> bool:
    """Whether it is AWS itself that fails."""
    if not isinstance(error, ClientError):
        return False
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)) >= 500
