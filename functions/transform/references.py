"""What in a description names an issue or a merge request: pure text, no look-up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

ISSUE = "#"
MERGE_REQUEST = "!"

Form = Literal["url", "path", "page_title", "merge_request_prefix", "number"]
"""The shapes of a mention: a URL, `group/project#12`, a page's title, `MR45::`, or just a number in any dress."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One mention. sign: `#` for an issue, `!` for a merge request.

    path: the project's full path where the text gives it. page_title: the project's name with namespace where a page
    title gives it. Neither: the entry's own project. form, text: how the description writes it, which makes no
    difference to what is named.
    """

    sign: str
    iid: int
    path: str | None = None
    page_title: str | None = None
    form: Form = field(default="number", compare=False)
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class References:
    """All mentions in a description, in its order. leading: the one at the very beginning, if there is one."""

    found: tuple[Reference, ...]
    leading: Reference | None


# A number that an iid can be; what follows must not make it another kind of number, a word or a path.
_IID = r"(?P<iid>[1-9][0-9]{0,9})(?![\w])(?![.,:/\-][0-9])"
_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.\-]*"
_PATH = rf"(?P<path>{_SEGMENT}(?:/{_SEGMENT})+)"

_PAGE_TITLE = re.compile(
    r".*\((?P<sign>[#!])(?P<iid>[1-9][0-9]{0,9})\) · (?P<kind>[^·]+) · (?P<project>.+) · GitLab(?: [-–—] .*)?",
    re.DOTALL,
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{0,15}://[^\s<>\"'`|\\]+")
_URL_PATH = re.compile(
    rf"/{_PATH}/(?:-/)?(?P<kind>issues|work_items|merge_requests)/(?:incident/)?(?P<iid>[1-9][0-9]{{0,9}})(?=$|[^\w\-])"
)
_QUALIFIED = re.compile(rf"[\[(]?(?<![\w./\-@&#!~%$+]){_PATH}(?P<sign>[#!]){_IID}")
_MR_PREFIX = re.compile(r"[\[(]?(?<!\w)MR(?P<iid>[1-9][0-9]{0,9})::")
_BARE = re.compile(
    rf"(?:(?P<word>(?<!\w)(?i:issue)\s*)(?P<wrap>[\[(])?|(?P<open>[\[(])?(?<![\w.@#!~%$]))(?P<sign>[#!]){_IID}"
)
_JOINTS = "/+&-"
_COLOUR_WORDS = {
    **dict.fromkeys((3, 4), re.compile(r"(?<!\w)(?:colou?rs?|hex)\W*$", re.IGNORECASE)),
    **dict.fromkeys((6, 8), re.compile(r"(?<!\w)(?:colou?rs?|hex)\W*(?:\w+\W+){0,2}$", re.IGNORECASE)),
}
"""What stands before a colour, by how many digits CSS gives it; a short one is rather an issue."""


def find_references(description: str, gitlab_url: str) -> References:
    """Every mention in a description. URLs of another host than `gitlab_url`'s do not count, nor text in them."""
    text = description.strip()
    page = _PAGE_TITLE.fullmatch(text)
    if page:
        project = unicodedata.normalize("NFC", " ".join(page["project"].split()))
        only = Reference(page["sign"], int(page["iid"]), page_title=project, form="page_title", text=text)
        return References((only,), only)
    found: list[tuple[int, Reference]] = []
    for match in _URL.finditer(text):
        reference = _from_url(match[0], gitlab_url)
        if reference:
            found.append((match.start(), reference))
    text = _blanked(_URL, text)
    found += [
        (
            match.start(),
            Reference(match["sign"], int(match["iid"]), path=match["path"], form="path", text=match[0].lstrip("[(")),
        )
        for match in _QUALIFIED.finditer(text)
    ]
    text = _blanked(_QUALIFIED, text)
    found += [
        (
            match.start(),
            Reference(MERGE_REQUEST, int(match["iid"]), form="merge_request_prefix", text=match[0].lstrip("[(")),
        )
        for match in _MR_PREFIX.finditer(text)
    ]
    found += [
        (match.start(), Reference(match["sign"], int(match["iid"]), text=match[0].lstrip("[(")))
        for match in _bare_mentions(text)
    ]
    found.sort(key=lambda placed: placed[0])
    # A bracket around the first reference does not take the beginning from it.
    leading = found[0][1] if found and not description.strip()[: found[0][0]].strip("([") else None
    return References(tuple(reference for _start, reference in found), leading)


def _bare_mentions(text: str) -> Iterator[re.Match[str]]:
    """The bare mentions. One that a joint precedes (`x-#12`, `&#12;`) is none, unless it joins two: `#12/#13`."""
    last_end = -1
    for match in _BARE.finditer(text):
        sign_at = match.start("sign")
        joined = not match["open"] and not match["word"] and sign_at > 0 and text[sign_at - 1] in _JOINTS
        if (joined and last_end != sign_at - 1) or _is_colour(match, text):
            continue
        last_end = match.end()
        yield match


def _from_url(url: str, gitlab_url: str) -> Reference | None:
    try:
        there, here = urlsplit(url), urlsplit(gitlab_url)
        same_host = _host(there.scheme, there.hostname, there.port) == _host(here.scheme, here.hostname, here.port)
    except ValueError:  # no URL after all, like https://[::1
        return None
    if there.scheme.lower() not in {"http", "https"} or not same_host or there.username is not None:
        return None
    root = here.path.rstrip("/")
    if not there.path.lower().startswith(f"{root.lower()}/"):
        return None
    match = _URL_PATH.match(there.path[len(root) :])
    if not match:
        return None
    sign = MERGE_REQUEST if match["kind"] == "merge_requests" else ISSUE
    return Reference(sign, int(match["iid"]), path=match["path"], form="url", text=url)


def _host(scheme: str, host: str | None, port: int | None) -> tuple[str, int | None]:
    """Host and port; a server's http and https pages count as the same when both use their usual port."""
    usual = {"http": 80, "https": 443}.get(scheme.lower())
    return (host or "").lower(), None if port == usual else port


def _blanked(pattern: re.Pattern[str], text: str) -> str:
    """`text` with every match made spaces, so that no other pattern finds part of it and places stay the same."""
    return pattern.sub(lambda match: " " * len(match[0]), text)


def _is_colour(match: re.Match[str], text: str) -> bool:
    """Whether a bare number after a word like *colour* is one, as CSS writes it (`colour #123456`), and no issue."""
    if match["sign"] != ISSUE or match["word"] or match["open"]:
        return False
    before = _COLOUR_WORDS.get(len(match["iid"]))
    return before is not None and before.search(text[: match.start()]) is not None
