"""GitLab's side, where time goes: projects, issues and merge requests."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from functions.shared.model.travel import known_fields


class Project(NamedTuple):
    """A GitLab project. `id` is its number; `name_with_namespace` is how page titles show it (`Group / Project`)."""

    id: int
    full_path: str
    name_with_namespace: str


class Target(NamedTuple):
    """What time is logged on: an issue or a merge request.

    gid: GitLab's global id, e.g. `gid://gitlab/Issue/77`. name: `group/project#12` or `group/project!45`.
    """

    gid: str
    name: str

    def to_json(self) -> dict[str, Any]:
        return {"gid": self.gid, "name": self.name}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(**known_fields(cls, value))


def project_in(name: str) -> str:
    """The project's path in the name of an issue or a merge request, also of one that is still to be created."""
    return name.replace("!", "#").partition("#")[0]


class Wanted(NamedTuple):
    """What is to be found in one project: issues and merge requests by their iids, and whether the issues' titles.

    path: the project's path as it is to be asked for; empty: as the key under which this stands.
    """

    issues: frozenset[int]
    merge_requests: frozenset[int]
    titles: bool = False
    path: str = ""


class Titled(NamedTuple):
    """An issue by its title, as GitLab has it. is_open: whether it is neither closed nor moved."""

    title: str
    is_open: bool
    target: Target


class Found(NamedTuple):
    """What there is of it. Issues that have moved are given as the issue that they moved to.

    called: the titles of what was found by its iid.
    """

    project: Project
    issues: Mapping[int, Target]
    merge_requests: Mapping[int, Target]
    titles: tuple[Titled, ...] = ()
    called: Mapping[Target, str] = MappingProxyType({})


class NewIssue(NamedTuple):
    """An issue that is still to be created. key: finds it again, see `functions.transform.titles.issue_key`."""

    key: str
    project_path: str
    title: str

    @property
    def name(self) -> str:
        return f"{self.project_path}#new"

    def to_json(self) -> dict[str, Any]:
        return {"key": self.key, "project_path": self.project_path, "title": self.title}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(**known_fields(cls, value))
