"""The GitLab project that an entry belongs to by its Toggl project: what `project_map` says, else the default."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from functions.shared.model.entry import TimeEntry

REST = "*"
"""The key of the project map for every Toggl project that it does not name."""

OwnOrigin = Literal["project_map_id", "project_map_name", "project_map_rest", "default"]
"""By which key an entry's own project was found, or that there is none for it."""

ProjectMap = Mapping[str, str | None]
"""Toggl project name or id, or `*` -> a GitLab project's path or its number; None: its entries are left out."""


class Doubt(NamedTuple):
    """A key of the project map that does not decide what somebody thinks.

    kind: `unknown`, Toggl has no project of this name or id; `shared`, it has several of this name, with these ids.
    """

    key: str
    kind: Literal["unknown", "shared"]
    toggl_ids: tuple[int, ...] = ()

    def __str__(self) -> str:
        """In words for people, with what to do."""
        if self.kind == "unknown":
            return f"project_map has '{self.key}', but Toggl has no project of this name or id: correct the key."
        ids = ", ".join(str(toggl_id) for toggl_id in self.toggl_ids)
        return f"project_map has '{self.key}', but Toggl has several projects of this name: use their ids, {ids}."


@dataclass(frozen=True)
class OwnProjects:
    """What the settings say of entries' projects: each is a path or a number, or None for what is left out."""

    project_map: ProjectMap
    default: str

    @cached_property
    def by_name(self) -> Mapping[str, str]:
        """The keys that may be names, by their Unicode form."""
        return {_plain(key): key for key in self.project_map if key != REST}

    @property
    def configured(self) -> list[str]:
        """Every project that the settings name, the default first."""
        return list(dict.fromkeys([self.default, *(given for given in self.project_map.values() if given is not None)]))

    def of(self, entry: TimeEntry) -> tuple[str | None, OwnOrigin]:
        """The project of an entry, and why this one: by the Toggl project's id, else its name, else `*`, else default.

        An entry without a Toggl project belongs to the default.
        """
        if entry.project_id is not None and str(entry.project_id) in self.project_map:
            return self.project_map[str(entry.project_id)], "project_map_id"
        key = None if entry.project_name is None else self.by_name.get(_plain(entry.project_name))
        if key is not None:
            return self.project_map[key], "project_map_name"
        has_project = entry.project_id is not None or entry.project_name is not None
        if has_project and REST in self.project_map:
            return self.project_map[REST], "project_map_rest"
        return self.default, "default"


@lru_cache(maxsize=8)
def own_projects(project_map: tuple[tuple[str, str | None], ...], default: str) -> OwnProjects:
    """Of the settings `project_map` and `gitlab_project_id`."""
    return OwnProjects(dict(project_map), default)


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
    projects = [(one.project_id, one.project_name) for one in there]
    named = _by_key(project_map, {(toggl_id, name) for toggl_id, name in projects if toggl_id and name})
    shared = {toggl_id for ids in named.values() if len(ids) > 1 for toggl_id in ids}
    return frozenset(one.id for one in there if one.project_id in shared)


def _by_key(project_map: ProjectMap, toggl_projects: Iterable[tuple[int, str]]) -> dict[str, list[int]]:
    """The Toggl projects that the map has by their name, by that key; one that it has by its id is not in doubt."""
    keys = OwnProjects(project_map, "").by_name
    named: dict[str, set[int]] = {}
    for toggl_id, name in toggl_projects:
        key = keys.get(_plain(name))
        if key is not None:
            named.setdefault(key, set()).update({toggl_id} if str(toggl_id) not in project_map else ())
    return {key: sorted(ids) for key, ids in named.items()}


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())
