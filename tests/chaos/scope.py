"""What a run looks at, worked out from what the documents promise: its days, what was changed late, what is pending.

No code of the product is used here; `Memory.of_item` only reads what a run has left.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local.standins.toggl.server import Entry

DAYS_BACK = 1
CATCH_UP_DAYS = 31
OVERLAP = timedelta(minutes=10)
TOGGL_REACHES_BACK = timedelta(days=85)

Versions = frozenset[tuple[int, datetime]]
"""Entries as they were after a change: id and `at`."""


@dataclass(frozen=True)
class Left:
    """An entry that is pending: its version (None when that is not known), and why."""

    at: datetime | None
    reason: str


@dataclass(frozen=True)
class Memory:
    """What the runs before have left for the next one. first_run: its now."""

    synced_through: date | None = None
    changes_seen: datetime | None = None
    pending: Mapping[int, Left] = field(default_factory=dict)
    seen: Versions = frozenset()
    first_run: datetime | None = None

    @classmethod
    def of_item(cls, item: Mapping[str, str]) -> Memory:
        texts = {name: text for name, text in item.items() if text}
        pending = json.loads(texts.get("pending", "[]"))
        first = texts.get("first_run")
        return cls(
            synced_through=date.fromisoformat(texts["synced_through"]) if "synced_through" in texts else None,
            changes_seen=_instant(texts.get("changes_seen")),
            pending={one["id"]: Left(_instant(one["at"]), one["reason"]) for one in pending},
            seen=frozenset((id_, datetime.fromisoformat(at)) for id_, at in json.loads(texts.get("seen", "[]"))),
            first_run=None if first is None else _instant(json.loads(first)["now"]),
        )

    def finished(self, zone: ZoneInfo) -> date | None:
        """The last day that is finished; before any is, the day before the first run's window.

        As long as no run has seen changes, so are days that a run by hand has finished: they may have been changed.
        """
        if self.first_run is None or (self.synced_through is not None and self.changes_seen is not None):
            return self.synced_through
        begins = self.first_run.astimezone(zone).date() - timedelta(days=DAYS_BACK + 1)
        return begins if self.synced_through is None else min(begins, self.synced_through)


@dataclass(frozen=True)
class Asked:
    """A run's input. started_at: when it starts; scheduled: the schedule's own time; days: inclusive local ones."""

    started_at: datetime
    scheduled: datetime | None = None
    days: tuple[date, date] | None = None
    dry_run: bool = False
    allow_removals: bool = False

    @property
    def now(self) -> datetime:
        return self.scheduled or self.started_at

    def to_input(self) -> dict[str, Any]:
        run_input: dict[str, Any] = {}
        if self.scheduled is not None:
            run_input["scheduled_time"] = self.scheduled.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.days is not None:
            run_input |= {"start_date": self.days[0].isoformat(), "end_date": self.days[1].isoformat()}
        switches = {"dry_run": self.dry_run, "allow_removals": self.allow_removals}
        return run_input | {name: True for name, on in switches.items() if on}


@dataclass(frozen=True)
class Scope:
    """What a run looks at.

    begin, end: of its window. earliest: what is changed and starts before it is too late; None in a dated run.
    entries: oldest first. deleted: the ids that Toggl says are deleted. ledger: from when to when GitLab is read.
    progress: (synced_through, changes_seen) afterwards, if nothing holds it back; None for what does not move.
    """

    asked: Asked
    begin: datetime
    end: datetime
    earliest: datetime | None
    entries: tuple[Entry, ...]
    deleted: frozenset[int]
    ledger: tuple[datetime, datetime]
    begins: date | None
    synced_through: date | None
    changes_seen: datetime | None

    @property
    def is_dated(self) -> bool:
        return self.asked.days is not None

    def has(self, instant: datetime | None) -> bool:
        return instant is not None and self.begin <= instant < self.end


def scope_of(
    entries: Iterable[Entry],
    asked: Asked,
    memory: Memory,
    timezone: str,
    *,
    now: datetime,
    remove_deleted: bool,
    running_everywhere: bool,
) -> Scope:
    """entries: all that Toggl has, also the deleted ones. now: at or after which nothing is posted yet.

    running_everywhere: whether Toggl shows what runs in every window, so that a run knows of all timers.
    """
    zone, every = ZoneInfo(timezone), list(entries)
    present = [entry for entry in every if entry.deleted_at is None]
    today = asked.now.astimezone(zone).date()
    first, last, has_gap = _days(asked, memory, zone, today)
    begin, end = midnight(first, zone), min(asked.now.replace(microsecond=0), midnight(last + timedelta(days=1), zone))
    since, reach = _changes_since(asked, memory), asked.started_at - TOGGL_REACHES_BACK
    pending = memory.pending if asked.days is None else {}
    looked_at = [
        entry
        for entry in present
        if begin <= entry.start < end
        or (entry.start < begin and (entry.id in pending or _is_changed(entry, since, memory)))
    ]
    asked_from = [left.at for left in pending.values() if left.at is not None and left.at >= reach]
    asked_from += [] if since is None else [since]
    if remove_deleted:
        asked_from.append(max(min(begin, memory.changes_seen or begin), reach))
    told = [e for e in every if e.deleted_at is not None and asked_from and e.at >= min(asked_from)]
    running = [
        entry.start
        for entry in present
        if entry.running
        and (running_everywhere or begin <= entry.start < end or (asked_from and entry.at >= min(asked_from)))
    ]
    begins, synced_through = _synced(asked, memory, zone, (begin, min([end, *running])), has_gap=has_gap)
    return Scope(
        asked=asked,
        begin=begin,
        end=end,
        earliest=None if asked.days else min(begin, midnight(today - timedelta(days=CATCH_UP_DAYS), zone)),
        entries=tuple(sorted(looked_at, key=lambda entry: (entry.start, entry.id))),
        deleted=frozenset(entry.id for entry in told),
        ledger=_ledger(asked, memory, zone, (first, end), max(now, asked.now)),
        begins=begins,
        synced_through=synced_through,
        changes_seen=None if asked.days or asked.dry_run else asked.now,
    )


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, looked for minute by minute."""
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    while instant.astimezone(zone).date() < day:
        instant += timedelta(minutes=15)
    return instant


