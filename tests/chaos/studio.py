"""A small consultancy on the two stand-ins: what its people track, in every shape, and what each shape means.

What a description means is known because it was made from its meaning; nothing here reads one. No code of the product
decides anything in this module: it only runs it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from contract import names
from contract.settings import Settings
from functions.shared.http import Answer
from local.aws.executions import Run
from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Entry, Project, Toggl
from tests.workflow.in_process import Clock, Machine, synthesised
from tests.workflow.support import summary_of

USER, USER_NAME = "mira", "Mira"
"""The user may be called otherwise later; the name for people stays."""
COLLEAGUE = "jonas"
GITLAB_TOKEN = "glpat-Proof-Tests-0001"
TOGGL_TOKEN = "5a0c7d1e9b3f4a6c8d2e0f1b7c9a3d5e"

WEBSITE, WEBSITE_ID = "studio/website", 1207
HARBOUR = "studio/clients/harbour-app"
TOOLS, TOOLS_ID = "ops/tools", 1208
PROJECTS = (WEBSITE, HARBOUR, TOOLS)
GIVEN_BY_NUMBER = (WEBSITE, TOOLS)
"""The projects that the settings give by their numbers."""
NOBODY = "nobody/nothing"
CLIENT = "client/portal"
"""Not among the PROJECTS: one in which the user is a guest, who may see but not log time."""

RENAMED_ID = 900_001
"""Of the Toggl project that is mapped by its id."""
PROJECT_MAP = {"Harbour App": HARBOUR, str(RENAMED_ID): TOOLS_ID, "Private": None}

NAMES = {
    WEBSITE: "Studio / Website",
    HARBOUR: "Studio / Clients / Harbour App",
    TOOLS: "Ops / Tools",
    NOBODY: "Nobody / Nothing",
    CLIENT: "Client / Portal",
}
MISSING_IID = 99

WAITING = ("Wait", "Settle", "Let")
"""How the names of the states begin in which a run waits."""

TITLES = {
    "fair": ("Prepare the harbour fair", "prepare the HARBOUR fair", "  Prepare  the harbour\tfair "),
    "menu": ("Caf\u00e9 menu", "Cafe\u0301 menu", "CAF\u00c9 MENU"),
    "plants": ("Water the plants",),
}
SKIPPED_TITLES = {"lunch": ("Lunch", " lunch ")}
NOT_REFERENCES = (
    "5: standup",
    "C# refactoring",
    "#standup",
    "colour #123456",
    "RFC-2616",
    "UTF-8",
    "https://elsewhere.example/studio/website/-/issues/1",
)
NO_TEXT = (None, "", "   ")
WORDS = ("Fix the login", "\u00dcbersetzung pr\u00fcfen", "\U0001f680 launch & more", "/close it, @jonas", "x" * 400)

OWN_ISSUE = (
    "#{n} {words}",
    "[#{n}] {words}",
    "Issue #{n}: {words}",
    "{words} (#{n})",
    "#{n}",
    "{words} #{n}",
    "#{n} and then #{m}",
    "#{n}\u3092\u4fee\u6b63",
    "\u4fee\u590d#{n}\u767b\u5f55",
    "\uff03{n} {words}",
    "GL-{n} {words}",
    "{words} [issue:{n}]",
)
OWN_MERGE_REQUEST = (
    "MR{n}:: {words}",
    "MR{n}::{words}",
    "!{n} {words}",
    "{words} (!{n})",
    "MR #{n} {words}",
    "merge request #{n}",
)
ANY_ISSUE = (
    "{path}#{n} {words}",
    "{words} {path}#{n}",
    "{url}/{path}/-/issues/{n}",
    "Review {url}/{path}/-/work_items/{n} with Jonas",
    "{words} (#{n}) \u00b7 Issues \u00b7 {name} \u00b7 GitLab",
    "{words} (#{n}) \u00b7 Issues \u00b7 {name} \u00b7 GitLab with Jonas",
    "[issue:{path}/{n}] {words}",
    "{host}/{path}/-/issues/{n} {words}",
    "{url}/dashboard/issues?show={show}",
)
ANY_MERGE_REQUEST = (
    "{path}!{n} {words}",
    "{url}/{path}/-/merge_requests/{n}",
    "{words} (!{n}) \u00b7 Merge requests \u00b7 {name} \u00b7 GitLab",
)
CONFIGURED_ISSUE = ("{short}#{n} {words}", "[issue:{short}/{n}]")
"""Of a project that the settings name: the last part of its path is enough."""
UNCLEAR = ("Compare #{n} with #{m}", "{words} !{n} after #{n}", "#{n}, #{m} pairing", "#{n}/#{m}", "#{n} and !{n}")
GROUP_ITEM = ("studio&{n} {words}", "{url}/groups/studio/-/epics/{n}")
ELSEWHERE = ("Pairing", "")
"""Descriptions without a reference, of entries whose task or tag has one."""


@dataclass(frozen=True)
class Names:
    """Means one issue (`#`) or merge request (`!`); path None: in the entry's own project."""

    sign: str
    iid: int
    path: str | None = None


