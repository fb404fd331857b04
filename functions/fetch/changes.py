"""What happened late: entries that were typed, edited, moved or deleted in Toggl after their day was synced.

One request asks what was modified. Where its answer is not enough, days are read once more: for the older half of a
full answer, for entries whose change is too long ago, and for those whose project came without its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from contract.state import Pending, SyncState, Version
from functions.fetch.reach import changes_since, earliest_start, takes_late_changes
from functions.fetch.window import Run
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.toggl.client import NOTHING_MODIFIED, REACH, Modified, Toggl, Tracked

A_SECOND = timedelta(seconds=1)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

ById = dict[int, TimeEntry]


class Wanted(NamedTuple):
    """What a run wants of what was modified.

    pending: entries to be looked at again, by id. since: from when on entries are taken in because they were changed,
    or None. seen: versions since then that an earlier run has looked at. earliest_start, reach: before it nothing is
    read by its day, since it is too late or Toggl does not tell any more.
    """

    window: Window
    pending: Mapping[int, Pending]
    since: datetime | None
    seen: frozenset[Version]
    earliest_start: datetime | None
    reach: datetime

    @classmethod
    def of(cls, run: Run, state: SyncState, started_at: datetime) -> Wanted:
        return cls(
            window=run.window,
            pending={one.id: one for one in state.pending} if takes_late_changes(run) else {},
            since=changes_since(run, state, started_at),
            seen=frozenset(state.seen),
            earliest_start=earliest_start(run),
            reach=started_at - REACH,
        )


class Read(NamedTuple):
    """What a run has read of Toggl.

    entries: those of the window and those that were changed, oldest first, each once as it was changed last.
    looked_at: the versions that this run or an earlier one takes in. pending: what earlier runs left to be looked at
    again, without what is not there any more.
    """

    entries: list[TimeEntry]
    deleted_ids: list[int]
    running_since: datetime | None
    read_at: datetime | None
    looked_at: frozenset[Version]
    pending: tuple[Pending, ...]


def read_changes(toggl: Toggl, run: Run, state: SyncState, tracked: Tracked, started_at: datetime) -> Read:
    """What was read of the window, brought up to date, and what was changed besides. Raises what `Toggl` raises.

    tracked: what Toggl had in the window. started_at: when the run started.
    """
    wanted = Wanted.of(run, state, started_at)
    since = _since(run, state, wanted)
    modified = NOTHING_MODIFIED if since is None else toggl.modified_since(since)
    by_day = _latest([*tracked.entries, *_read_older(toggl, wanted, modified)])
    changed = _latest(entry for entry in modified.entries if _is_newer(entry, by_day.get(entry.id)))
    named, unplaced = _read_named(toggl, wanted, changed)
    present = _undeleted({**by_day, **changed, **named}, modified.deleted_at)
    taken = [entry for entry in present.values() if is_taken(entry, wanted) and entry.id not in unplaced]
    looked_at = {*_versions(taken), *(wanted.seen & _versions(present.values()))}
    running = [entry.start for entry in present.values() if entry.is_running]
    running += [] if tracked.running_since is None else [tracked.running_since]
    return Read(
        entries=sorted(taken, key=lambda entry: (entry.start, entry.id)),
        deleted_ids=sorted(modified.deleted_at.keys() - present.keys()),
        running_since=min(running, default=None),
        read_at=tracked.read_at or modified.read_at,
        looked_at=frozenset(looked_at),
        pending=tuple(one for one in state.pending if one.id in present or _is_waited_for(one, run, wanted)),
    )


def _since(run: Run, state: SyncState, wanted: Wanted) -> datetime | None:
    """From when on Toggl is asked for what was modified: the earliest of all that is wanted; None for nothing."""
    instants = [one.at for one in wanted.pending.values() if one.at is not None and one.at >= wanted.reach]
    if wanted.since is not None:
        instants.append(wanted.since)
    if run.settings.remove_deleted:
        # Nothing is deleted before it started, or before it was posted.
        instants.append(max(min(run.window.start, state.changes_seen or run.window.start), wanted.reach))
    return min(instants, default=None)


def _read_older(toggl: Toggl, wanted: Wanted, modified: Modified) -> list[TimeEntry]:
    """Entries of days before the window that may have been changed without being told by their change."""
    until = [wanted.window.start] if any(_is_out_of_reach(one, wanted) for one in wanted.pending.values()) else []
    if modified.incomplete_until is not None and (wanted.since is not None or wanted.pending):
        # Of those that start in this very second some may be missing.
        until.append(modified.incomplete_until + A_SECOND)
    if not until or wanted.earliest_start is None:
        return []
    end = min(wanted.window.start, max(until))
    return toggl.time_entries(replace(wanted.window, start=max(wanted.earliest_start, wanted.reach), end=end)).entries


def _read_named(toggl: Toggl, wanted: Wanted, changed: ById) -> tuple[ById, set[int]]:
    """The changed entries whose project came without its name, with the name; and those that are not there any more.

    The latter were changed once more meanwhile, and come with the next run.
    """
    nameless = {entry.id: entry.start for entry in changed.values() if _lacks_a_name(entry, wanted)}
    if not nameless:
        return {}, set()
    first, last = max(min(nameless.values()), wanted.reach), max(nameless.values())
    again = toggl.time_entries(replace(wanted.window, start=first, end=last + A_SECOND)).entries
    named = {entry.id: entry for entry in again if entry.id in nameless}
    return named, nameless.keys() - named.keys()


def _lacks_a_name(entry: TimeEntry, wanted: Wanted) -> bool:
    """Whether it matters that the name of its project is missing: nobody looks at that of one that is too late."""
    is_too_late = wanted.earliest_start is not None and entry.start < wanted.earliest_start
    is_nameless = entry.project_id is not None and entry.project_name is None
    return is_nameless and not is_too_late and is_taken(entry, wanted)


def is_taken(entry: TimeEntry, wanted: Wanted) -> bool:
    """Whether this run looks at an entry. What starts at or after the window's end waits for its own run."""
    if entry.start >= wanted.window.start:
        return entry.start < wanted.window.end
    if entry.id in wanted.pending:
        return True
    if wanted.since is None:
        return False
    return entry.at is None or (entry.at >= wanted.since and Version(entry.id, entry.at) not in wanted.seen)


