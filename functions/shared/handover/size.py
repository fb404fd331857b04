"""What fits between two states: Step Functions ends an execution whose state data is larger than 256 KiB."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from contract.errors import InvalidInput
from contract.limits import BATCHES_AT_MOST, ENTRIES_AT_MOST, INLINE_BYTES, INLINE_ITEMS, NEW_ISSUES_AT_MOST


def inline(items: int, make: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """What travels in the state, of so many items; None for what is larger and goes through S3.

    Of too many items nothing is made: what is large is never JSON as a whole.
    """
    if items > INLINE_ITEMS:
        return None
    made = make()
    return made if _bytes_of(made) <= INLINE_BYTES else None


def refuse_too_many_entries(count: int) -> None:
    """Raise InvalidInput, with the advice to split the dates, for more than one run takes."""
    if count > ENTRIES_AT_MOST:
        raise InvalidInput(
            f"{count} entries are more than one run takes ({BATCHES_AT_MOST} batches, {ENTRIES_AT_MOST} entries)."
            f" {_SPLIT_THE_DATES}"
        )


def refuse_too_many_issues(issues: list[Any]) -> None:
    """The same for the issues that a run would create, which travel in the state however many entries there are."""
    if len(issues) > NEW_ISSUES_AT_MOST or _bytes_of(issues) > INLINE_BYTES:
        raise InvalidInput(
            f"{len(issues)} new issues are more than one run creates ({NEW_ISSUES_AT_MOST} issues and {INLINE_BYTES}"
            f" bytes of titles). See in a dry run whether they are meant to be created. {_SPLIT_THE_DATES}"
        )


_SPLIT_THE_DATES = "Split the dates: start several runs with a start_date and an end_date each."


def _bytes_of(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())
