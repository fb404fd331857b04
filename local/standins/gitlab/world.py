"""What happens in the GitLab stand-in: how a test arranges its data, and what GitLab's own rules let a user do with it.

Ids are GitLab's global numbers. They start far from the iids and from each other: one taken for another is not found.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count

from local.standins.gitlab.durations import parse_duration
from local.standins.gitlab.model import Issuable, Kind, LedgerRow, Project, Timelog, User
from local.standins.gitlab.text import mentions_in, split_quick_actions

MAX_SECONDS_PER_ISSUABLE = 31_557_600
MAX_TEXT_CHARACTERS = 255


class NotAvailableError(Exception):
    """What was asked for is not there, or the user may not have it: GitLab does not say which."""


class RejectedError(Exception):
    """A write that GitLab refuses with words in the payload's `errors`."""


class World:
    """GitLab's data and rules, without HTTP or GraphQL. Arranged by plain method calls; safe from any thread."""

    def __init__(
        self,
        lock: threading.RLock,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timelog_role: str = "planner",
        issue_role: str = "planner",
    ) -> None:
        """timelog_role, issue_role: the least role that may log time or create issues (older servers: `reporter`).

        `revision` grows whenever a timelog comes, goes or changes place.
        """
        self.lock = lock
        self.now = now
        self.timelog_role = timelog_role
        self.issue_role = issue_role
        self.revision = 0
        self.mentions: list[tuple[str, str]] = []
        self.quick_actions: list[tuple[str, str]] = []
        self._users: dict[str, User] = {}
        self._tokens: dict[str, tuple[User, frozenset[str]]] = {}
        self._token_ends: dict[str, date | None] = {}
        self._projects: dict[int, Project] = {}
        self._projects_by_path: dict[str, Project] = {}
        self._group_ids: dict[str, int] = {}
        self._issuables: dict[tuple[str, int], Issuable] = {}
        self._issuables_by_iid: dict[tuple[str, int, int], Issuable] = {}
        self._last_iids: dict[tuple[str, int], int] = {}
        self._timelogs: dict[int, Timelog] = {}
        self._seconds: dict[Issuable, int] = {}
        self._moving: list[tuple[Issuable, Issuable, set[int]]] = []
        self._new_user_id = count(101).__next__
        self._new_project_id = count(501).__next__
        self._new_group_id = count(41).__next__
        self._new_label_id = count(8_001).__next__
        self._new_merge_request_id = count(70_001).__next__
        self._new_issue_id = count(90_001).__next__
        self._new_timelog_id = count(300_001).__next__

    def add_user(self, username: str, name: str | None = None, *, bot: bool = False) -> User:
        with self.lock:
            if username in self._users:
                raise ValueError(f"there is already a user {username!r}")
            user = User(self._new_user_id(), username, name or username.title(), bot)
            self._users[username] = user
            return user

    def user(self, username: str) -> User:
        """The user of this name; raises KeyError."""
        return self._users[username]

    def add_token(
        self, token: str, username: str, scopes: Iterable[str] = ("api",), expires: date | None = None
    ) -> str:
        """Let `token` act for a user, added when new. Scopes: `api` (all), `read_api`, others for no API at all.

        expires: what GitLab tells about it; it goes on working here.
        """
        with self.lock:
            user = self._users.get(username) or self.add_user(username)
            self._tokens[token] = (user, frozenset(scopes))
            self._token_ends[token] = expires
            return token

    def revoke_token(self, token: str) -> None:
        with self.lock:
            del self._tokens[token]

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
            *groups, last = full_path.split("/")
            for depth in range(1, len(groups) + 1):
                self._group_ids.setdefault("/".join(groups[:depth]).lower(), self._new_group_id())
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

    def group_id(self, full_path: str) -> int:
        """The id of a group that a project's path named; raises KeyError."""
        return self._group_ids[full_path.lower()]

    def set_role(self, project_path: str, username: str, role: str | None) -> None:
        """Give a user a role in a project, or take it away."""
        with self.lock:
            self.project(project_path).roles[username] = role

    def rename(self, project_path: str, new_path: str) -> Project:
        """Give a project another path. GraphQL then knows nothing of the old one."""
        with self.lock:
            self.revision += 1
            project = self._projects_by_path.pop(project_path.lower())
            project.full_path = new_path
            self._projects_by_path[new_path.lower()] = project
            groups = new_path.split("/")[:-1]
            for depth in range(1, len(groups) + 1):
                self._group_ids.setdefault("/".join(groups[:depth]).lower(), self._new_group_id())
            return project

    def add_issue(
        self,
        project_path: str,
        title: str,
        *,
        iid: int | None = None,
        state: str = "opened",
        confidential: bool = False,
        labels: Iterable[str] = (),
        issue_type: str = "ISSUE",
        discussion_locked: bool = False,
        description: str = "",
    ) -> Issuable:
        """Add an issue, or a task or incident by `issue_type`. It gets the project's next iid unless one is given."""
        with self.lock:
            project = self.project(project_path)
            issue = self._add_issuable("Issue", project, title, iid=iid, description=description)
            issue.state = state
            issue.closed_at = self.now() if state == "closed" else None
            issue.confidential = confidential
            issue.discussion_locked = discussion_locked
            issue.issue_type = issue_type
            issue.labels = self._labels(issue.project, labels)
            return issue

    def add_merge_request(
        self, project_path: str, title: str, *, iid: int | None = None, state: str = "opened"
    ) -> Issuable:
        with self.lock:
            project = self.project(project_path)
            merge_request = self._add_issuable("MergeRequest", project, title, iid=iid, description="")
            merge_request.state = state
            return merge_request

    def close_issue(self, issue: Issuable) -> None:
        with self.lock:
            issue.state, issue.closed_at = "closed", self.now()

    def delete_issue(self, issue: Issuable) -> None:
        """Delete an issue or merge request, and with it what was logged on it."""
        with self.lock:
            del self._issuables[issue.kind, issue.id]
            del self._issuables_by_iid[issue.kind, issue.project.id, issue.iid]
            for timelog in self.timelogs_of(issue):
                self._remove(timelog)

    def move_issue(self, issue: Issuable, to_project: str, copied: int | None = None) -> Issuable:
        """Move an issue to another project; returns the new one.

        GitLab copies the timelogs in the background, under new ids. copied: how many it has copied so far, while all of
        the old ones are still there too; None when it has finished. `finish_moves` lets it finish.
        """
        with self.lock:
            target = self.project(to_project)
            moved = self._add_issuable("Issue", target, issue.title, iid=None, description=issue.description)
            moved.confidential, moved.issue_type = issue.confidential, issue.issue_type
            moved.author, moved.labels = issue.author, self._labels(target, issue.labels)
            moved.state, moved.closed_at = issue.state, issue.closed_at
            issue.state, issue.closed_at, issue.moved_to = "closed", self.now(), moved
            early = self.timelogs_of(issue)[:copied] if copied is not None else []
            for timelog in early:
                self._copy(timelog, moved)
            self._moving.append((issue, moved, {timelog.id for timelog in early}))
            if copied is None:
                self.finish_moves()
            return moved

    def finish_moves(self) -> None:
        """Let GitLab copy the rest of the timelogs of moved issues, and take away the old ones."""
        with self.lock:
            moving, self._moving = self._moving, []
            for issue, moved, copied_ids in moving:
                for timelog in self.timelogs_of(issue):
                    if timelog.id not in copied_ids:
                        self._copy(timelog, moved)
                    self._remove(timelog)

    def add_timelog(
        self,
        issuable: Issuable,
        username: str,
        seconds: int,
        spent_at: datetime | str | None = None,
        summary: str | None = None,
    ) -> Timelog:
        """Put a timelog there as another person or tool would, past all rules. spent_at None: left NULL, as by REST."""
        with self.lock:
            instant = datetime.fromisoformat(spent_at) if isinstance(spent_at, str) else spent_at
            user = self._users.get(username) or self.add_user(username)
            return self._add_timelog(issuable, user, seconds, instant and instant.astimezone(UTC), summary)

    @property
    def timelogs(self) -> list[Timelog]:
        """Every timelog, in the order in which they were made."""
        with self.lock:
            return list(self._timelogs.values())

    @property
    def issues(self) -> list[Issuable]:
        """Every issue, in the order in which they were made."""
        with self.lock:
            return [issuable for issuable in self._issuables.values() if issuable.kind == "Issue"]

    @property
    def merge_requests(self) -> list[Issuable]:
        with self.lock:
            return [issuable for issuable in self._issuables.values() if issuable.kind == "MergeRequest"]

    @property
    def projects(self) -> list[Project]:
        with self.lock:
            return list(self._projects.values())

    def issuable(self, reference: str) -> Issuable:
        """What a full reference such as `group/project#12` or `group/project!45` names; raises KeyError."""
        path, sign, iid = re.split(r"([#!])", reference)
        return self._issuables_by_iid["Issue" if sign == "#" else "MergeRequest", self.project(path).id, int(iid)]

    def ledger(self) -> list[LedgerRow]:
        """Every timelog in a test's words, in the order in which they were made."""
        return [
            LedgerRow(
                timelog.issuable.reference,
                timelog.seconds,
                timelog.spent_at.isoformat().replace("+00:00", "Z") if timelog.spent_at is not None else None,
                timelog.summary,
                timelog.user.username,
            )
            for timelog in self.timelogs
        ]

    def bearer(self, token: str) -> tuple[User, frozenset[str]] | None:
        """Whose token it is and what it may do; None when it may not use the API at all."""
        known = self._tokens.get(token)
        return known if known is not None and known[1] & {"api", "read_api"} else None

    def token_facts(self, token: str) -> tuple[User, frozenset[str], date | None] | None:
        """Whose token it is, its scopes and its end; None when there is no such token."""
        known = self._tokens.get(token)
        return None if known is None else (*known, self._token_ends[token])

    def user_by(self, username: str | None, number: int | None) -> User | None:
        return next((user for user in self._users.values() if user.username == username or user.id == number), None)

    def sees_project(self, user: User, project: Project) -> bool:
        return project.public or project.has_role(user, "guest")

    def sees(self, user: User, issuable: Issuable) -> bool:
        """Whether an issue or merge request exists as far as this user can tell."""
        if (issuable.kind, issuable.id) not in self._issuables or not self.sees_project(user, issuable.project):
            return False
        if issuable.confidential:
            return issuable.author is user or issuable.project.has_role(user, "planner")
        return issuable.kind == "Issue" or issuable.project.public or issuable.project.has_role(user, "planner")

    def find_project(self, user: User, full_path: str) -> Project | None:
        project = self._projects_by_path.get(full_path.lower())
        return project if project is not None and self.sees_project(user, project) else None

    def find_issuable(self, user: User, model: str, number: int) -> Issuable | None:
        """By a global id's two parts; a WorkItem is the Issue of the same number."""
        issuable = self._issuables.get(("Issue" if model == "WorkItem" else model, number))
        return issuable if issuable is not None and self.sees(user, issuable) else None

    def find_by_iid(self, user: User, kind: Kind, project: Project, iid: str) -> Issuable | None:
        if not (iid.isascii() and iid.isdigit()):
            return None
        issuable = self._issuables_by_iid.get((kind, project.id, int(iid)))
        return issuable if issuable is not None and self.sees(user, issuable) else None

    def in_group(self, project: Project, group_id: int) -> bool:
        return any(
            project.full_path.lower().startswith(f"{path}/") for path, id_ in self._group_ids.items() if id_ == group_id
        )

    def has_group(self, group_id: int) -> bool:
        return group_id in self._group_ids.values()

    def timelogs_of(self, issuable: Issuable) -> list[Timelog]:
        return [timelog for timelog in self._timelogs.values() if timelog.issuable is issuable]

    def total_seconds(self, issuable: Issuable) -> int:
        return self._seconds.get(issuable, 0)

    def may_remove(self, user: User, timelog: Timelog) -> bool:
        return timelog.user is user or timelog.issuable.project.has_role(user, "maintainer")

    def log_time(
        self, user: User, model: str, number: int, *, time_spent: str, spent_at: datetime | None, summary: str
    ) -> Timelog:
        """timelogCreate, not idempotent. Checks in GitLab's order; raises NotAvailableError and RejectedError."""
        seconds = parse_duration(time_spent)
        if seconds is None:
            raise RejectedError("Time spent must be formatted correctly. For example: 1h 30m.")
        issuable = self.find_issuable(user, model, number)
        if issuable is None or issuable.project.archived or not issuable.project.has_role(user, self.timelog_role):
            raise NotAvailableError
        now = self.now()
        if spent_at is not None and spent_at > now:
            raise RejectedError("Spent at can't be a future date and time.")
        if seconds == 0:
            raise RejectedError("Time spent can't be zero.")
        total, reasons = self.total_seconds(issuable) + seconds, []
        if len(summary) > MAX_TEXT_CHARACTERS:
            reasons.append(f"Summary is too long (maximum is {MAX_TEXT_CHARACTERS} characters)")
        if total < 0:
            reasons.append("Total time spent cannot be negative.")
        if total > MAX_SECONDS_PER_ISSUABLE:
            reasons.append("Total time spent cannot exceed a year.")
        if reasons:
            raise RejectedError(" and ".join(reasons))
        return self._add_timelog(issuable, user, seconds, (spent_at or now).astimezone(UTC), summary)

    def delete_timelog(self, user: User, number: int) -> Timelog:
        """timelogDelete: for its author and for maintainers; raises NotAvailableError."""
        timelog = self._timelogs.get(number)
        if timelog is None or not self.may_remove(user, timelog):
            raise NotAvailableError
        self._remove(timelog)
        return timelog

    def create_issue(
        self,
        user: User,
        project_path: str,
        title: str,
        *,
        description: str = "",
        labels: Iterable[str] = (),
        confidential: bool = False,
        issue_type: str = "ISSUE",
    ) -> Issuable:
        """createIssue, with the quick actions and mentions of its text; raises NotAvailableError and RejectedError."""
        project = self.find_project(user, project_path)
        if project is None or project.archived or not project.has_role(user, self.issue_role):
            raise NotAvailableError
        if not title.strip():
            raise RejectedError("Title can't be blank")
        if len(title) > MAX_TEXT_CHARACTERS:
            raise RejectedError(f"Title is too long (maximum is {MAX_TEXT_CHARACTERS} characters)")
        text, actions = split_quick_actions(description)
        issue = self._add_issuable("Issue", project, title.strip(), iid=None, description=text)
        issue.author, issue.confidential, issue.issue_type = user, confidential, issue_type
        issue.labels = self._labels(project, labels)
        for name, argument in actions:
            self.quick_actions.append((issue.reference, f"/{name} {argument}".strip()))
            self._run_quick_action(user, issue, name, argument)
        self.mentions.extend((issue.reference, username) for username in mentions_in(f"{title}\n{text}"))
        return issue

    def _run_quick_action(self, user: User, issue: Issuable, name: str, argument: str) -> None:
        if name == "close":
            self.close_issue(issue)
        seconds = parse_duration(argument) if name in ("spend", "spend_time") else None
        if seconds:
            self._add_timelog(issue, user, seconds, self.now(), None)

    def _labels(self, project: Project, titles: Iterable[str]) -> list[str]:
        wanted = list(dict.fromkeys(title.strip() for title in titles if title.strip()))
        for title in wanted:
            if title not in project.label_ids:
                project.label_ids[title] = self._new_label_id()
        return wanted

    def _add_issuable(self, kind: Kind, project: Project, title: str, *, iid: int | None, description: str) -> Issuable:
        last_iid = self._last_iids.get((kind, project.id), 0)
        iid = last_iid + 1 if iid is None else iid
        if (kind, project.id, iid) in self._issuables_by_iid:
            raise ValueError(f"{project.full_path} already has a {kind} {iid}")
        self._last_iids[kind, project.id] = max(iid, last_iid)
        number = self._new_issue_id() if kind == "Issue" else self._new_merge_request_id()
        now = self.now()
        issuable = Issuable(kind, number, iid, project, title, now, now, description=description)
        self._issuables[kind, number] = self._issuables_by_iid[kind, project.id, iid] = issuable
        return issuable

    def _add_timelog(
        self, issuable: Issuable, user: User, seconds: int, spent_at: datetime | None, summary: str | None
    ) -> Timelog:
        timelog = Timelog(self._new_timelog_id(), issuable, user, seconds, spent_at, summary, self.now())
        self._keep(timelog)
        return timelog

    def _keep(self, timelog: Timelog) -> None:
        self.revision += 1
        self._timelogs[timelog.id] = timelog
        self._seconds[timelog.issuable] = self.total_seconds(timelog.issuable) + timelog.seconds
        timelog.issuable.updated_at = self.now()

    def _copy(self, timelog: Timelog, to: Issuable) -> None:
        self._keep(replace(timelog, id=self._new_timelog_id(), issuable=to))

    def _remove(self, timelog: Timelog) -> None:
        self.revision += 1
        del self._timelogs[timelog.id]
        self._seconds[timelog.issuable] -= timelog.seconds
        timelog.issuable.updated_at = self.now()