@dataclass(frozen=True)
class Titled:
    """Means the issue of a title; `key` is the same for all spellings of one title."""

    key: str


@dataclass(frozen=True)
class Unclear:
    """Means nothing, for this reason."""

    reason: str


Meaning = Names | Titled | Unclear


@dataclass(frozen=True)
class Said:
    """An entry's texts and what they mean. `{url}` in the text stands for the GitLab server, `{host}` without https."""

    text: str | None
    meaning: Meaning
    task: str | None = None
    tags: tuple[str, ...] = ()

    def fields(self, url: str) -> dict[str, Any]:
        host = url.partition("://")[2]
        text = None if self.text is None else self.text.replace("{url}", url).replace("{host}", host)
        return {"description": text, "task": self.task, "tags": list(self.tags)}


def mentions(iids: tuple[int, ...], words: tuple[str, ...], paths: tuple[str, ...]) -> list[Said]:
    """Every shape with a reference, for these numbers, words and projects; small ones first."""
    found = []
    for n in iids:
        m = n + 1
        for word in words:
            texts = {"n": n, "m": m, "words": word, "url": "{url}", "host": "{host}"}
            found += [Said(shape.format(**texts), Names("#", n)) for shape in OWN_ISSUE]
            found += [Said(shape.format(**texts), Names("!", n)) for shape in OWN_MERGE_REQUEST]
            found += [Said(shape.format(**texts), Unclear("ambiguous_reference")) for shape in UNCLEAR]
            found += [Said(shape.format(**texts), Unclear("group_item")) for shape in GROUP_ITEM]
            found += [Said(text, Names("#", n), task=f"{word} (#{n})", tags=(f"#{m}",)) for text in ELSEWHERE]
            found += [Said(text, Names("!", n), tags=("urgent", f"!{n}")) for text in ELSEWHERE]
            for path in paths:
                texts |= {"path": path, "name": NAMES[path], "short": path.rsplit("/", 1)[-1], "show": _shown(n, path)}
                shapes = ANY_ISSUE + (CONFIGURED_ISSUE if path in PROJECTS else ())
                found += [Said(shape.format(**texts), Names("#", n, path)) for shape in shapes]
                found += [Said(shape.format(**texts), Names("!", n, path)) for shape in ANY_MERGE_REQUEST]
    return list(dict.fromkeys(found))


def _shown(iid: int, path: str) -> str:
    """What GitLab puts into the address of a page that shows an issue beside a list."""
    return base64.b64encode(json.dumps({"iid": str(iid), "full_path": path, "id": 1000 + iid}).encode()).decode()


def titles() -> list[Said]:
    """Every shape without a reference: titles in their spellings, what only looks like a reference, no text at all."""
    spelled = {**TITLES, **SKIPPED_TITLES, **{text: (text,) for text in NOT_REFERENCES}}
    found = [Said(text, Titled(key)) for key, texts in spelled.items() for text in texts]
    return found + [Said(text, Unclear("no_issue")) for text in NO_TEXT]


TITLE_KEYS = {
    " ".join(said.text.split()): said.meaning.key
    for said in titles()
    if said.text is not None and isinstance(said.meaning, Titled)
}
"""The key of each title as GitLab shows it."""


