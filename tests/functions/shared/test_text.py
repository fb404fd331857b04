"""What has no place in a line that people read."""

from __future__ import annotations

import pytest

from functions.shared.text import hours, one_line


@pytest.mark.parametrize(
    ("character", "left"),
    [
        ("\uffff", ""),  # a noncharacter, unassigned for ever
        ("\ud800", ""),
        ("\u200b", ""),
        ("\u202e", ""),
        ("\u200c", "\u200c"),
        ("\u200d", "\u200d"),
        ("\x00", " "),
        ("\x1b", " "),
        ("\u2028", " "),
        ("\ue000", "\ue000"),
    ],
)
def test_what_cannot_be_read_is_left_out_or_becomes_a_space(character: str, left: str) -> None:
    assert one_line(f"a{character}b") == f"a{left}b"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00:00"), (299, "0:04:59"), (32_400, "9:00:00"), (360_060, "100:01:00"), (-2_520, "-0:42:00")],
)
def test_a_duration_has_hours_minutes_and_seconds_whatever_it_is(seconds: int, shown: str) -> None:
    assert hours(seconds) == shown
