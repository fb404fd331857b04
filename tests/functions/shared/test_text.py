"""What has no place in a line that people read."""

from __future__ import annotations

import pytest

from functions.shared.text import one_line


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
