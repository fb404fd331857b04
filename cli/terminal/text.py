"""Text as a terminal may show it: what came from outside made harmless, seconds and instants in words."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.text import Text

from functions.shared.text import hours

_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: object, limit: int = 200) -> str:
    """Untrusted text on one line: control, format and unassigned characters become spaces, the end is cut with `…`."""
    readable = "".join(" " if unicodedata.category(one) in _UNPRINTABLE else one for one in str(text))
    line = " ".join(readable.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def safe(text: object, style: str = "", limit: int = 200) -> Text:
    """Untrusted text as rich shows it: never parsed as markup, and nothing in it steers the terminal."""
    return Text(printable(text, limit), style=style)


def one_line(text: object) -> Text:
    """Untrusted text for a table's cell that may get narrow: cut there, never wrapped."""
    return Text(printable(text), no_wrap=True, overflow="ellipsis")


def signed(seconds: int) -> str:
    """A duration that is added: `+0:42:00`, `-0:04:59`, `0:00:00`."""
    return f"{'+' if seconds > 0 else ''}{hours(seconds)}"


def local_time(instant: str, timezone: str) -> str:
    """An RFC 3339 instant as day and time in a zone."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")


def in_utc(instant: datetime) -> str:
    """An aware instant as day and time, with its zone."""
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def time_in_words(seconds: int) -> str:
    """A time to wait, as one says it: `40 seconds`, `12 minutes`, `2 hours 5 minutes`."""
    if seconds < 60:
        return counted(seconds, "second")
    minutes = -(-seconds // 60)
    if minutes < 60:
        return counted(minutes, "minute")
    whole_hours, rest = divmod(minutes, 60)
    return " ".join([counted(whole_hours, "hour"), *([counted(rest, "minute")] if rest else [])])


def counted(count: int, what: str) -> str:
    """`1 entry` or `3 entries`."""
    if count == 1:
        return f"1 {what}"
    return f"{count:,} {what.removesuffix('y')}ies" if what.endswith("try") else f"{count:,} {what}s"
