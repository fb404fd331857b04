"""Instants as text and back: RFC 3339 with whole seconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RFC_3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})")


def parse_instant(text: str) -> datetime:
    """The instant in UTC, its fraction of a second cut off.

    Takes any offset; `Z` and `+00:00` give the same. Raises ValueError for what is not RFC 3339.
    """
    if not _RFC_3339.fullmatch(text):
        raise ValueError(f"{text!r} is not an RFC 3339 instant")
    # fromisoformat takes at most six digits of a fraction before Python 3.11.4, and the fraction is not wanted anyway.
    whole = re.sub(r"\.\d+", "", text.upper())
    try:
        return datetime.fromisoformat(whole).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is outside of the calendar") from error


def format_instant(instant: datetime) -> str:
    """The instant in UTC with a `Z`, as Toggl and GitLab write it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
