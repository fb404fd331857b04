"""JSON data as it travels between states: its text, and how large it may be."""

import json
from typing import Any

from local.aws.interpreter.errors import StateError

MAX_DATA_BYTES = 262_144
"""Of a state's input, output and result, and of an execution's input, as UTF-8: Step Functions service quotas."""


def to_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def within_limit(value: Any, what: str) -> Any:
    """The value itself. Raises StateError: States.DataLimitExceeded."""
    if len(to_text(value).encode()) > MAX_DATA_BYTES:
        cause = f"{what} with a size exceeding the maximum number of bytes service limit."
        raise StateError("States.DataLimitExceeded", cause)
    return value
