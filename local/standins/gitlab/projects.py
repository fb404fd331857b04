"""Projects and their groups, and which role each user has in them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count

from local.standins.gitlab.common import Common
from local.standins.gitlab.model import Group, Project, User


class Projects(Common):
    """Projects by path, case aside, and by id. Groups are those that a project's path names."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        super().__init__(lock, now)
        self._projects: dict[int, Project] = {}
        self._projects_by_path: dict[str, Project] = {}
        self._groups: dict[str, Group] = {}
        self._new_project_id = count(501).__next__
        self._new_group_id = count(41).__next__

    @property
    def projects(self) -> list[Project]:
        with self.lock:
            return list(self._projects.values())

    def add_project(
        self,
        full_path: str,
        *,
        id: int | None = None,  # noqa: A002 - the field's own word
        name: str | None = None,
        name_with_namespace: str | None = None,
        roles: Mapping[str, str] | str = "developer",
        archived: bool = False,
        public: bool = False,
    ) -> Project:
        """Add a project with its groups. roles: one for everyone, or {username: role} with nobody else a member."""
        with self.lock:
            if full_path.lower() in self._projects_by_path or id in self._projects:
                raise ValueError(f"there is already a project {full_path!r} or one with the id {id}")
            self._add_groups(full_path)
            *groups, last = full_path.split("/")
            name = name or last.replace("-", " ").title()
            titles = [group.replace("-", " ").title() for group in groups]
            project = Project(
                id=id if id is not None else self._new_project_id(),
                full_path=full_path,
                name=name,
                name_with_namespace=name_with_namespace or " / ".join([*titles, name]),
                roles={} if isinstance(roles, str) else dict(roles),
                default_role=roles if isinstance(roles, str) else None,
                public=public,
                archived=archived,
            )
            self._projects[project.id] = self._projects_by_path[full_path.lower()] = project
            return project

    def project(self, path_or_id: str | int) -> Project:
        """The project of this path (case aside) or id; raises KeyError."""
        if isinstance(path_or_id, int):
            return self._projects[path_or_id]
        return self._projects_by_path[path_or_id.lower()]

    def project_at(self, full_path: str) -> Project | None:
        """The project of this path, case aside; None when there is none, or none any more."""
        return self._projects_by_path.get(full_path.lower())

    def set_role(self, project_path: str, username: str, role: str | None) -> None:
        """Give a user a role in a project, or take it away."""
        with self.lock:
            self.project(project_path).roles[username] = role

    def rename(self, project_path: str, new_path: str) -> Project:
        """Give a project another path, in its group or in another. GraphQL then knows nothing of the old one."""
        with self.lock:
            self.revision += 1
            project = self._projects_by_path.pop(project_path.lower())
            project.full_path = new_path
            self._projects_by_path[new_path.lower()] = project
            self._add_groups(new_path)
            return project

    def group(self, path_or_id: str | int) -> Group:
        """The group that a project's path named, by path (case aside) or id; raises KeyError."""
        if isinstance(path_or_id, int):
            return {group.id: group for group in self._groups.values()}[path_or_id]
        return self._groups[path_or_id.lower()]

    def has_group(self, group_id: int) -> bool:
        return any(group.id == group_id for group in self._groups.values())

    def in_group(self, place: Project | Group, group_id: int) -> bool:
        """Whether it is that group, or lies in it at any depth."""
        return f"{place.full_path}/".lower().startswith(f"{self.group(group_id).full_path}/".lower())

    def has_role(self, user: User, place: Project | Group, least: str) -> bool:
        """In a project; in a group when in any project of it."""
        if isinstance(place, Project):
            return place.has_role(user, least)
        return any(project.has_role(user, least) for project in self.projects if self.in_group(project, place.id))

    def _add_groups(self, project_path: str) -> None:
        groups = project_path.split("/")[:-1]
        for depth in range(1, len(groups) + 1):
            path = "/".join(groups[:depth])
            if path.lower() not in self._groups:
                self._groups[path.lower()] = Group(self._new_group_id(), path)
