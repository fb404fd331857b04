"""Weeks of mornings: whatever people do in Toggl between any two runs is taken in, once, wherever it starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.settings import Settings
from contract.state import FirstRun, Pending, SyncState, Version
from functions.fetch.fetching import fetch
from functions.fetch.window import resolve
from functions.shared.model.entry import TimeEntry
from functions.shared.model.fetched import Fetched
from functions.shared.toggl.client import Toggl
from local.standins.toggl import server as stand_in
from local.standins.toggl.model import Entry

FIRST_MORNING = datetime(2026, 11, 2, 9, tzinfo=UTC)
OVERLAP = timedelta(minutes=10)
STILL_CHANGING = timedelta(seconds=5)
SMALL_PAGE = 4
NEVER = datetime.max.replace(tzinfo=UTC)

weeks = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class Happening:
    """What a person does, so many minutes after a morning: to one of the entries that are there, or to a new one."""

    kind: Literal["type", "edit", "move", "split", "delete", "undelete", "start", "stop"]
    minutes: int
    which: int
    days_ago: int
    seconds: int


@dataclass(frozen=True)
class Morning:
    """One day: what people do before its run, and what becomes of the run.

    late_minutes: how long after its scheduled time it reads. refused: which third of the entries GitLab refuses.
    """

    happenings: list[Happening]
    run: Literal["good", "fails", "missed"]
    late_minutes: int
    refused: int | None


def happenings(kinds: list[str]) -> st.SearchStrategy[Happening]:
    return st.builds(
        Happening,
        kind=st.sampled_from(kinds),
        # The last ten minutes are read twice, and so is what happens before a late run reads.
        minutes=st.integers(1, 1440) | st.integers(1425, 1440) | st.integers(1, 90),
        which=st.integers(0, 50),
        days_ago=st.integers(-2, 35) | st.integers(0, 3),
        seconds=st.integers(0, 86_399),
    )


def mornings(kinds: list[str]) -> st.SearchStrategy[list[Morning]]:
    return st.lists(
        st.builds(
            Morning,
            happenings=st.lists(happenings(kinds), max_size=4),
            run=st.sampled_from(["good", "good", "fails", "missed"]),
            late_minutes=st.sampled_from([0, 0, 90]),
            refused=st.sampled_from([None, None, 0, 1]),
        ),
        min_size=2,
        max_size=9,
    )


ALL_KINDS = ["type", "type", "type", "edit", "edit", "move", "move", "split", "delete", "undelete", "start", "stop"]


@dataclass
class Week:
    """A person's Toggl, the runs that read it, and what they leave for the next ones.

    taken: what the runs that count have taken in so far. perhaps_again: what of it was changed in the last seconds
    before a reading. begins: from when on changes are taken in.
    """

    server: stand_in.Toggl
    time: datetime = FIRST_MORNING
    state: SyncState = field(default_factory=SyncState)
    taken: set[Version] = field(default_factory=set)
    perhaps_again: set[Version] = field(default_factory=set)
    told_deleted: set[int] = field(default_factory=set)
    begins: datetime | None = None
    starts: Iterator[int] = field(default_factory=count)

    @classmethod
    def empty(cls, server: stand_in.Toggl) -> Week:
        for entry in server.entries:
            server.forget(entry.id)
        week = cls(server)
        server.now = lambda: week.time
        return week

    def happen(self, one: Happening, time: datetime) -> None:
        self.time = time
        # No two entries start in the same second, so that small pages can be read.
        start = time.replace(hour=0, minute=0, second=0) + timedelta(
            days=-one.days_ago, seconds=one.seconds + next(self.starts)
        )
        there = [entry for entry in self.server.entries if (entry.deleted_at is None) != (one.kind == "undelete")]
        if one.kind == "type":
            self.server.type_in("#12", start, 600, project="Web Shop")
        elif one.kind == "start":
            self.server.start_timer("#12", project="Web Shop")
        elif there:
            self._change(one.kind, there[one.which % len(there)], start)

    def _change(self, kind: str, entry: Entry, start: datetime) -> None:
        match kind:
            case "edit":
                self.server.edit(entry.id, description=f"edited at {self.time}")
            case "move":
                self.server.move(entry.id, start)
            case "split" if entry.stop is not None and entry.stop - entry.start > timedelta(minutes=1):
                self.server.split(entry.id, entry.start + timedelta(seconds=30 + next(self.starts) % 30))
            case "delete":
                self.server.delete(entry.id)
            case "undelete":
                self.server.undelete(entry.id)
            case "stop" if entry.running:
                self.server.edit(entry.id, stop=max(self.time, entry.start))

    def read(self, now: datetime, time: datetime) -> Fetched:
        """What the run of `now` reads at `time`, with a whole quota."""
        self.server.clear()
        self.time = time
        self.state = self.state._replace(first_run=self.state.first_run or FirstRun(now))
        run = resolve({"scheduled_time": now.isoformat()}, Settings(remove_deleted=True), time, self.state)
        toggl = Toggl(self.server.url, self.server.token, 0, clock=lambda: 0.0, sleep=lambda _seconds: None)
        return Fetched.from_json(fetch(toggl, run, time, self.state).to_json())

    def release(self, fetched: Fetched, refused: int | None) -> None:
        """What is left by a run that fails in nothing but refusals, of the entries with this remainder of 3."""
        progress = fetched.progress
        assert progress is not None
        assert progress.changes_seen is not None
        looked_at = {entry.id for entry in fetched.entries}
        stays = [one for one in fetched.pending if one.id not in looked_at.union(fetched.deleted_ids)]
        again = [Pending(one.id, one.at, "no_permission") for one in fetched.entries if one.id % 3 == refused]
        old = self.state.synced_through or progress.begins
        assert old is not None
        assert progress.day_before <= old
        self.state = self.state._replace(
            synced_through=max(old, progress.through),
            pending=tuple(stays + again),
            changes_seen=progress.changes_seen,
            seen=progress.seen,
        )
        read = versions_of(fetched)
        self.taken |= read
        self.perhaps_again |= {one for one in read if one.at >= self.time - STILL_CHANGING}
        self.told_deleted.update(fetched.deleted_ids)
        self.begins = self.begins or progress.changes_seen - OVERLAP

    def late(self, fetched: Fetched) -> set[Version]:
        """What should come besides the window's entries: what no run has taken in, and what is pending."""
        if self.begins is None:
            return set()
        pending = {one.id for one in self.state.pending}
        return {
            version_of(one)
            for one in self.alive()
            if one.start < fetched.window.start
            and (one.id in pending or (one.at >= self.begins and version_of(one) not in self.taken))
        }

    def inside(self, fetched: Fetched) -> set[Version]:
        return {version_of(one) for one in self.alive() if fetched.window.contains(one.start)}

    def alive(self) -> list[Entry]:
        return [entry for entry in self.server.entries if entry.deleted_at is None]


