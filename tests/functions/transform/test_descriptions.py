"""What people write into Toggl comes to what it has to: `descriptions.toml`, row by row.

Through the whole step, since the table knows nothing of how the step is built: Toggl's entries in, the plan's rows out.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contract.settings import Settings
from contract.vocabulary import Outcome, Reason
from functions.shared.gitlab.client import GitLab
from functions.shared.model.fetched import Fetched
from functions.transform.pipeline import decide
from local.standins.gitlab import server as stand_in

TOKEN = "glpat-Descriptions-Tests-0001"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("descriptions.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table. id: of its entry."""

    id: int
    kind: str
    description: str
    comes_to: str
    why: str
    toggl: str | None = None
    toggl_id: int | None = None
    task: str | None = None
    tags: tuple[str, ...] = ()
    setup: str = ""

    @property
    def situation(self) -> tuple[object, ...]:
        return self.description, self.toggl, self.toggl_id, self.task, self.tags, self.setup

    def as_entry(self) -> dict[str, Any]:
        """The time entry, as it travels."""
        return {
            "id": self.id,
            "start": START.isoformat(),
            "stop": (START + timedelta(minutes=30)).isoformat(),
            "duration_seconds": 1800,
            "description": self.description,
            "billable": True,
            "workspace_id": 7,
            "project_id": self.toggl_id or (None if self.toggl is None else 100),
            "project_name": self.toggl,
            "task_name": self.task,
            "tags": list(self.tags),
        }


def _lines() -> Iterator[Line]:
    rows = ((kind["name"], row) for kind in TABLE["kinds"] for row in kind["rows"])
    for number, (kind, (description, comes_to, why, *more)) in enumerate(rows, start=1):
        given = more[0] if more else {}
        yield Line(number, kind, description, comes_to, why, **given | {"tags": tuple(given.get("tags", ()))})


LINES = tuple(_lines())


@pytest.fixture(scope="module")
def gitlab() -> Iterator[GitLab]:
    with stand_in.GitLab(now=lambda: START + timedelta(days=1)) as server:
        server.add_token(TOKEN, "mira")
        for project in TABLE["projects"]:
            _add(server, project)
        for project in TABLE["projects"]:
            for iid, to_project in project.get("moved", {}).items():
                server.move_issue(server.issuable(f"{project['path']}#{iid}"), to_project)
        yield GitLab(server.url, TOKEN, 0)


def _add(server: stand_in.GitLab, project: Mapping[str, Any]) -> None:
    roles = "developer" if project.get("visible", True) else {"somebody": "developer"}
    name = project["name"].rsplit(" / ", 1)[-1]
    server.add_project(project["path"], id=project["id"], name=name, name_with_namespace=project["name"], roles=roles)
    for state in ("issues", "closed"):
        for iid, title in project.get(state, {}).items():
            server.add_issue(project["path"], title, iid=int(iid), state="closed" if state == "closed" else "opened")
    for iid in project.get("merge_requests", ()):
        server.add_merge_request(project["path"], f"Branch {iid}", iid=iid)


def _settings(setup: str) -> Settings:
    given = TABLE["settings"] | (TABLE["setups"][setup] if setup else {})
    # TOML has no null.
    project_map = {name: None if path is False else path for name, path in given["project_map"].items()}
    return Settings.from_json(given | {"project_map": project_map})


@pytest.fixture(scope="module")
def came_to() -> dict[str, dict[int, str]]:
    """What the rows came to, by setup and entry. Filled by the first row of each setup: one plan has all of its."""
    return {}


def _plan(gitlab: GitLab, setup: str) -> dict[int, str]:
    settings = _settings(setup)
    window = {"start": START.isoformat(), "end": (START + timedelta(days=1)).isoformat(), "timezone": "UTC"}
    entries = [line.as_entry() for line in LINES if line.setup == setup]
    fetched = Fetched.from_json({"settings": settings.to_json(), "window": window, "entries": entries})
    rows = [item.row for item in decide(fetched, gitlab).plan.items]
    return {row.entry_id: str(row.issue if row.outcome == Outcome.CREATED else row.reason) for row in rows}


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.kind}-{line.id}")
def test_a_description_comes_to_what_the_table_says(
    line: Line, gitlab: GitLab, came_to: dict[str, dict[int, str]]
) -> None:
    if line.setup not in came_to:
        came_to[line.setup] = _plan(gitlab, line.setup)

    assert (line.description, came_to[line.setup][line.id]) == (line.description, line.comes_to), line.why


# What was read wrong once, or could be.
WRITTEN = {
    "scripts written without spaces, and Hangul": 25,
    "the full-width sign": 10,
    "GitLab's own references": 25,
    "short project names": 15,
    "merge request": 20,
    "several references": 25,
    "page title": 25,
    "URL without a scheme": 10,
    "list or board that shows an item": 10,
    "epics and group items": 8,
    "titles": 15,
    "task and tags": 20,
    "where the project comes from": 10,
    "no reference": 20,
    "other trackers": 10,
}


@pytest.mark.parametrize(("kind", "at_least"), WRITTEN.items())
def test_each_kind_that_is_easily_read_wrong_has_several_rows(kind: str, at_least: int) -> None:
    assert len([line for line in LINES if line.kind == kind]) >= at_least


@pytest.mark.parametrize("kind", [kind["name"] for kind in TABLE["kinds"]])
def test_each_row_says_why_and_comes_to_a_place_or_a_reason(kind: str) -> None:
    unsound = [line for line in LINES if line.kind == kind and not (line.why.strip() and _is_known(line.comes_to))]

    assert unsound == []


def _is_known(comes_to: str) -> bool:
    """Whether it is a reason, or a place in one of the table's projects."""
    return comes_to in set(Reason) or re.split("[#!]", comes_to)[0] in {one["path"] for one in TABLE["projects"]}


@pytest.mark.parametrize("kind", [kind["name"] for kind in TABLE["kinds"]])
def test_no_row_stands_in_the_table_twice(kind: str) -> None:
    there = Counter(line.situation for line in LINES)

    assert [line for line in LINES if line.kind == kind and there[line.situation] > 1] == []
