"""What happens in the Toggl stand-in: how a test arranges who tracked what, and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any

from local.standins.toggl.instants import Moment, instant_of, stop_of
from local.standins.toggl.model import Entry, Plan, Project, User

_EDITABLE = {"description", "start", "stop", "project", "task", "billable", "tags", "duration"}


@dataclass
class _Ids:
    """Ids as large as the service's: an entry's does not fit 32 bits."""

    entries: Iterator[int] = field(default_factory=lambda: count(4_127_733_901, 1_013))
    projects: Iterator[int] = field(default_factory=lambda: count(206_114_417, 37))
    workspaces: Iterator[int] = field(default_factory=lambda: count(8_415_027, 11))
    users: Iterator[int] = field(default_factory=lambda: count(10_662_310, 7))
    names: dict[str, int] = field(default_factory=dict)


class World:
    """Toggl's data, without HTTP. Arranged by plain method calls; safe from any thread.

    Settable at any time: `token`, `timezone`, `plan` (billable is false on `free`), `admin`, `now` (an aware UTC
    datetime), `rounding_minutes` (the user's preference in reports; 0 for none), and where the service's habit is not
    known: `end_inclusive` (an instant as `end_date`), `running_everywhere` (running entries come in every window).
    """

    def __init__(
        self,
        lock: threading.RLock,
        now: Callable[[], datetime],
        *,
        token: str,
        timezone: str,
        plan: Plan,
    ) -> None:
        self.lock = lock
        self.now = now
        self.token = token
        self.workspace_token = token[::-1]
        self.timezone = timezone
        self.plan: Plan = plan
        self.rounding_minutes = 15
        self.end_inclusive = True
        self.running_everywhere = True
        self.organization_id = 7_990_316
        self._ids = _Ids()
        self._entries: dict[int, Entry] = {}
        self._projects: dict[int, Project] = {}
        self._workspaces: dict[int, str] = {}
        self._users: dict[int, User] = {}
        self.workspace_id = self.add_workspace("Studio")
        self.user_id = self.add_user("Mira Lindqvist", "mira@studio.example").id

    @property
    def entries(self) -> list[Entry]:
        """All entries as they are now, deleted ones and those of other users included, in the order of adding."""
        with self.lock:
            return list(self._entries.values())

    @property
    def projects(self) -> list[Project]:
        with self.lock:
            return list(self._projects.values())

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
            workspace_id = id if id is not None else _next(self._ids.workspaces, self._workspaces)
            self._workspaces[workspace_id] = name
            return workspace_id

    def add_user(self, fullname: str, email: str, *, id: int | None = None, admin: bool = False) -> User:  # noqa: A002
        """A further member of the workspaces, whose entries only an admin's report shows."""
        with self.lock:
            user = User(id if id is not None else _next(self._ids.users, self._users), fullname, email, admin)
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
            project_id = id if id is not None else _next(self._ids.projects, self._projects)
            project = Project(project_id, name, self._known_workspace(workspace), client, active)
            self._projects[project_id] = project
            return project

    def add_entry(
        self,
        description: str | None,
        start: Moment,
        stop: Moment | int | None = None,
        *,
        id: int | None = None,  # noqa: A002
        project: Project | int | str | None = None,
        task: str | None = None,
        workspace: int | None = None,
        billable: bool = False,
        tags: Iterable[str] | None = None,
        running: bool = False,
        duration: int | None = None,
        user: User | int | None = None,
        at: Moment | None = None,
    ) -> Entry:
        """Track time from `start` to `stop`, an instant or a number of seconds; without one the entry is running.

        duration: what the service says instead of stop - start; of a running entry -1 unless given (0, -epoch exist).
        project: a Project, its id, or the name of one that was added. at: the last change, else the stop or the start.
        """
        begins = instant_of(start)
        if running and stop is not None:
            raise ValueError("a running entry has no stop")
        ends = stop_of(begins, stop)
        with self.lock:
            found = self._find_project(project)
            entry = Entry(
                id=id if id is not None else _next(self._ids.entries, self._entries),
                description=description,
                start=begins,
                stop=ends,
                duration_seconds=_duration_seconds(begins, ends) if duration is None else duration,
                workspace_id=found.workspace_id if found and workspace is None else self._known_workspace(workspace),
                user_id=self.user_id if user is None else user.id if isinstance(user, User) else user,
                at=instant_of(at) if at is not None else ends or begins,
                project=found,
                task=task,
                billable=billable,
                tags=tuple(tags or ()),
            )
            if entry.id in self._entries:
                raise ValueError(f"there is an entry {entry.id} already")
            self._entries[entry.id] = entry
            return entry

    def edit(self, id: int, **changes: Any) -> Entry:  # noqa: A002
        """Change an entry by `add_entry`'s argument names; its `at` moves to now, its duration follows the times."""
        with self.lock:
            old = self._entries[id]
            if unknown := changes.keys() - _EDITABLE:
                raise ValueError(f"an entry has no {sorted(unknown)} to change")
            start = instant_of(changes["start"]) if "start" in changes else old.start
            ends = stop_of(start, changes.get("stop", old.stop))
            moved = "start" in changes or "stop" in changes
            duration = _duration_seconds(start, ends) if moved else old.duration_seconds
            new = replace(
                old,
                start=start,
                stop=ends,
                duration_seconds=changes.get("duration", duration),
                description=changes.get("description", old.description),
                project=self._find_project(changes["project"]) if "project" in changes else old.project,
                task=changes.get("task", old.task),
                billable=changes.get("billable", old.billable),
                tags=tuple(changes.get("tags", old.tags) or ()),
                at=self.now(),
            )
            self._entries[id] = new
            return new

    def delete(self, id: int) -> Entry:  # noqa: A002
        """Delete an entry: from now on only `since` shows it."""
        with self.lock:
            gone = replace(self._entries[id], at=self.now(), deleted_at=self.now())
            self._entries[id] = gone
            return gone

    def id_of_name(self, name: str) -> int:
        """The id of a tag, a task or a client, which only have a name here."""
        with self.lock:
            return self._ids.names.setdefault(name, 17_330_500 + len(self._ids.names))

    def _known_workspace(self, workspace: int | None) -> int:
        if workspace is None:
            return self.workspace_id
        if workspace not in self._workspaces:
            raise ValueError(f"there is no workspace {workspace}: call add_workspace first")
        return workspace

    def _find_project(self, project: Project | int | str | None) -> Project | None:
        if project is None or isinstance(project, Project):
            return project
        for known in self._projects.values():
            if project in {known.id, known.name}:
                return known
        raise ValueError(f"there is no project {project!r}: call add_project first")


def _duration_seconds(start: datetime, stop: datetime | None) -> int:
    return -1 if stop is None else round((stop - start).total_seconds())


def _next(ids: Iterator[int], taken: dict[int, Any]) -> int:
    return next(number for number in ids if number not in taken)
