"""The things that the Toggl stand-in knows: projects, users, time entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Plan = Literal["free", "starter", "premium"]


@dataclass(frozen=True)
class Project:
    """A Toggl project; `client` is the client's name."""

    id: int
    name: str
    workspace_id: int
    client: str | None = None
    active: bool = True


@dataclass(frozen=True)
class User:
    """A member of the workspaces."""

    id: int
    fullname: str
    email: str
    admin: bool = False


@dataclass(frozen=True)
class Entry:
    """A time entry as it is now. `start`, `stop`, `at` and `deleted_at` are in UTC.

    `duration_seconds` is what the service says, which a test may set apart from stop - start. A running entry has no
    stop and no positive duration; with a positive one it is over, although the service tells no stop.
    """

    id: int
    description: str | None
    start: datetime
    stop: datetime | None
    duration_seconds: int
    workspace_id: int
    user_id: int
    at: datetime
    project: Project | None = None
    task: str | None = None
    billable: bool = False
    tags: tuple[str, ...] = ()
    deleted_at: datetime | None = None

    @property
    def running(self) -> bool:
        return self.duration_seconds < 0 or (self.stop is None and self.duration_seconds == 0)

    @property
    def end(self) -> datetime:
        """When it was over; of a running one the start."""
        return self.stop or self.start + timedelta(seconds=max(self.duration_seconds, 0))
