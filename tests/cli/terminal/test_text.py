"""Text of others is harmless at a terminal, and seconds are read as hours and minutes."""

from __future__ import annotations

import pytest

from cli.terminal.text import counted, printable, time_in_words
from functions.shared.text import hours


def test_untrusted_text_becomes_one_line_of_limited_length() -> None:
    assert printable("a\r\nb\tc\x9bd") == "a b c d"
    assert printable("x" * 300, 10) == "xxxxxxxxx…"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (900, "0:15"), (299, "0:04:59"), (32_400, "9:00"), (360_060, "100:01")]
)
def test_seconds_are_shown_as_hours_and_minutes(seconds: int, shown: str) -> None:
    assert hours(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (1_500, "25 minutes"),
        (3_600, "1 hour"),
        (3_601, "1 hour 1 minute"),
        (7_500, "2 hours 5 minutes"),
    ],
)
def test_a_time_to_wait_is_said_in_words_and_never_too_short(seconds: int, words: str) -> None:
    assert time_in_words(seconds) == words


@pytest.mark.parametrize(
    ("count", "what", "words"),
    [(1, "entry", "1 entry"), (2, "entry", "2 entries"), (1_200, "problem", "1,200 problems")],
)
def test_what_is_counted_is_one_or_several(count: int, what: str, words: str) -> None:
    assert counted(count, what) == words