def _is_out_of_reach(one: Pending, wanted: Wanted) -> bool:
    """Whether a pending entry was changed too long ago to be told by its change."""
    return one.id in wanted.pending and (one.at is None or one.at < wanted.reach)


def _is_waited_for(one: Pending, run: Run, wanted: Wanted) -> bool:
    """Whether a later run may look at a pending entry that this one did not find.

    A deployment that catches nothing up has no such run, once the entry's day has left the window.
    """
    is_given_up = run.is_ordinary and run.settings.catch_up_days == 0 and "catch_up_days" not in run.overrides
    return not (is_given_up or _is_out_of_reach(one, wanted))


def _latest(entries: Iterable[TimeEntry]) -> ById:
    """Of each entry the version with the later change."""
    latest: ById = {}
    for entry in entries:
        if _is_newer(entry, latest.get(entry.id)):
            latest[entry.id] = entry
    return latest


def _is_newer(entry: TimeEntry, known: TimeEntry | None) -> bool:
    """A version whose change is not known is the older one."""
    return known is None or (entry.at or LONG_AGO) > (known.at or LONG_AGO)


def _undeleted(entries: ById, deleted_at: Mapping[int, datetime]) -> ById:
    """Those that were not deleted after the change that was read."""
    return {id_: one for id_, one in entries.items() if id_ not in deleted_at or (one.at or LONG_AGO) > deleted_at[id_]}


def _versions(entries: Iterable[TimeEntry]) -> frozenset[Version]:
    return frozenset(Version(entry.id, entry.at) for entry in entries if entry.at is not None)
