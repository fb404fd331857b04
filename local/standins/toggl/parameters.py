"""The values of a query or a body, checked; a wrong one is refused with a sentence that names it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

FIRST_YEAR, LAST_YEAR = 2006, 2030

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_NUMBER = re.compile(r"\d{1,12}", re.ASCII)


class RefusedError(Exception):
    """A request that the service answers with 400 and a JSON string."""


def is_day(text: str) -> bool:
    """Whether it is a date without a time."""
    return _DAY.fullmatch(text) is not None


def window_end(text: str, name: str) -> datetime:
    """One end of a window: an RFC 3339 instant with seconds and offset, or a date (the beginning of that UTC day)."""
    if not (_DAY.fullmatch(text) or _INSTANT.fullmatch(text)):
        raise RefusedError(f"invalid {name}: use YYYY-MM-DD or RFC 3339")
    try:
        instant = datetime.fromisoformat(text)
        instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RefusedError(f"invalid {name}: use YYYY-MM-DD or RFC 3339") from error
    if not FIRST_YEAR <= instant.year <= LAST_YEAR:
        raise RefusedError(f"{name} must be between {FIRST_YEAR} and {LAST_YEAR}")
    return instant


def day(value: object, name: str) -> date:
    """A date without a time."""
    if not isinstance(value, str) or not is_day(value):
        raise RefusedError(f"{name} must be YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise RefusedError(f"{name} must be YYYY-MM-DD") from error


def number(text: str, name: str, least: int, most: int) -> int:
    """A whole number in digits."""
    if not _NUMBER.fullmatch(text) or not least <= int(text) <= most:
        raise RefusedError(f"{name} must be a number from {least} to {most}")
    return int(text)


def optional_int(body: dict[str, Any], name: str) -> int | None:
    """A number of a JSON body, not one in a string; None when it is left out."""
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise RefusedError(f"{name} must be a number")
    return value


def optional_ids(body: dict[str, Any], name: str) -> frozenset[int] | None:
    """A list of ids of a JSON body; None when it is left out."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value):
        raise RefusedError(f"{name} must be a list of numbers")
    return frozenset(value)
