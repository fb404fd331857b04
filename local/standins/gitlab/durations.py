"""Amounts of time as GitLab reads and writes them: an hour is an hour, but a day is 8 of them and a week is 5 days."""

from __future__ import annotations

import re
from fractions import Fraction

_SECONDS_OF_UNIT = {"mo": 4 * 5 * 8 * 3600, "w": 5 * 8 * 3600, "d": 8 * 3600, "h": 3600, "m": 60, "s": 1}
_UNIT_OF_WORD = {
    **dict.fromkeys(("mo", "mos", "month", "months"), "mo"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "w"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
}
_PART = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)[\s,]*", re.ASCII)
_BARE_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)


def parse_duration(text: str) -> int | None:
    """Seconds of a GitLab duration such as `1h 30m`, `-5400s` or `2` (hours); None when it is not one.

    Stricter than GitLab's own parser, which also takes `1:30`, numbers in words and words it ignores.
    """
    amount = text.strip().lower()
    sign = -1 if amount.startswith("-") else 1
    amount = amount.removeprefix("-").strip()
    if _BARE_NUMBER.fullmatch(amount):
        return sign * round(Fraction(amount) * 3600)
    seconds, position = Fraction(0), 0
    while position < len(amount):
        part = _PART.match(amount, position)
        if part is None or part[2] not in _UNIT_OF_WORD:
            return None
        seconds += Fraction(part[1]) * _SECONDS_OF_UNIT[_UNIT_OF_WORD[part[2]]]
        position = part.end()
    return sign * round(seconds) if amount else None


def print_duration(seconds: int) -> str | None:
    """`1d 1h 30m` for 34,200 seconds, largest unit first; None for nothing at all, as GitLab answers."""
    parts, rest = [], abs(seconds)
    for unit, unit_seconds in _SECONDS_OF_UNIT.items():
        count, rest = divmod(rest, unit_seconds)
        if count:
            parts.append(f"{count}{unit}")
    return ("-" if seconds < 0 else "") + " ".join(parts) if parts else None
