"""Text of others is harmless at a terminal, and seconds are told in words."""

from __future__ import annotations

import pytest

from cli.terminal.text import counted, printable, signed, time_in_words


def test_untrusted_text_becomes_one_line_of_limited_length() -> None:
    assert printable("a\r\nb\tc\x9bd") == "a b c d"
    assert printable("x" * 300, 10) == "xxxxxxxxx…"


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00:00"), (2_520, "+0:42:00"), (-299, "-0:04:59")])
def test_a_difference_has_its_sign(seconds: int, shown: str) -> None:
    assert signed(seconds) == shown


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
