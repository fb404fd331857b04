"""The shapes in which a text names an issue, a merge request or an epic, as expressions that take linear time.

They read a text on one line, with `scripts.separated` letters. What stands directly before one is looked at here, what
stands between two of them in `references`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from functions.transform.urls import URL, own_host

ISSUE = "#"
MERGE_REQUEST = "!"
GROUP_ITEM = "&"

Form = Literal[
    "url", "path", "short_name", "page_title", "gitlab", "merge_request_prefix", "merge_request_word", "number"
]
"""A URL, `group/project#12`, `project#12`, a page's title, GitLab's own `GL-12` and `[issue:12]`, the browser button's
`MR45::`, `MR #45`, or just a number in any dress."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention. sign: `#` for an issue, `!` for a merge request, `&` for an epic or a group's work item.

    path: the full path of the project (or group) where the text gives it. page_title: the project's name with namespace
    where a page title gives it. short_name: the last part of the project's path where the text gives only that. None of
    these: the entry's own project. form, text: how the description writes it, which makes no difference to what is
    named. leads: whether it stands at the very beginning. joined: whether a comma or the like joins it to the next.
    before: of a page title, the mentions before its number, which the issue's own title may quote.
    """

    sign: str
    iid: int
    path: str | None = None
    page_title: str | None = None
    short_name: str | None = None
    form: Form = field(default="number", compare=False)
    text: str = field(default="", compare=False)
    leads: bool = field(default=False, compare=False)
    joined: bool = field(default=False, compare=False)
    before: tuple[Before, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Before:
    """A mention before the number of a page title. words: what stands between them: perhaps all of the title."""

    reference: Reference
    words: str


# A number that an iid can be; what follows must not make it another kind of number, a word or a path.
_NUMBER = r"[1-9][0-9]{0,9}"
_IID = rf"(?P<iid>{_NUMBER})(?!\w)(?![.,:/\-][0-9])"
# A path has 20 namespaces at most; without the bounds, long rubbish would take quadratic time.
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}"
_PATH = rf"(?P<path>{_SEGMENT}(?:/{_SEGMENT}){{1,19}})"
_NAME = r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]{0,253}[A-Za-z0-9_])?"
# Nothing that a path could go on with stands before one, and no backslash; but `#12/group/project#13` are two.
_START = r"(?:(?<![\w./\-@&#!~%$+\\])|(?<=[0-9)\]:+][/+&])|(?<=\+s[/+&]))"

PAGE_TITLE = re.compile(
    rf"\((?P<sign>[#!&])(?P<iid>{_NUMBER})\) · [^·]{{1,99}} · "
    r"(?:(?P<whole>[^·]{1,999}?(?:·[^·]{1,999}?){0,3}?) · GitLab|(?P<cut>[^·]{1,999} / [^·]{1,999})$)"
)
"""The end of a page's title, behind the title of the issue; what that begins with, nobody can tell.

One whose own end is missing names a project as well, or the beginning of its name: never the entry's own.
"""

EXPRESSIONS: dict[Form, tuple[re.Pattern[str], ...]] = {
    "gitlab": (
        re.compile(
            rf"(?<!\\)\[(?P<kind>issue|work_item|epic):(?:(?P<path>{_SEGMENT}(?:/{_SEGMENT}){{0,19}})/)?"
            rf"(?P<iid>{_NUMBER})(?:\+s?)?\]"
        ),
        re.compile(rf"{_START}GL-{_IID}"),
    ),
    "path": (
        re.compile(rf"{_START}{_PATH}(?P<sign>[#!&]){_IID}"),
        # `studio&3` is an epic; `Q1&2` counts something, and so does `1&2`.
        re.compile(rf"{_START}(?P<path>(?:[A-Za-z0-9_][A-Za-z0-9_.\-]{{0,253}})?[A-Za-z_])(?P<sign>&){_IID}"),
    ),
    "merge_request_prefix": (re.compile(rf"(?<!\w)MR(?P<iid>{_NUMBER})::"),),
    "merge_request_word": (
        re.compile(rf"(?<![A-Za-z])(?i:(?:[mp]rs?|(?:merge|pull)[ _\-]requests?)):? ?[\[(]?(?P<sign>[#!]){_IID}"),
    ),
    "short_name": (re.compile(rf"{_START}(?P<name>{_NAME})(?P<sign>[#!]){_IID}"),),
    "number": (
        re.compile(rf"(?P<word>(?<!\w)(?i:issue) ?)[\[(]?(?P<sign>[#!]){_IID}"),
        re.compile(rf"(?<![\w.@#!~%$\\])(?P<sign>[#!]){_IID}"),
        re.compile(rf"(?<![\w.@#!~%$\\/+&\-])(?P<sign>&){_IID}"),
    ),
}
"""The expressions of each form. Their groups: iid and, as far as there are some, sign, path, name, kind and word."""

_ORDER: tuple[Form, ...] = ("gitlab", "path", "merge_request_prefix", "merge_request_word", "number", "short_name")
"""Of two that begin at one place, the first counts: `Issue#12` is a number and not a project called Issue."""


@lru_cache(maxsize=8)
def expression(gitlab_url: str) -> re.Pattern[str]:
    """All shapes but page titles in one; the group that matches is called like the form and a number: `number_1`."""
    shapes = [
        f"(?P<url_0>{URL})",
        f"(?P<url_1>{own_host(gitlab_url)})",
        *(
            f"(?P<{form}_{number}>{_without_names(one.pattern)})"
            for form in _ORDER
            for number, one in enumerate(EXPRESSIONS[form])
        ),
    ]
    return re.compile("|".join(shapes))


def _without_names(pattern: str) -> str:
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)
