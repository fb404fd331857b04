"""Whether the next run by the schedule looks at an entry, and why: what a late change would come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from cli.terminal.text import in_utc
from contract.settings import Settings
from contract.state import SyncState
from functions.fetch.changes import Wanted, is_taken
from functions.fetch.window import resolve
from functions.shared.model.entry import TimeEntry


class NextRun(StrEnum):
    """What the next run does about an entry."""

    ITS_DAY = "its_day"
    CHANGED = "changed"
    PENDING = "pending"
    TOO_LATE = "too_late"
    UNCHANGED = "unchanged"
    NOT_YET = "not_yet"


@dataclass(frozen=True)
class Morning:
    """The next run without dates, as a deployment's record and settings have it.

    now: an aware instant, at which it would start.
    """

    settings: Settings
    state: SyncState
    now: datetime

    @cached_property
    def wanted(self) -> Wanted:
        return Wanted.of(resolve({}, self.settings, self.now, self.state), self.state, self.now)

    def about(self, entry: TimeEntry) -> NextRun:
        """What it does about an entry as Toggl has it now."""
        wanted = self.wanted
        if entry.start >= wanted.window.end:
            return NextRun.NOT_YET
        if entry.start >= wanted.window.start:
            return NextRun.ITS_DAY
        if not is_taken(entry, wanted):
            return NextRun.UNCHANGED
        if wanted.earliest_start is not None and entry.start < wanted.earliest_start:
            return NextRun.TOO_LATE
        return NextRun.PENDING if entry.id in wanted.pending else NextRun.CHANGED

    def in_words(self, entry: TimeEntry) -> str:
        """The same for a person."""
        about = self.about(entry)
        changed = "" if entry.at is None else f", at {in_utc(entry.at)}"
        reasons = {one.id: one.reason for one in self.state.pending}
        words = {
            NextRun.ITS_DAY: "the next run reads its day",
            NextRun.CHANGED: f"a late change: it was changed in Toggl{changed}, and the next run takes it in",
            NextRun.PENDING: f"the next run looks at it again: {reasons.get(entry.id, '')}",
            NextRun.TOO_LATE: f"it was changed in Toggl{changed}, which is too late: start a run with its day",
            NextRun.UNCHANGED: f"the next run leaves it alone: {self._why_alone()}",
            NextRun.NOT_YET: "it starts after the time that the next run covers",
        }
        return words[about]

    def _why_alone(self) -> str:
        seen = self.state.changes_seen
        if not self.settings.catch_up_days:
            return "its day is over, and catch_up_days is 0"
        if seen is None:
            return "its day is over, and no run has looked for changes yet"
        return f"it has not changed in Toggl since {in_utc(seen)}, when a run last looked for changes"
