"""Titles: how a description becomes one, and when two of them are the same."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from functions.shared.text import one_line

TITLE_CHARACTERS = 255
"""GitLab's limit of an issue's title."""

# An @name in a title would ping that person, unless an ASCII letter or digit stands before it, as in an e-mail address.
# The full-width sign reads the same, and `normalised` makes it plain again.
_MENTION = r"(?<![A-Za-z0-9_])@(?=\S)"
_FULL_WIDTH_AT = "\N{FULLWIDTH COMMERCIAL AT}"


def issue_title(description: str) -> str:
    """The title that an issue for this description has: one line, no mention, at most 255 characters; may be empty."""
    return re.sub(_MENTION, _FULL_WIDTH_AT, one_line(description))[:TITLE_CHARACTERS].rstrip()


@lru_cache(maxsize=50_000)  # each description of a run is compared with each title of its project
def normalised(title: str) -> str:
    """What two titles have in common that differ in case, white space and Unicode form only.

    Unicode's canonical form: `x²` and `x2`, which the compatibility form makes one, are two titles.
    """
    plain = one_line(title).replace(_FULL_WIDTH_AT, "@")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", plain).casefold())


def is_same_title(one: str, other: str) -> bool:
    return normalised(one) == normalised(other)


def before_title(text: str, title: str) -> str | None:
    """What stands before a title, normalised, in a text that has all of it at its end; None in any other text."""
    whole, end = normalised(text), normalised(title)
    return whole.removesuffix(end).rstrip() if end and whole.endswith(end) else None


def searched(description: str) -> str:
    """What to search for to find the issues of this title; empty when it is too long for one.

    A search compares letters as they are composed, and most are stored so.
    """
    composed = unicodedata.normalize("NFC", description)
    return composed if len(composed) <= TITLE_CHARACTERS else ""


def issue_key(project_id: int, title: str) -> str:
    """The key in the marker of an auto-created issue: it finds the issue again, also when that was renamed since."""
    return hashlib.sha256(f"{project_id}:{normalised(title)}".encode()).hexdigest()[:16]
