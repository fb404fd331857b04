"""What in a text names an issue or a merge request: pure text, no look-up."""

import re
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple, Self, cast

from functions.shared.text import one_line
from functions.transform.forms import (
    GROUP_ITEM,
    HINT,
    ISSUE,
    MERGE_REQUEST,
    Before,
    Form,
    Reference,
    page_title,
    shapes,
)
from functions.transform.scripts import separated
from functions.transform.urls import Page, page_of


class References(NamedTuple):
    """All mentions in a text, in its order.

    leading: the one at the very beginning, if there is one that is not joined to another.
    """

    found: tuple[Reference, ...]
    leading: Reference | None

    @classmethod
    def of(cls, found: Sequence[Reference]) -> Self:
        """The mentions of one text."""
        leads = bool(found) and found[0].leads and not (found[0].joined and len(found) > 1)
        return cls(tuple(found), found[0] if leads else None)

    def only(self, names_something: Callable[[Reference], bool]) -> Self:
        """Without the mentions that turned out to name nothing: they neither lead nor join."""
        there = [names_something(one) for one in self.found]
        if all(there):
            return self
        followed = [*there[1:], False]
        return self.of(
            [
                replace(one, joined=one.joined and next_there)
                for one, is_there, next_there in zip(self.found, there, followed, strict=True)
                if is_there
            ]
        )


NO_REFERENCES = References((), None)


class _Mention(NamedTuple):
    """A reference, and the place that it has in the text: a page title's is all up to its end."""

    start: int
    end: int
    reference: Reference


OPENING = "([\u3008\u300a\u300c\u300e\u3010\uff08\uff3b "
_WRAPPING = f"{OPENING})]{{}}<>\u3009\u300b\u300d\u300f\u3011\uff09\uff3d\u201c\u201d\u201e\u00ab\u00bb\"'*_~`"
_AFTER_URL = ".,;:!?)]}*_~+&"
_JOINTS_BEFORE = "/+&-"
_JOINT = r"(?i:(?:\+s?(?!\w))? *(?:[,/&+\u060c\u3001\uff0c\uff0f\uff06\uff0b]{1,2} *(?:and(?!\w))?|and(?!\w)))"
"""What joins two mentions to a list: a comma of any script, a slash, &, + or and; `+s` may belong to the first."""

_JOINT_CHARACTERS = 40
"""How far behind a mention a joint is looked for."""

_COLOUR_WORDS = {
    **dict.fromkeys((3, 4), r"(?<!\w)(?i:colou?rs?|hex)\W*$"),
    **dict.fromkeys((6, 8), r"(?<!\w)(?i:colou?rs?|hex)\W*(?:\w+\W+){0,2}$"),
}
"""What stands before a colour, by how many digits CSS gives it; a short one is rather an issue."""
_COLOUR_CHARACTERS = 60
"""How far before a number its colour word is looked for."""


def find_references(text: str, gitlab_url: str) -> References:
    """Every mention in a text. URLs of another host than `gitlab_url`'s do not count, nor text in them."""
    shown = one_line(text)
    scanned = separated(shown)
    mentions = list(_mentions(shown, scanned, gitlab_url))
    if not mentions:  # nor is there a page title, whose number is one of them
        return NO_REFERENCES
    if " · " in scanned:
        mentions = _with_page_titles(mentions, shown, scanned)
    return References.of(list(_joined(mentions, scanned)))


def together(texts: Sequence[References]) -> References:
    """The mentions of several texts of equal rank, of which none leads when more than one text has some."""
    some = [one for one in texts if one.found]
    if len(some) == 1:
        return some[0]
    return References(tuple(reference for one in some for reference in one.found), None)


def _mentions(shown: str, scanned: str, gitlab_url: str) -> Iterator[_Mention]:
    expression, groups = shapes(gitlab_url)
    last_end, end = -_JOINT_CHARACTERS, 0
    while HINT.search(scanned, end) and (match := expression.search(scanned, end)):
        shape, start, end = cast("str", match.lastgroup), match.start(), match.end()
        leads = last_end < 0 and _is_at_the_beginning(start, scanned)
        if shape in groups:
            parts = {name: match[number] for name, number in groups[shape].items()}
            form = cast("Form", shape.rpartition("_")[0])
            reference = _reference(form, parts, match, last_end, shown[start:end], leads=leads)
        else:
            page, end = _page(match, gitlab_url)
            reference = None if page is None else _of_page(page, shown[start:end], leads=leads)
        if reference is not None:
            last_end = end
            yield _Mention(start, end, reference)


def _page(match: re.Match[str], gitlab_url: str) -> tuple[Page | None, int]:
    """What a URL shows, and where it ends: that of an item at a comma, behind which another may stand."""
    page = page_of(match[0], gitlab_url)
    if page is None:
        return None, match.end()
    first = re.split("[,;]", match[0], maxsplit=1)[0]
    url = first if page_of(first, gitlab_url) == page else match[0]
    return page, match.start() + len(url.rstrip(_AFTER_URL))