def _days(asked: Asked, memory: Memory, zone: ZoneInfo, today: date) -> tuple[date, date, bool]:
    """The first and the last day, and whether some before them are given up."""
    if asked.days is not None:
        return asked.days[0], min(asked.days[1], today), False
    usual, finished = today - timedelta(days=DAYS_BACK), memory.finished(zone)
    if finished is None:
        return usual, today, False
    undone = finished + timedelta(days=1)
    first = min(usual, max(undone, today - timedelta(days=CATCH_UP_DAYS)))
    return first, today, undone < first


def _changes_since(asked: Asked, memory: Memory) -> datetime | None:
    if asked.days is not None or memory.changes_seen is None:
        return None
    since = memory.changes_seen - OVERLAP
    return since if since >= asked.started_at - TOGGL_REACHES_BACK else None


def _is_changed(entry: Entry, since: datetime | None, memory: Memory) -> bool:
    return since is not None and entry.at >= since and (entry.id, entry.at) not in memory.seen


def _synced(
    asked: Asked, memory: Memory, zone: ZoneInfo, span: tuple[datetime, datetime], *, has_gap: bool
) -> tuple[date | None, date | None]:
    """The day that `synced_through` begins as, and the day that it comes to.

    span: from the window's begin to what is unfinished.
    """
    before = memory.finished(zone)
    day_before, through = (instant.astimezone(zone).date() - timedelta(days=1) for instant in span)
    if asked.dry_run or (before is None and asked.days is not None):
        return None, None
    old = memory.synced_through or before or day_before
    counts = day_before <= old or has_gap
    return old, max(old, through) if counts else old


def _ledger(
    asked: Asked, memory: Memory, zone: ZoneInfo, window: tuple[date, datetime], now: datetime
) -> tuple[datetime, datetime]:
    first, end = window
    if asked.days is None:
        catch_up = timedelta(days=CATCH_UP_DAYS)
        days = [first, asked.now.astimezone(zone).date() - catch_up]
        days += [] if memory.changes_seen is None else [memory.changes_seen.astimezone(zone).date() - catch_up]
        return midnight(min(days) - timedelta(days=7), zone), now
    around = timedelta(days=max(CATCH_UP_DAYS, 7))
    last = (end - timedelta(seconds=1)).astimezone(zone).date()
    return midnight(first - around, zone), min(now, midnight(last + around + timedelta(days=1), zone))


def _instant(text: str | None) -> datetime | None:
    return None if not text else datetime.fromisoformat(text)
