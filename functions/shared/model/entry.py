"""Toggl's side: the window of a run, and the time entries in it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.travel import known_fields


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open span [start, end) that a run covers, as instants; days are counted in `timezone`.

    gap: the first and last local day (ISO dates) that a catch-up could not reach any more, or None. changes_since:
    from when on what was changed in Toggl is taken in as well, wherever it starts; None when that is not asked.
    """

    start: datetime
    end: datetime
    timezone: str
    gap: tuple[str, str] | None = None
    changes_since: datetime | None = None

    def contains(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    def to_json(self) -> dict[str, Any]:
        zone = ZoneInfo(self.timezone)
        return {
            "start": self.start.astimezone(zone).isoformat(),
            "end": self.end.astimezone(zone).isoformat(),
            "timezone": self.timezone,
            "gap": None if self.gap is None else {"start": self.gap[0], "end": self.gap[1]},
            "changes_since": None if self.changes_since is None else self.changes_since.astimezone(zone).isoformat(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        gap, changes_since = value.get("gap"), value.get("changes_since")
        return cls(
            start=parse_instant(value["start"]),
            end=parse_instant(value["end"]),
            timezone=value["timezone"],
            gap=None if gap is None else (gap["start"], gap["end"]),
            changes_since=None if changes_since is None else parse_instant(changes_since),
        )


DESCRIPTION_CHARACTERS = 3_000
"""Toggl's own limit, as far as known: a description that is longer is cut when it is read."""

TAGS = 100
"""Of an entry's tags, so many are read."""


def cut(text: str) -> str:
    """At most so much of a text; a number at its end might be part of a longer one, and goes as well."""
    return text if len(text) <= DESCRIPTION_CHARACTERS else text[:DESCRIPTION_CHARACTERS].rstrip("0123456789")


class Span(NamedTuple):
    """The half-open span [start, end) of instants."""

    start: datetime
    end: datetime

    def to_json(self) -> dict[str, Any]:
        return {"start": format_instant(self.start), "end": format_instant(self.end)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(parse_instant(value["start"]), parse_instant(value["end"]))


_SECOND = timedelta(seconds=1)

Says = tuple[str, str, tuple[str, ...], int | None, str | None]
"""All of an entry that decides where its time goes, see `TimeEntry.says`."""


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """One Toggl time entry. Instants are UTC; `duration_seconds` is what Toggl says, negative while it runs.

    at: when it was changed last, by Toggl's clock; None when that is not known.
    description, task_name, tags: at most `DESCRIPTION_CHARACTERS` each, and at most `TAGS`.
    """

    id: int
    start: datetime
    stop: datetime | None
    duration_seconds: int
    description: str
    billable: bool
    workspace_id: int
    project_id: int | None
    project_name: str | None
    at: datetime | None = None
    task_name: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.stop is None or self.duration_seconds < 0

    @property
    def seconds(self) -> int:
        """The raw length, `stop - start`; 0 for one that still runs."""
        return 0 if self.stop is None else (self.stop - self.start) // _SECOND

    @property
    def says(self) -> Says:
        """Its texts and its project. People continue a timer, so many entries say the same, and go to one place."""
        return self.description, self.task_name or "", self.tags, self.project_id, self.project_name

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
            "at": None if self.at is None else format_instant(self.at),
            "task_name": self.task_name,
            "tags": list(self.tags),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        times = {
            "start": parse_instant(value["start"]),
            "stop": None if value["stop"] is None else parse_instant(value["stop"]),
            "at": None if value.get("at") is None else parse_instant(value["at"]),
            "tags": tuple(value.get("tags", ())),
        }
        return cls(**known_fields(cls, value) | times)