def version_of(entry: Entry) -> Version:
    return Version(entry.id, entry.at)


def versions_of(fetched: Fetched) -> set[Version]:
    assert len({entry.id for entry in fetched.entries}) == len(fetched.entries)
    return {Version(entry.id, entry.at) for entry in fetched.entries if entry.at is not None}


def walk(week: Week, days: list[Morning]) -> Iterator[Fetched]:
    """What the runs read that were not missed; then a good one is released. The last morning's run is a good one."""
    mornings = [*days, Morning([], "good", 0, None)]
    for time, what, day in sorted(timeline(mornings), key=lambda event: event[0]):
        if isinstance(what, Happening):
            week.happen(what, time)
            continue
        fetched = week.read(FIRST_MORNING + timedelta(days=day), time)
        yield fetched
        if what.run == "good":
            week.release(fetched, what.refused)


def timeline(mornings: list[Morning]) -> Iterator[tuple[datetime, Happening | Morning, int]]:
    for day, morning in enumerate(mornings):
        now = FIRST_MORNING + timedelta(days=day)
        if morning.run != "missed":
            yield now + timedelta(minutes=morning.late_minutes), morning, day
        for one in morning.happenings:
            yield now + timedelta(days=-1, minutes=one.minutes), one, day


@pytest.fixture
def server() -> Iterator[stand_in.Toggl]:
    with stand_in.Toggl() as server:
        server.add_project("Web Shop")
        yield server


@weeks
@given(days=mornings(ALL_KINDS), has_names=st.booleans(), keeps_id=st.booleans())
def test_every_version_is_taken_in_by_exactly_one_run_that_counts_and_the_windows_by_each(
    server: stand_in.Toggl, days: list[Morning], has_names: bool, keeps_id: bool
) -> None:
    server.since_has_names, server.undelete_keeps_id = has_names, keeps_id
    week = Week.empty(server)

    for fetched in walk(week, days):
        late = versions_of(fetched) - week.inside(fetched)
        assert week.inside(fetched) <= versions_of(fetched)
        assert week.late(fetched) <= late
        assert late <= week.late(fetched) | week.perhaps_again
        assert all(entry.project_name == "Web Shop" for entry in fetched.entries if not is_too_late(entry, fetched))


@weeks
@given(days=mornings(ALL_KINDS), keeps_id=st.booleans())
def test_what_is_deleted_is_told_to_the_next_run_that_counts_and_nothing_that_is_there(
    server: stand_in.Toggl, days: list[Morning], keeps_id: bool
) -> None:
    server.undelete_keeps_id = keeps_id
    week = Week.empty(server)

    for fetched in walk(week, days):
        alive = {entry.id for entry in week.alive()}
        gone = {entry.id for entry in server.entries if week.begins is not None and entry.at >= week.begins} - alive
        assert gone - week.told_deleted <= set(fetched.deleted_ids)
        assert not alive & set(fetched.deleted_ids)


@weeks
@given(days=mornings([kind for kind in ALL_KINDS if kind != "delete"]), has_names=st.booleans())
def test_nothing_that_is_not_too_late_is_lost_when_more_changes_come_than_an_answer_holds(
    server: stand_in.Toggl, days: list[Morning], has_names: bool
) -> None:
    server.since_has_names, server.since_limit = has_names, SMALL_PAGE
    week = Week.empty(server)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.shared.toggl.client.PAGE_ENTRIES", SMALL_PAGE)
        patch.setattr("local.standins.toggl.entry_list.MAX_ENTRIES", SMALL_PAGE)
        for fetched in walk(week, days):
            late = versions_of(fetched) - week.inside(fetched)
            in_time = {entry.id for entry in week.alive() if entry.start >= (fetched.earliest_start or NEVER)}
            assert week.inside(fetched) <= versions_of(fetched)
            assert {one for one in week.late(fetched) if one.id in in_time} <= late
            assert late <= week.late(fetched) | week.perhaps_again


def is_too_late(entry: TimeEntry, fetched: Fetched) -> bool:
    return fetched.earliest_start is not None and entry.start < fetched.earliest_start
