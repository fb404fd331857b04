"""Reading a description takes time in proportion to its length, whatever it holds: every expression is linear.

Measured is how the time grows, never how long it is: four times the text takes about four times as long, where a
quadratic expression takes sixteen times.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from functions.shared.text import one_line
from functions.transform.references import find_references
from functions.transform.scripts import separated
from functions.transform.titles import issue_title, normalised

GITLAB = "https://gitlab.example.org"

PIECES = [
    "a",
    "a/",
    "1/a",
    "a/b#",
    "a-.",
    "#1",
    "#12/",
    "#1, ",
    "&1",
    "a&",
    "!",
    "[(",
    "(#1) · ",
    "(#1) · a · b ",
    "(#1) · a · b · GitLab ",
    "(#1) · a · b · GitLab, ",
    "#2 (#1) · a · b · GitLab ",
    "MR1:",
    "MR ",
    "merge request ",
    "Issue ",
    "GL-",
    "[issue:",
    "[issue:a/",
    "[epic:1",
    "https://",
    "https://gitlab.example.org/",
    f"{GITLAB}/a/b/-/issues/1,",
    f"{GITLAB}/a/b/-/issues/1 ",
    f"{GITLAB}/a/b/-/issues?show=eyJ",
    "gitlab.example.org/groups/",
    "gitlab.example.org",
    ",",
    " ",
    "colour ",
    "colour #123 ",
    "#123 ",
    "#123456 ",
    "and ",
    "を",
    "#1を",
    "＃",
    "e\u0301",
    "@",
    "\u200b",
]

READERS: list[Callable[[str], object]] = [
    lambda text: find_references(text, GITLAB),
    one_line,
    separated,
    issue_title,
    normalised,
]


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_for_a_description_grows_as_its_length_does(piece: str) -> None:
    short, long = (piece * (length // len(piece)) for length in (4_000, 16_000))

    # Under a quadratic expression it would be 16; a busy machine disturbs the least of several measurements little.
    assert _seconds(long) < 9 * _seconds(short)


def _seconds(text: str) -> float:
    """The least of several, for all readers."""
    return min(_once(text) for _measurement in range(5))


def _once(text: str) -> float:
    started = time.process_time()
    for read in READERS:
        read(text)
    return time.process_time() - started
