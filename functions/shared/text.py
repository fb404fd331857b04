"""Text that comes from outside, made fit to be shown."""

from __future__ import annotations

import unicodedata

_JOINERS = {"\u200c", "\u200d"}
"""Format characters that hold emoji and some scripts together; every other one may only mislead a reader."""


def one_line(text: str) -> str:
    """`text` on one line, its white space folded, without control and format characters."""
    if text.isprintable():  # as nearly all are: no such character, and no white space but blanks
        return " ".join(text.split())
    return " ".join("".join(_readable(character) for character in text).split())


def hours(seconds: int) -> str:
    """A duration as people are told it everywhere: hours:minutes:seconds, `0:04:59`, as Toggl's own pages do.

    Always with its seconds, so that columns align, sums add up to the second, and no `0:42` is taken for seconds.
    """
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else ''}{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _readable(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    return "" if category in {"Cs", "Cn"} or (category == "Cf" and character not in _JOINERS) else character
