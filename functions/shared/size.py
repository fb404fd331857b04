"""What fits between two states: Step Functions ends an execution whose state data is larger than 256 KiB."""

from __future__ import annotations

import json
from typing import Any

from contract.errors import InvalidInput

STATE_DATA_LIMIT_BYTES = 256 * 1024
HANDOVER_LIMIT_BYTES = STATE_DATA_LIMIT_BYTES - 16 * 1024
"""What an answer may have; the rest is for what a state adds to it."""


def fitting(answer: dict[str, Any], what: str) -> dict[str, Any]:
    """`answer`, when it fits. Raises InvalidInput with the advice to split the dates when it does not.

    what: what there is too much of, for the message.
    """
    size = len(json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())
    if size > HANDOVER_LIMIT_BYTES:
        raise InvalidInput(
            f"One run cannot hand on {what} ({size} bytes, allowed are {HANDOVER_LIMIT_BYTES})."
            " Split the dates: start several runs with a start_date and an end_date each."
        )
    return answer
