"""The marker: what a timelog's summary begins with, and the only identity of a posted entry."""

from __future__ import annotations

import re

_MARKER = re.compile(r"\[toggl:([0-9]+)\]")


def marker(entry_id: int) -> str:
    return f"[toggl:{entry_id}]"


def marked_entry_id(summary: str) -> int | None:
    """The entry id in a summary's marker, or None when the summary does not begin with one."""
    found = _MARKER.match(summary)
    return int(found[1]) if found else None
