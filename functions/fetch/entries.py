"""The entries of a window, from wherever Toggl has them: the list of the last months, and reports of what is older.

Reports come in pages of 50, and Toggl's quota is 30 requests an hour: a reading that is interrupted leaves a cursor,
and continues there when it is called again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from contract.errors import CallUnfinished
from contract.limits import NEXT_PAGE_NEEDS_SECONDS
from functions.shared.handover.size import refuse_too_many_entries
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.toggl.client import REACH, Toggl, Tracked
from functions.shared.toggl.reports import REPORT_DAYS, NextPage, Report

Json = dict[str, Any]


@dataclass
class Kept:
    """What is kept of a reading between two calls: a cursor, then the entries so far, as JSON.

    begin: forgets what another reading of the same run has kept, when this is its first call. load: what an earlier
    call has kept, or None. save: keeps it.
    """

    begin: Callable[[], None] = lambda: None
    load: Callable[[], list[Json] | None] = lambda: None
    save: Callable[[list[Json]], None] = lambda _values: None


NOTHING_KEPT = Kept()


def read_entries(
    toggl: Toggl,
    window: Window,
    now: datetime,
    workspace_id: str = "",
    *,
    kept: Kept = NOTHING_KEPT,
    seconds_left: Callable[[], float] = lambda: float("inf"),
) -> Tracked:
    """What Toggl has in the window, oldest first, each entry once.

    now: when the run started. workspace_id: the only workspace that counts, or "" for all of the user's. Raises what
    `Toggl` raises, and CallUnfinished when the call's time is over; what was read by then is kept.
    """
    reach = now - REACH
    if window.start >= reach:
        return toggl.time_entries(window)
    kept.begin()
    old = replace(window, end=min(window.end, reach))
    recent = toggl.time_entries(replace(window, start=reach)) if window.end > reach else Tracked([], None)
    cursor = _reported(toggl, old, workspace_id, kept, seconds_left)
    found = {entry.id: entry for entry in [*cursor.entries, *recent.entries]}
    entries = sorted(found.values(), key=lambda entry: (entry.start, entry.id))
    # The list is read again by every call, reports are not.
    read_at = min((at for at in (recent.read_at, cursor.read_at) if at is not None), default=None)
    return Tracked(entries, recent.running_since, read_at)


@dataclass
class _Cursor:
    """Where a reading of reports stands: which of them, and at which page of it.

    read_at: what Toggl's clock said when it began; None when it did not say.
    """

    user_id: int
    workspaces: list[int]
    read_at: datetime | None = None
    report: int = 0
    next_page: NextPage | None = None
    entries: list[TimeEntry] = field(default_factory=list)

    def to_json(self) -> list[Json]:
        position = {
            "user_id": self.user_id,
            "workspaces": self.workspaces,
            "read_at": None if self.read_at is None else format_instant(self.read_at),
            "report": self.report,
            "next_page": self.next_page,
        }
        return [position, *(entry.to_json() for entry in self.entries)]

    @classmethod
    def from_json(cls, values: Sequence[Json]) -> _Cursor:
        position, *entries = values
        read_at = position.get("read_at")
        return cls(
            position["user_id"],
            position["workspaces"],
            None if read_at is None else parse_instant(read_at),
            position["report"],
            position["next_page"],
            [TimeEntry.from_json(value) for value in entries],
        )


def _reported(
    toggl: Toggl, window: Window, workspace_id: str, kept: Kept, seconds_left: Callable[[], float]
) -> _Cursor:
    before = kept.load()
    cursor = _begun(toggl, workspace_id) if before is None else _Cursor.from_json(before)
    reports = list(_reports(window, cursor))
    try:
        while cursor.report < len(reports):
            if seconds_left() < NEXT_PAGE_NEEDS_SECONDS:
                raise CallUnfinished(f"{len(cursor.entries)} entries are read so far; another call continues.")
            page, cursor.next_page = toggl.report(reports[cursor.report], cursor.next_page)
            cursor.entries += [entry for entry in page if window.contains(entry.start)]
            refuse_too_many_entries(len(cursor.entries))
            cursor.report += cursor.next_page is None
    finally:
        # Also of a whole reading: what comes after it may fail and be repeated.
        kept.save(cursor.to_json())
    return cursor


def _begun(toggl: Toggl, workspace_id: str) -> _Cursor:
    workspaces = [int(workspace_id)] if workspace_id else sorted(toggl.workspaces())
    return _Cursor(toggl.profile().id, workspaces, toggl.server_now)


def _reports(window: Window, cursor: _Cursor) -> Iterator[Report]:
    """The reports that cover a window, with a day more at both ends: their days are in the user's own time zone."""
    first, last = window.start.date() - timedelta(days=1), window.end.date() + timedelta(days=1)
    for workspace_id in cursor.workspaces:
        for begin in _days(first, last):
            end = min(begin + timedelta(days=REPORT_DAYS - 1), last)
            yield Report(workspace_id, cursor.user_id, begin, end)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=REPORT_DAYS)
