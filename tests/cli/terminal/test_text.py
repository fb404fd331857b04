"""Text of others is harmless at a terminal, and seconds are read as hours and minutes."""

from __future__ import annotations

import pytest

from cli.terminal.text import hours, printable


def test_untrusted_text_becomes_one_line_of_limited_length() -> None:
    assert printable("a\r\nb\tc\x9bd") == "a b c d"
    assert printable("x" * 300, 10) == "xxxxxxxxx…"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (900, "0:15"), (299, "0:04:59"), (32_400, "9:00"), (360_060, "100:01")]
)
def test_seconds_are_shown_as_hours_and_minutes(seconds: int, shown: str) -> None:
    assert hours(seconds) == shown