@dataclass
class Studio:
    """The two services with three projects of overlapping numbers, and who tracked what. Use it as a context manager.

    said: by entry id. created: the issues that runs have created, by project and title key. definition: of the state
    machine that runs in this process. watch: gets `Lambda` when one is called, `request` and `answer` for each of its
    requests, and `wait` when a run begins to wait; it may raise Stopped, and LambdaCrash but for `wait`.
    """

    clock: Clock
    issues_a_project: int = 3
    toggl_port: int = 0
    gitlab_port: int = 0
    definition: str = ""
    said: dict[int, Said] = field(default_factory=dict)
    created: dict[tuple[str, str], Issuable] = field(default_factory=dict)
    watch: Callable[[str], None] = lambda _moment: None

    def __post_init__(self) -> None:
        seconds, now = self.clock.seconds, self.clock.now
        self.toggl = Toggl(self.toggl_port, seconds, token=TOGGL_TOKEN, plan="premium", now=now, burst_limit=True)
        self.gitlab = GitLab(self.gitlab_port, seconds, now=now)
        self.gitlab.add_token(GITLAB_TOKEN, USER)
        self.me = self.gitlab.user(USER)
        self.gitlab.add_project(WEBSITE, id=WEBSITE_ID)
        self.gitlab.add_project(HARBOUR)
        self.gitlab.add_project(TOOLS, id=TOOLS_ID)
        for path in PROJECTS:
            for number in range(1, self.issues_a_project + 1):
                self.gitlab.add_issue(path, f"Issue {number} of {path}")
                self.gitlab.add_merge_request(path, f"Change {number} of {path}")
        self.toggl_projects: dict[str, Project | None] = {
            "none": None,
            "unmapped": self.toggl.add_project("Website"),
            "by name": self.toggl.add_project("Harbour App"),
            "by id": self.toggl.add_project("Renamed every week", RENAMED_ID),
            "left out": self.toggl.add_project("Private"),
        }
        self._own_paths = {"by name": HARBOUR, "by id": TOOLS}
        self._known_issues = set(self.gitlab.issues)

    def __enter__(self) -> Self:
        self.toggl.start()
        self.gitlab.start()
        self.gitlab.web_url = self.gitlab.url
        return self

    def __exit__(self, *_exc: object) -> None:
        self.toggl.stop()
        self.gitlab.stop()

    def track(self, said: Said, start: datetime, seconds: int | None, project: str = "none", **how: Any) -> Entry:
        """Track time; seconds None: it still runs."""
        texts = said.fields(self.gitlab.url)
        entry = self.toggl.add_entry(
            texts.pop("description"), start, seconds, project=self.toggl_projects[project], **texts, **how
        )
        self.said[entry.id] = said
        return entry

    def describe(self, entry_id: int, said: Said) -> None:
        self.toggl.edit(entry_id, **said.fields(self.gitlab.url))
        self.said[entry_id] = said

    def own_path(self, entry: Entry) -> str | None:
        """The GitLab project of an entry's Toggl project; None for one that is left out."""
        name = next(name for name, project in self.toggl_projects.items() if project == entry.project)
        return None if name == "left out" else self._own_paths.get(name, WEBSITE)

    def issue_added(self, issue: Issuable) -> None:
        """An issue that a person has made, or a move."""
        self._known_issues.add(issue)

    @cached_property
    def machine(self) -> Machine:
        """The state machine of this studio, in this process."""
        tokens = {names.toggl_secret("prod"): TOGGL_TOKEN, names.gitlab_secret("prod"): GITLAB_TOKEN}
        return Machine(
            definition=self.definition or synthesised(),
            variables={},
            secrets={name: json.dumps({names.TOKEN_KEY: token}) for name, token in tokens.items()},
            now=self.clock.now,
            clock=self.clock.seconds,
            sleep=self.clock.sleep,
            at_state=lambda name: self.watch("wait") if name.startswith(WAITING) else None,
            in_lambda=lambda: self.watch("Lambda"),
            exchange=self._exchange,
        )

    def run(self, context: dict[str, Any], run_input: dict[str, Any]) -> Run:
        """One run in this process with these deployment settings."""
        settings = Settings.from_context(
            {
                "gitlab_url": self.gitlab.url,
                "toggl_url": self.toggl.url,
                "gitlab_project_id": str(WEBSITE_ID),
                "project_map": PROJECT_MAP,
                "log_level": "ERROR",
                **context,
            }
        )
        self.machine.variables = settings.to_environment()
        return self.machine.run(run_input)

    def summary_of(self, run: Run) -> dict[str, Any]:
        """What a run put out, also when it failed, with all its rows, also when they are in a file."""
        summary = summary_of(run)
        if isinstance(summary["entries"], str):
            rows = self.machine.files[summary["entries"]].splitlines()
            return summary | {"entries": [json.loads(row) for row in rows]}
        return summary

    def _exchange(self, send: Callable[..., Answer], method: str, url: str, **what: Any) -> Answer:
        self.watch("request")
        answer = send(method, url, **what)
        self.watch("answer")
        return answer

    def take_down_new_issues(self) -> None:
        """Learn of the issues that runs have created; there must never be two of one title."""
        for issue in self.gitlab.issues:
            if issue in self._known_issues:
                continue
            self._known_issues.add(issue)
            place = (issue.project.full_path, TITLE_KEYS[issue.title])
            assert place not in self.created, f"a second issue was created for {place}: {issue.reference}"
            self.created[place] = issue
