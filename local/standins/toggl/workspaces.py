"""Workspaces, their members and their projects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from local.standins.toggl.model import Project, User


class Workspaces:
    """One organisation's workspaces with the same members. Ids are as large as the service's."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        self.lock = lock
        self.now = now
        self.organization_id = 7_990_316
        self._workspaces: dict[int, str] = {}
        self._users: dict[int, User] = {}
        self._projects: dict[int, Project] = {}
        self._ids_of_names: dict[str, int] = {}
        self._workspace_ids = count(8_415_027, 11)
        self._user_ids = count(10_662_310, 7)
        self._project_ids = count(206_114_417, 37)
        self.workspace_id = self.add_workspace("Studio")
        self.user_id = self.add_user("Mira Lindqvist", "mira@studio.example").id

    @property
    def workspaces(self) -> dict[int, str]:
        """The workspaces' names by id."""
        with self.lock:
            return dict(self._workspaces)

    @property
    def users(self) -> list[User]:
        with self.lock:
            return list(self._users.values())

    @property
    def projects(self) -> list[Project]:
        """All projects as they are now, without the deleted ones."""
        with self.lock:
            return list(self._projects.values())

    @property
    def me(self) -> User:
        """The token's user."""
        return self.user(self.user_id)

    def user(self, user_id: int) -> User:
        """The user of this id; raises KeyError."""
        return self._users[user_id]

    @property
    def admin(self) -> bool:
        """Whether the token's user administers the workspaces, and so reads everyone's reports."""
        return self.me.admin

    @admin.setter
    def admin(self, admin: bool) -> None:
        with self.lock:
            self._users[self.user_id] = replace(self.me, admin=admin)

    def add_workspace(self, name: str, *, id: int | None = None) -> int:  # noqa: A002 - the service's word
        with self.lock:
            workspace_id = id if id is not None else next_id(self._workspace_ids, self._workspaces)
            self._workspaces[workspace_id] = name
            return workspace_id

    def add_user(self, fullname: str, email: str, *, id: int | None = None, admin: bool = False) -> User:  # noqa: A002
        """A further member of the workspaces, whose entries only an admin's report shows."""
        with self.lock:
            user = User(id if id is not None else next_id(self._user_ids, self._users), fullname, email, admin)
            self._users[user.id] = user
            return user

    def add_project(
        self,
        name: str,
        id: int | None = None,  # noqa: A002
        client: str | None = None,
        *,
        active: bool = True,
        workspace: int | None = None,
    ) -> Project:
        with self.lock:
            project_id = id if id is not None else next_id(self._project_ids, self._projects)
            project = Project(project_id, name, self.known_workspace(workspace), client, active)
            self._projects[project_id] = project
            return project

    def find_project(self, project: Project | int | str) -> Project:
        """By itself, its id or its name, as it is now; raises ValueError."""
        wanted = project.id if isinstance(project, Project) else project
        for known in self._projects.values():
            if wanted in {known.id, known.name}:
                return known
        raise ValueError(f"there is no project {wanted!r}: call add_project first")

    def known_workspace(self, workspace: int | None) -> int:
        """The user's own unless another is named; raises ValueError."""
        if workspace is None:
            return self.workspace_id
        if workspace not in self._workspaces:
            raise ValueError(f"there is no workspace {workspace}: call add_workspace first")
        return workspace

    def id_of_name(self, name: str) -> int:
        """The id of a tag, a task or a client, which only have a name here."""
        with self.lock:
            return self._ids_of_names.setdefault(name, 17_330_500 + len(self._ids_of_names))


def next_id(ids: Iterator[int], taken: Mapping[int, Any]) -> int:
    return next(number for number in ids if number not in taken)
