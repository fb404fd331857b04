"""What several tests of the workflow look at in a definition, and what states get."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from contract import errors
from contract.errors import (
    PASSING_ERRORS,
    SETUP_ERRORS,
    WAIT_ERRORS,
)
from tests.stacks.support import State, Synthesis

SETUP = errors.names(SETUP_ERRORS)
WAITS = errors.names(WAIT_ERRORS)
PASSING = errors.names(PASSING_ERRORS)
ALL = "States.ALL"


def retrier(state: State, error: str) -> dict[str, Any] | None:
    """The first retrier that takes an error, as Step Functions looks for it."""
    return next((one for one in state.get("Retry", []) if {error, ALL} & set(one["ErrorEquals"])), None)


def catcher(state: State, error: str) -> dict[str, Any]:
    return next(one for one in state["Catch"] if {error, ALL} & set(one["ErrorEquals"]))


def by_name(state: State, error: str) -> bool:
    """Whether an error has a catcher of its own, before the one for all others."""
    return error in catcher(state, error)["ErrorEquals"]


def after(default: Synthesis, name: str) -> set[str]:
    """The states that may come after a state is entered, itself included."""
    seen: set[str] = set()
    ahead = [name]
    while ahead:
        current = ahead.pop()
        if current in seen:
            continue
        seen.add(current)
        state = default.states[current]
        ahead += [state[key] for key in ("Next", "Default") if key in state]
        ahead += [choice["Next"] for choice in state.get("Choices", [])]
    return seen


def lambda_calls(default: Synthesis) -> dict[str, State]:
    return {name: state for role in ("fetch", "transform", "post") for name, state in default.calls(role).items()}


def delays(retrier: dict[str, Any]) -> list[float]:
    """What the attempts wait at most, in seconds: jitter only shortens."""
    interval, rate = retrier["IntervalSeconds"], retrier["BackoffRate"]
    longest = retrier.get("MaxDelaySeconds", math.inf)
    return [min(interval * rate**number, longest) for number in range(retrier["MaxAttempts"])]


def failed_write(**changes: Any) -> dict[str, Any]:
    """A write's input after `changes`, as the iteration of a Map has it."""
    return {
        "write": {"done": {"row": row(1, "created")}},
        "look_first": False,
        "looks": 0,
        "waits": 0,
        "waits_allowed": 10,
    } | changes


def caught(error: str, cause: Any) -> dict[str, Any]:
    return {"Error": error} if cause is None else {"Error": error, "Cause": cause}


def lambda_cause(error: errors.SyncError) -> str:
    """The cause that Lambda makes of an exception."""
    return json.dumps(
        {
            "errorMessage": error.message,
            "errorType": type(error).__name__,
            "requestId": "5bd7f0b4",
            "stackTrace": ['  File "/var/task/functions/post/handler.py", line 38, in handle\n    carry_out(write)\n'],
        }
    )


def row(entry_id: int, outcome: str, **changes: Any) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "outcome": outcome,
        "reason": None,
        "warning": None,
        "gone": False,
        "issue": "acme/shop#12",
        "seconds": 1800,
        "tracked_seconds": 1700,
        "on_gitlab": 1800 if outcome in {"created", "replaced", "kept"} else 0,
        "before": 0,
        "planned": 1800 if outcome in {"created", "replaced", "kept"} else None,
        "spent_at": f"2026-11-20T{entry_id % 24:02}:00:00Z",
    } | changes


def shown(one: dict[str, Any]) -> dict[str, Any]:
    """A row as the output has it."""
    return {key: value for key, value in one.items() if key not in {"on_gitlab", "before", "planned"}}


def done(*rows: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"row": one, "duplicates_removed": 0} | more for one in rows]


COUNTS = pytest.mark.parametrize("count", [0, 1, 2, 7])
NOTHING = dict.fromkeys(
    (
        *("fetched", "created", "replaced", "deleted", "kept", "skipped", "failed"),
        *("duplicates_removed", "issues_created", "seconds_logged"),
        *("seconds_tracked", "seconds_on_gitlab", "seconds_left_out"),
        *("seconds_failed", "seconds_rounding", "seconds_differing"),
    ),
    0,
)
