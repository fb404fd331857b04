"""The domain's types. They are made at the edges (the two clients, the handlers) and travel through the core unchanged.

Each type that crosses between states writes and reads its own JSON here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from functions.shared.instants import format_instant, parse_instant


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open span [start, end) that a run covers, as instants; days are counted in `timezone`.

    gap: the first and last local day (ISO dates) that a catch-up could not reach any more, or None.
    """

    start: datetime
    end: datetime
    timezone: str
    gap: tuple[str, str] | None = None

    def contains(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def to_json(self) -> dict[str, Any]:
        zone = ZoneInfo(self.timezone)
        return {
            "start": self.start.astimezone(zone).isoformat(),
            "end": self.end.astimezone(zone).isoformat(),
            "timezone": self.timezone,
            "gap": None if self.gap is None else {"start": self.gap[0], "end": self.gap[1]},
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        gap = value["gap"]
        return cls(
            start=parse_instant(value["start"]),
            end=parse_instant(value["end"]),
            timezone=value["timezone"],
            gap=None if gap is None else (gap["start"], gap["end"]),
        )


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """One Toggl time entry. Instants are UTC; `duration_seconds` is what Toggl says, negative while it runs."""

    id: int
    start: datetime
    stop: datetime | None
    duration_seconds: int
    description: str
    billable: bool
    workspace_id: int
    project_id: int | None
    project_name: str | None

    @property
    def is_running(self) -> bool:
        return self.stop is None or self.duration_seconds < 0

    @property
    def seconds(self) -> int:
        """The raw length, `stop - start`; 0 for one that still runs."""
        return 0 if self.stop is None else (self.stop - self.start) // timedelta(seconds=1)

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "start": format_instant(self.start),
            "stop": None if self.stop is None else format_instant(self.stop),
            "duration_seconds": self.duration_seconds,
            "description": self.description,
            "billable": self.billable,
            "workspace_id": self.workspace_id,
            "project_id": self.project_id,
            "project_name": self.project_name,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(
            **value
            | {
                "start": parse_instant(value["start"]),
                "stop": None if value["stop"] is None else parse_instant(value["stop"]),
            }
        )


@dataclass(frozen=True, slots=True)
class Project:
    """A GitLab project. `id` is its number; `name_with_namespace` is how page titles show it (`Group / Project`)."""

    id: int
    full_path: str
    name_with_namespace: str


@dataclass(frozen=True, slots=True)
class Target:
    """What time is logged on: an issue or a merge request.

    gid: GitLab's global id, e.g. `gid://gitlab/Issue/77`. name: `group/project#12` or `group/project!45`.
    """

    gid: str
    name: str

    def to_json(self) -> dict[str, Any]:
        return {"gid": self.gid, "name": self.name}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(value["gid"], value["name"])


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be found in one project: issues and merge requests by their iids, and whether the issues' titles.

    path: the project's path as it is to be asked for; empty: as the key under which this stands.
    """

    issues: frozenset[int]
    merge_requests: frozenset[int]
    titles: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class Titled:
    """An issue by its title, as GitLab has it. is_open: whether it is neither closed nor moved."""

    title: str
    is_open: bool
    target: Target


@dataclass(frozen=True, slots=True)
class Found:
    """What there is of it. Issues that have moved are given as the issue that they moved to."""

    project: Project
    issues: Mapping[int, Target]
    merge_requests: Mapping[int, Target]
    titles: tuple[Titled, ...] = ()


@dataclass(frozen=True, slots=True)
class NewIssue:
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
        return cls(value["key"], value["project_path"], value["title"])


@dataclass(frozen=True, slots=True)
class Timelog:
    """One GitLab timelog of the token's user. `gid` changes when its issue moves, so it identifies nothing for long."""

    gid: str
    target: Target | None
    seconds: int
    spent_at: datetime
    summary: str
    on_moved_issue: bool = False

    def posted(self) -> Posted:
        return Posted(self.gid, self.spent_at)


@dataclass(frozen=True, slots=True)
class Posted:
    """A timelog that is already there, as a plan names it: its gid, and the time at which the ledger shows it."""

    gid: str
    spent_at: datetime

    def to_json(self) -> dict[str, Any]:
        return {"gid": self.gid, "spent_at": format_instant(self.spent_at)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(value["gid"], parse_instant(value["spent_at"]))


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one entry: a line of the run's output.

    outcome: created, replaced, kept, deleted, skipped or failed. gone: the entry is no longer in Toggl.
    """

    entry_id: int
    outcome: str
    issue: str | None
    seconds: int
    spent_at: datetime
    reason: str | None = None
    warning: str | None = None
    gone: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "entry_id": self.entry_id,
            "outcome": self.outcome,
            "reason": self.reason,
            "warning": self.warning,
            "gone": self.gone,
            "issue": self.issue,
            "seconds": self.seconds,
            "spent_at": format_instant(self.spent_at),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(**value | {"spent_at": parse_instant(value["spent_at"])})
