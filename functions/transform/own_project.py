"""The GitLab project that an entry belongs to by its Toggl project: what `project_map` says, else the default."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from functions.shared.model.entry import TimeEntry

REST = "*"
"""The key of the project map for every Toggl project that it does not name."""

OwnOrigin = Literal["project_map_id", "project_map_name", "project_map_rest", "default"]
"""By which key an entry's own project was found, or that there is none for it."""

ProjectMap = Mapping[str, str | None]
"""Toggl project name or id, or `*` -> a GitLab project's path or its number; None: its entries are left out."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A key of the project map that does not decide what somebody thinks.

    kind: `unknown`, Toggl has no project of this name or id; `shared`, it has several of this name. toggl_ids: of these.
    """

    key: str
    kind: Literal["unknown", "shared"]
    toggl_ids: tuple[int, ...] = ()

    def __str__(self) -> str:
        """In words for people, with what to do."""
        if self.kind == "unknown":
            return f"project_map has the key '{self.key}', but Toggl has no project of this name or id: correct the key."
        ids = ", ".join(str(toggl_id) for toggl_id in self.toggl_ids)
        return f"project_map has the key '{self.key}', but Toggl has several projects of this name ({ids}): use their ids."


def own_project(entry: TimeEntry, project_map: ProjectMap, default: str) -> tuple[str | None, OwnOrigin]:
    """The GitLab project of an entry as the settings give it, None for one that is left out; and why this one.

    By the Toggl project's id, else by its name, its Unicode form aside, else by `*`. An entry without a Toggl project
    belongs to the default.
    """
    if str(entry.project_id) in project_map and entry.project_id is not None:
        return project_map[str(entry.project_id)], "project_map_id"
    if entry.project_name is not None:
        key = _key_named(entry.project_name, project_map)
        if key is not None:
            return project_map[key], "project_map_name"
    has_project = entry.project_id is not None or entry.project_name is not None
    return (project_map[REST], "project_map_rest") if has_project and REST in project_map else (default, "default")


def doubts(project_map: ProjectMap, toggl_projects: Collection[tuple[int, str]]) -> tuple[Doubt, ...]:
    """The keys that Toggl does not know, and the names that several of its projects have.

    toggl_projects: id and name of every project, active or not.
    """
    ids = {str(toggl_id) for toggl_id, _name in toggl_projects}
    named = _by_key(project_map, toggl_projects)
    unknown = [Doubt(key, "unknown") for key in project_map if key != REST and key not in ids and key not in named]
    shared = [Doubt(key, "shared", tuple(there)) for key, there in named.items() if len(there) > 1]
    return (*unknown, *shared)


def in_doubt(entries: Iterable[TimeEntry], project_map: ProjectMap) -> frozenset[int]:
    """The ids of the entries whose project was found by a name that another Toggl project among them has too."""
    there = list(entries)
    projects = {(one.project_id, one.project_name) for one in there if one.project_id is not None and one.project_name}
    named = _by_key(project_map, [(toggl_id, name) for toggl_id, name in projects if toggl_id and name])
    shared = {toggl_id for ids in named.values() if len(ids) > 1 for toggl_id in ids}
    return frozenset(one.id for one in there if one.project_id in shared)


def _by_key(project_map: ProjectMap, toggl_projects: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    """The Toggl projects that the map has by their name, by that key; one that it has by its id is not in doubt."""
    named: dict[str, set[int]] = {}
    known: Counter[str] = Counter()
    for toggl_id, name in toggl_projects:
        key = _key_named(name, project_map)
        if key is not None:
            known[key] += 1
            if str(toggl_id) not in project_map:
                named.setdefault(key, set()).add(toggl_id)
    return {key: sorted(named.get(key, ())) for key in known}


def _key_named(project_name: str, project_map: ProjectMap) -> str | None:
    name = _plain(project_name)
    return next((key for key in project_map if key != REST and _plain(key) == name), None)


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())
