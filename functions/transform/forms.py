"""The shapes in which a text names an issue, a merge request or an epic, as expressions that take linear time.

They read a text on one line, with `scripts.separated` letters. What stands directly before one is looked at here, what
stands between two of them in `references`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal, NamedTuple

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
    words, before: of a page title, what stands before its number, and the mentions in that: the issue's own title may
    quote them.
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
    words: str = field(default="", compare=False)
    before: "tuple[Before, ...]" = field(default=(), compare=False)


class Before(NamedTuple):
    """A mention before the number of a page title. words: what stands between them: perhaps all of the title."""

    reference: Reference
    words: str


# A number that an iid can be; what follows must not make it another kind of number, a word or a path.
_NUMBER = r"[1-9][0-9]{0,9}"
_IID = rf"(?P<iid>{_NUMBER})(?!\w)(?![.,:/\-][0-9])"
# A path has 20 namespaces at most; without the bounds, long rubbish would take quadratic time. What follows one is no
# character of it, so there is nothing to gain in going back: `+` after a bound forbids it.
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}+"
_PATH = rf"(?P<path>{_SEGMENT}(?:/{_SEGMENT}){{1,19}}+)"
# Nothing that a path could go on with stands before one, and no backslash; but `#12/group/project#13` are two.
_START = r"(?:(?<![\w./\-@&#!~%$+\\])|(?<=[0-9)\]:+][/+&])|(?<=\+s[/+&]))"


@cache
def page_title() -> re.Pattern[str]:
    """The end of a page's title, behind the title of the issue; what that begins with, nobody can tell.

    One whose own end is missing names a project as well, or the beginning of its name: never the entry's own.
    """
    return re.compile(
        rf"\((?P<sign>[#!&])(?P<iid>{_NUMBER})\) · [^·]{{1,99}} · "
        r"(?:(?P<whole>[^·]{1,999}?(?:·[^·]{1,999}?){0,3}?) · GitLab|(?P<cut>[^·]{1,999} / [^·]{1,999})$)"
    )


_EXPRESSIONS: dict[Form, tuple[str, ...]] = {
    "gitlab": (
        (
            rf"(?<!\\)\[(?P<kind>issue|work_item|epic):(?:(?P<path>{_SEGMENT}(?:/{_SEGMENT}){{0,19}})/)?"
            rf"(?P<iid>{_NUMBER})(?:\+s?)?\]"
        ),
        rf"{_START}GL-{_IID}",
    ),
    "path": (
        rf"{_START}{_PATH}(?P<sign>[#!&]){_IID}",
        # `studio&3` is an epic; `Q1&2` counts something, and so does `1&2`.
        rf"{_START}(?P<path>{_SEGMENT}(?<=[A-Za-z_]))(?P<sign>&){_IID}",
    ),
    "merge_request_prefix": (rf"(?<!\w)MR(?P<iid>{_NUMBER})::",),
    "merge_request_word": (
        rf"(?<![A-Za-z])(?i:(?:[mp]rs?|(?:merge|pull)[ _\-]requests?)):? ?[\[(]?(?P<sign>[#!]){_IID}",
    ),
    "short_name": (rf"{_START}(?P<name>{_SEGMENT}(?<![.\-]))(?P<sign>[#!]){_IID}",),
    "number": (
        rf"(?P<word>(?<!\w)(?i:issue) ?)[\[(]?(?P<sign>[#!]){_IID}",
        rf"(?<![\w.@#!~%$\\])(?P<sign>[#!]){_IID}",
        rf"(?<![\w.@#!~%$\\/+&\-])(?P<sign>&){_IID}",
    ),
}
"""The expressions of each form. Their groups: iid and, as far as there are some, sign, path, name, kind and word."""

_ORDER: tuple[Form, ...] = ("gitlab", "path", "merge_request_prefix", "merge_request_word", "number", "short_name")
"""Of two that begin at one place, the first counts: `Issue#12` is a number and not a project called Issue."""


HINT = re.compile(r"[#!&:/]|GL-")
"""Every shape, a page title too, has one of these: where none follows, the rest of a text is not looked at."""


class Shapes(NamedTuple):
    """All shapes but page titles in one expression.

    The group that matches last is called like the form and a number: `number_1`. groups: of each such name, the numbers
    of the groups inside by what they are called there.
    """

    expression: re.Pattern[str]
    groups: Mapping[str, Mapping[str, int]]


@lru_cache(maxsize=8)
def shapes(gitlab_url: str) -> Shapes:
    """As this GitLab's users write them."""
    named = {f"{form}_{number}": one for form in _ORDER for number, one in enumerate(_EXPRESSIONS[form])}
    inside = [f"(?P<{name}>{_with_names_of(name, one)})" for name, one in named.items()]
    expression = re.compile("|".join([f"(?P<url_0>{URL})", f"(?P<url_1>{own_host(gitlab_url)})", *inside]))
    groups: dict[str, dict[str, int]] = {name: {} for name in named}
    for name, number in expression.groupindex.items():
        shape, is_inside, part = name.partition("__")
        if is_inside:
            groups[shape][part] = number
    return Shapes(expression, groups)


def _with_names_of(shape: str, expression: str) -> str:
    return expression.replace("(?P<", f"(?P<{shape}__")
