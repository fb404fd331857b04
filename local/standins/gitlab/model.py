"""The things that the GitLab stand-in knows: users, groups, projects, what time is logged on, timelogs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, cast

ACCESS_LEVELS = {"guest": 10, "planner": 15, "reporter": 20, "developer": 30, "maintainer": 40, "owner": 50}
ROLES = tuple(ACCESS_LEVELS)
Kind = Literal["Issue", "MergeRequest", "GroupItem"]

_SIGNS: dict[Kind, str] = {"Issue": "#", "MergeRequest": "!", "GroupItem": "&"}


@dataclass
class User:
    """Someone who logs time. The id stays when the username changes. `blocked` users may not use the API."""

    id: int
    username: str
    name: str
    bot: bool = False
    blocked: bool = False


@dataclass(frozen=True)
class Group:
    """A group, or a group in a group, which a project's path names."""

    id: int
    full_path: str


@dataclass
class Project:
    """A project; `roles` maps usernames to roles, everyone else has `default_role`. None: not a member.

    A `public` one may be read by everybody. An `archived` one may be read and not changed. Both may be set at any time.
    """

    id: int
    full_path: str
    name: str
    name_with_namespace: str
    roles: dict[str, str | None]
    default_role: str | None
    public: bool = False
    archived: bool = False
    label_ids: dict[str, int] = field(default_factory=dict)

    def role_of(self, user: User) -> str | None:
        return self.roles.get(user.username, self.default_role)

    def has_role(self, user: User, least: str) -> bool:
        role = self.role_of(user)
        return role is not None and ROLES.index(role) >= ROLES.index(least)


@dataclass(eq=False)
class Issuable:
    """What time is logged on: an issue (or another work item) or a merge request of a project, an epic of a group."""

    kind: Kind
    id: int
    iid: int
    place: Project | Group
    title: str
    created_at: datetime
    updated_at: datetime
    author: User | None = None
    description: str = ""
    state: str = "opened"
    confidential: bool = False
    discussion_locked: bool = False
    issue_type: str = "ISSUE"
    labels: list[str] = field(default_factory=list)
    closed_at: datetime | None = None
    moved_to: Issuable | None = None

    @property
    def project(self) -> Project:
        """Raises LookupError for what belongs to a group."""
        if self.kind == "GroupItem":
            raise LookupError(f"{self.reference} belongs to a group and has no project")
        return cast("Project", self.place)

    @property
    def gid(self) -> str:
        return f"gid://gitlab/{'WorkItem' if self.kind == 'GroupItem' else self.kind}/{self.id}"

    @property
    def short_reference(self) -> str:
        return f"{_SIGNS[self.kind]}{self.iid}"

    @property
    def reference(self) -> str:
        """The full reference, such as `group/project#12`, `group/project!45` or `group&3`."""
        return f"{self.place.full_path}{self.short_reference}"


@dataclass(frozen=True)
class Timelog:
    """Time spent. `spent_at` is an aware UTC instant, or None as REST and old tools leave it."""

    id: int
    issuable: Issuable
    user: User
    seconds: int
    spent_at: datetime | None
    summary: str | None
    created_at: datetime

    @property
    def gid(self) -> str:
        return f"gid://gitlab/Timelog/{self.id}"


class LedgerRow(NamedTuple):
    """A timelog in a test's words, such as ("group/project#12", 1800, "2026-11-20T09:00:00Z", "[toggl:1] x", "ada")."""

    reference: str
    seconds: int
    spent_at: str | None
    summary: str | None
    username: str