def _of_page(page: Page, text: str, *, leads: bool) -> Reference:
    return Reference(page.sign, page.iid, path=page.path, form="url", text=text, leads=leads)


def _reference(
    form: Form, parts: Mapping[str, str], match: re.Match[str], last_end: int, text: str, *, leads: bool
) -> Reference | None:
    """What a match names. One that a joint precedes (`x-#12`, `&#12;`) is none, unless it joins two: `#12/#13`."""
    scanned, start = match.string, match.start()
    glued = start > 0 and scanned[start - 1] in _JOINTS_BEFORE and scanned[start] != "["
    if glued and not parts.get("word") and not _is_beside(last_end, start - 1, scanned):
        return None
    if _is_colour(form, parts, match):
        return None
    path, name, iid = parts.get("path"), parts.get("name"), int(parts["iid"])
    if parts.get("kind") == "epic":
        return Reference(GROUP_ITEM, iid, path=path, form=form, text=text, leads=leads)
    if form == "gitlab" and path is not None and "/" not in path:
        path, name = None, path
    sign = MERGE_REQUEST if form.startswith("merge_request") else parts.get("sign", ISSUE)
    return Reference(sign, iid, path=path, short_name=name, form=form, text=text, leads=leads)


def _is_beside(last_end: int, joint: int, scanned: str) -> bool:
    """Whether a joint stands directly behind the mention before, whatever wraps that."""
    return joint - last_end < _JOINT_CHARACTERS and scanned[last_end:joint].strip(_WRAPPING) in {"", "+", "+s"}


def _is_colour(form: Form, parts: Mapping[str, str], match: re.Match[str]) -> bool:
    """Whether a bare number after a word like *colour* is one, as CSS writes it (`colour #123456`), and no issue."""
    if form != "number" or parts["sign"] != ISSUE or parts.get("word"):
        return False
    words = _COLOUR_WORDS.get(len(parts["iid"]))
    if words is None:
        return False
    before = match.string[max(0, match.start() - _COLOUR_CHARACTERS) : match.start()]
    return not before.endswith(("(", "[")) and re.search(words, before) is not None


def _with_page_titles(mentions: list[_Mention], shown: str, scanned: str) -> list[_Mention]:
    """The mentions, with each page title as one of them in place of whatever the issue's own title quotes.

    A title may begin anywhere before, so it takes all up to the URL or the page title before it; what the title of the
    issue shows to stand before it after all is for `matching`.
    """
    kept: list[_Mention] = []
    remaining, begin = deque(mentions), 0
    for match in page_title().finditer(scanned):
        quoted: list[_Mention] = []
        while remaining and remaining[0].start < match.end():
            one = remaining.popleft()
            if one.reference.form == "url":
                kept += [*quoted, one]
                quoted, begin = [], one.end
            else:
                quoted.append(one)
        kept.append(_page_title(begin, match, shown, scanned, quoted))
        begin = match.end()
    kept += remaining
    leads = _is_at_the_beginning(kept[0].start, scanned)
    kept[0] = kept[0]._replace(reference=replace(kept[0].reference, leads=leads))
    return kept


def _page_title(start: int, match: re.Match[str], shown: str, scanned: str, quoted: Sequence[_Mention]) -> _Mention:
    name = match.span("whole" if match["whole"] else "cut")
    project = unicodedata.normalize("NFC", " ".join(shown[slice(*name)].split()))
    text, words = shown[start : match.end()].strip(), shown[start : match.start()].strip()
    alone = Reference(match["sign"], int(match["iid"]), page_title=project, form="page_title", text=text, words=words)
    title = _Mention(start, match.end(), alone)
    quoted = [one for one in quoted if one.end <= match.start()]  # its own number is a mention as well
    behind = (shown[one.end : match.start()].strip() for one in quoted)
    before = tuple(map(Before, _joined([*quoted, title], scanned), behind))
    return title._replace(reference=replace(alone, before=before))


def _is_at_the_beginning(start: int, scanned: str) -> bool:
    """A bracket around a reference does not take the beginning from it."""
    return not scanned[:start].strip(OPENING)


def _joined(mentions: list[_Mention], scanned: str) -> Iterator[Reference]:
    """The references; those that are joined to the next one say so."""
    for one, following in zip_longest(mentions, mentions[1:]):
        is_joined = following is not None and _joins(one, following, scanned)
        yield replace(one.reference, joined=True) if is_joined else one.reference


def _joins(one: _Mention, following: _Mention, scanned: str) -> bool:
    if following.reference.form == "page_title":  # it begins somewhere behind the joint
        return re.match(_JOINT, scanned[one.end : one.end + _JOINT_CHARACTERS].lstrip(_WRAPPING)) is not None
    return re.fullmatch(_JOINT, scanned[one.end : following.start].strip(_WRAPPING)) is not None
