"""An entry whose description names one thing is logged there or nowhere: never on another.

The descriptions are made from what they name, in every shape that is promised, and everything that could be confused
with it is there: each project has an issue and a merge request of each number, the task and the tags name others.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from functions.shared.model.entry import TimeEntry
from functions.shared.model.place import Found, Project, Target
from functions.transform.matching import Match, ProjectNames, choose, match
from functions.transform.own_project import OwnProjects
from functions.transform.screening import find_mentions

without_deadline = property_settings(deadline=None, max_examples=200)  # a busy machine is no failure

GITLAB = "https://gitlab.example.org"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
PROJECTS = {
    "studio/harbour": "Studio / Harbour App",
    "studio/website": "Studio / Website",
    "clients/acme/api": "Clients / ACME / Public API",
    "other/tools": "Other / Tools",
}
TOGGL = {"Website": "studio/website", "Backend": "clients/acme/api", "*": "studio/harbour"}
NAMES = ProjectNames(
    OwnProjects(TOGGL, "studio/harbour"),
    titled={name: (path,) for path, name in PROJECTS.items()},
    siblings={"studio/docs": "studio/docs"},
)
NUMBERS = range(1, 400)
FOUND = {
    path: Found(
        Project(number, path, name),
        {iid: Target(f"gid://gitlab/Issue/{number * 1000 + iid}", f"{path}#{iid}") for iid in NUMBERS},
        {iid: Target(f"gid://gitlab/MergeRequest/{number * 1000 + iid}", f"{path}!{iid}") for iid in NUMBERS},
    )
    for number, (path, name) in enumerate(PROJECTS.items(), start=1)
}


class Thing(NamedTuple):
    path: str
    sign: str
    iid: int

    @property
    def name(self) -> str:
        return f"{self.path}{self.sign}{self.iid}"


ANYWHERE = {
    "#": (
        "{path}#{iid}",
        "[issue:{path}/{iid}]",
        "[work_item:{path}/{iid}]",
        "{url}/{path}/-/issues/{iid}",
        "{url}/{path}/-/work_items/{iid}?a=1#note_2",
        "gitlab.example.org/{path}/-/issues/{iid}",
        "{url}/other/tools/-/issues?show={show}",
        "{url}/groups/studio/-/boards/7?show={show}",
        "Fix (#{iid}) · Issues · {title} · GitLab",
        "Fix #7 (#{iid}) · Issues · {title} · GitLab",
    ),
    "!": (
        "{path}!{iid}",
        "{url}/{path}/-/merge_requests/{iid}/diffs",
        "gitlab.example.org/{path}/-/merge_requests/{iid}",
        "Fix (!{iid}) · Merge requests · {title} · GitLab",
    ),
}
IN_ITS_OWN = {
    "#": ("#{iid}", "＃{iid}", "[#{iid}]", "Issue #{iid}", "(#{iid})", "GL-{iid}", "[issue:{iid}]", "{short}#{iid}"),
    "!": ("!{iid}", "(!{iid})", "MR{iid}::", "MR #{iid}", "merge request #{iid}", "MR !{iid}", "{short}!{iid}"),
}

_things = st.builds(
    Thing, st.sampled_from(sorted(PROJECTS)), st.sampled_from("#!"), st.sampled_from([1, 7, 12, 123, 399])
)
_own = st.sampled_from([(1, "Website"), (2, "Backend"), (3, "Nobody's"), (None, None)])
_words = st.sampled_from(
    ["", "Fix", "修正", "을", "ü", "C#", "5:", "🚀", "(", "„", "RFC-2616", "https://elsewhere.example/#3"]
)
# No letters, digits or signs that would make it name another thing.
_beside = st.text(st.characters(exclude_categories=["Cs", "Nd"], exclude_characters="#＃!&/·[\\@"), max_size=4).filter(
    lambda text: not any(character.isascii() and character.isalnum() for character in text)
)


def _shapes(thing: Thing, own: str) -> tuple[str, ...]:
    return (*ANYWHERE[thing.sign], *(IN_ITS_OWN[thing.sign] if thing.path == own else ()))


def _said(shape: str, thing: Thing) -> str:
    shown = json.dumps({"iid": str(thing.iid), "full_path": thing.path, "id": 5}).encode()
    return shape.format(
        path=thing.path,
        iid=thing.iid,
        url=GITLAB,
        title=PROJECTS[thing.path],
        short=thing.path.rsplit("/", 1)[-1],
        show=base64.b64encode(shown).decode(),
    )


def _logged(description: str, project: tuple[int | None, str | None], **others: Any) -> Match:
    entry = TimeEntry(1, START, START, 0, description, True, 7, *project, **others)
    return match(choose(find_mentions(entry, GITLAB), entry, NAMES).picked, FOUND, NAMES.configured)


@without_deadline
@given(st.data(), _things, _own, _words, _words)
def test_what_names_one_thing_among_words_is_logged_there(
    data: st.DataObject, thing: Thing, project: tuple[int | None, str | None], before: str, after: str
) -> None:
    own = TOGGL.get(project[1] or "", "studio/harbour")
    shape = data.draw(st.sampled_from(_shapes(thing, own)))

    others = {"task_name": "studio/website#2", "tags": ("other/tools#5", "!6")}
    logged = _logged(f"{before} {_said(shape, thing)} {after}", project, **others)

    assert (logged.issue, logged.reason) == (thing.name, None)


@without_deadline
@given(st.data(), _things, _own, _beside, _beside)
def test_whatever_stands_directly_beside_it_is_logged_there_or_nowhere(
    data: st.DataObject, thing: Thing, project: tuple[int | None, str | None], before: str, after: str
) -> None:
    own = TOGGL.get(project[1] or "", "studio/harbour")
    shape = data.draw(st.sampled_from(_shapes(thing, own)))

    logged = _logged(f"{before}{_said(shape, thing)}{after}", project)

    assert logged.target is None or logged.issue == thing.name


@without_deadline
@given(st.data(), _things, _things, _own, st.sampled_from([", ", "/", " / ", "&", " & ", "+", " + ", " and ", "、"]))
def test_of_two_that_are_joined_neither_is_logged_on(
    data: st.DataObject, one: Thing, other: Thing, project: tuple[int | None, str | None], joint: str
) -> None:
    own = TOGGL.get(project[1] or "", "studio/harbour")
    joined = [data.draw(st.sampled_from(_shapes_without_page(thing, own))) for thing in (one, other)]
    description = joint.join(_said(shape, thing) for shape, thing in zip(joined, (one, other), strict=True))

    logged = _logged(f"{description} pairing", project)

    assert (logged.issue, logged.reason) == ((one.name, None) if one == other else (None, "ambiguous_reference"))


def _shapes_without_page(thing: Thing, own: str) -> list[str]:
    """Those that end with the number: a URL may go on over a joint."""
    return [
        shape for shape in _shapes(thing, own) if "url" not in shape and "gitlab." not in shape and "Git" not in shape
    ]
