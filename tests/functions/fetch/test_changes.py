"""What happened late in Toggl, by the stand-in over HTTP: what is asked for, and which version counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.errors import TogglUnavailable
from contract.settings import Settings
from contract.state import Pending, SyncState, Version
from functions.fetch.fetching import fetch
from functions.fetch.window import resolve
from functions.shared.model.entry import TimeEntry
from functions.shared.model.fetched import Fetched
from functions.shared.toggl.client import Toggl
from local.standins.toggl import server as stand_in
from local.standins.toggl.server import on_modified_since

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TODAY = NOW.replace(hour=0)
WINDOW_START = TODAY - timedelta(days=1)
EARLIEST_START = TODAY - timedelta(days=31)
CHANGES_SEEN = NOW - timedelta(days=1)
SYNCED = SyncState(synced_through=(NOW - timedelta(days=2)).date(), changes_seen=CHANGES_SEEN)


@dataclass
class Desk:
    """A person's Toggl, where things happen at `time`, and one run that reads it on 24 November at 9:00."""

    server: stand_in.Toggl
    time: datetime = NOW
    between: dict[int, Callable[[], object]] = field(default_factory=dict)
    """What happens just before the n-th request."""

    def read(self, state: SyncState = SYNCED, run_input: dict[str, Any] | None = None, **settings: Any) -> Fetched:
        self.time = NOW
        run = resolve(run_input or {}, Settings.from_context(settings), NOW, state)
        asked = 0

        def pause(_seconds: float) -> None:
            nonlocal asked
            asked += 1
            self.between.get(asked, lambda: None)()

        return fetch(Toggl(self.server.url, "t", 0, clock=lambda: 0.0, sleep=pause), run, NOW, state)

    def at(self, time: datetime) -> stand_in.Toggl:
        self.time = time
        return self.server

    def asked(self) -> list[dict[str, str]]:
        return [{key: value for key, value in one.query.items() if key != "meta"} for one in self.server.requests]


@pytest.fixture
def desk() -> Iterator[Desk]:
    with stand_in.Toggl(token="t") as server:
        desk = Desk(server)
        server.now = lambda: desk.time
        yield desk


def ids(fetched: Fetched) -> list[int]:
    return [entry.id for entry in fetched.entries]


def the_only(fetched: Fetched) -> TimeEntry:
    [entry] = fetched.entries
    return entry


def seconds(instant: datetime) -> str:
    return str(int(instant.timestamp()))


def day(number: int, hour: int = 14) -> datetime:
    """An hour of a day so many days ago."""
    return TODAY - timedelta(days=number) + timedelta(hours=hour)


THIS_WINDOW = {"start_date": "2026-11-23T00:00:00Z", "end_date": "2026-11-24T09:00:00Z"}


def test_a_quiet_morning_is_two_requests_and_touches_nothing(desk: Desk) -> None:
    desk.at(day(10)).add_entry("#12", day(10), 600)

    fetched = desk.read()

    assert fetched.entries == ()
    assert desk.asked() == [THIS_WINDOW, {"since": seconds(CHANGES_SEEN - timedelta(minutes=10))}]
    assert fetched.window.changes_since == CHANGES_SEEN - timedelta(minutes=10)


def test_what_is_typed_edited_or_moved_later_is_taken_in_wherever_it_starts(desk: Desk) -> None:
    edited, moved, moved_away = (desk.at(day(5)).add_entry("#12", start, 600).id for start in (day(5), day(4), day(1)))
    typed = desk.at(day(1)).type_in("#12", day(9), 600).id
    desk.server.edit(edited, description="#13")
    desk.server.move(moved, day(7))
    desk.server.move(moved_away, day(30))

    fetched = desk.read()

    assert ids(fetched) == [moved_away, typed, moved, edited]


@pytest.mark.parametrize(
    ("modified", "comes"),
    [
        (CHANGES_SEEN - timedelta(minutes=10, seconds=1), False),
        (CHANGES_SEEN - timedelta(minutes=10), True),
        (NOW, True),
    ],
)
def test_a_change_is_taken_in_from_ten_minutes_before_those_that_were_seen(
    desk: Desk, modified: datetime, comes: bool
) -> None:
    typed = desk.at(modified).type_in("#12", day(5), 600)

    # A deletion that is asked for from far back brings older changes, which are none of this run's.
    fetched = desk.read(remove_deleted=True, days_back=3)

    assert ids(fetched) == ([typed.id] if comes else [])


def test_a_version_that_an_earlier_run_has_looked_at_is_not_touched_again(desk: Desk) -> None:
    at = CHANGES_SEEN - timedelta(minutes=1)
    known, edited = (desk.at(at).type_in("#12", day(5), 600) for _ in range(2))
    desk.at(at + timedelta(minutes=3)).edit(edited.id, description="#13")
    seen = (Version(known.id, at), Version(edited.id, at))

    fetched = desk.read(SYNCED._replace(seen=seen))

    assert ids(fetched) == [edited.id]


def test_a_version_that_was_looked_at_is_remembered_as_long_as_it_comes_again(desk: Desk) -> None:
    at = NOW - timedelta(minutes=8)
    known = Version(desk.at(at).type_in("#12", day(5), 600).id, at)
    state = SYNCED._replace(changes_seen=NOW - timedelta(minutes=5), seen=(known, Version(1, at)))

    fetched = desk.read(state)

    assert fetched.entries == ()
    assert fetched.progress is not None
    assert fetched.progress.seen == (known,)


def test_what_starts_at_or_after_now_waits_for_its_own_run(desk: Desk) -> None:
    before = desk.at(day(1)).type_in("#12", NOW - timedelta(seconds=1), 600)
    desk.server.type_in("#12", NOW, 600)
    moved = desk.server.type_in("#12", day(5), 600)
    desk.server.move(moved.id, day(-3))

    assert ids(desk.read()) == [before.id]


def test_of_a_change_that_starts_too_long_ago_the_run_knows_that_it_is_too_late(desk: Desk) -> None:
    in_time = desk.at(day(1)).type_in("#12", EARLIEST_START, 600)
    too_late = desk.server.type_in("#12", EARLIEST_START - timedelta(seconds=1), 600)

    fetched = desk.read()

    assert ids(fetched) == [too_late.id, in_time.id]
    assert fetched.earliest_start == EARLIEST_START


def test_entries_of_other_workspaces_and_running_ones_come_as_well(desk: Desk) -> None:
    other = desk.server.add_workspace("Garden")
    elsewhere = desk.at(day(1)).type_in("#12", day(9), 600, workspace=other)
    running = desk.server.add_entry("#12", day(5), running=True, at=day(1))

    fetched = desk.read()

    assert ids(fetched) == [elsewhere.id, running.id]
    assert fetched.progress is not None
    assert fetched.progress.through == day(6).date()


@pytest.mark.parametrize(
    ("state", "run_input", "settings"),
    [
        pytest.param(SYNCED._replace(changes_seen=None), {}, {}, id="none were ever seen"),
        pytest.param(SYNCED._replace(changes_seen=NOW - timedelta(days=86)), {}, {}, id="Toggl does not tell any more"),
        pytest.param(SYNCED, {}, {"catch_up_days": 0}, id="no catching up"),
        pytest.param(SYNCED, {"days_back": 1}, {}, id="days back"),
        pytest.param(SYNCED, {"start_date": "2026-11-23"}, {}, id="dated"),
    ],
)
def test_otherwise_changes_are_not_asked_for(
    desk: Desk, state: SyncState, run_input: dict[str, Any], settings: dict[str, Any]
) -> None:
    desk.at(day(1)).type_in("#12", day(5), 600)

    fetched = desk.read(state, run_input, **settings)

    assert fetched.entries == ()
    assert fetched.window.changes_since is None
    assert desk.asked() == [THIS_WINDOW]


@pytest.mark.parametrize(
    ("state", "run_input", "settings", "since"),
    [
        pytest.param(SyncState(), {}, {}, WINDOW_START, id="from the window's start"),
        pytest.param(SYNCED, {}, {}, WINDOW_START, id="which is before the changes that were seen"),
        pytest.param(SYNCED, {"days_back": 0}, {}, CHANGES_SEEN, id="or from the changes that were seen"),
        pytest.param(SYNCED, {}, {"catch_up_days": 0}, WINDOW_START, id="also without catching up"),
        pytest.param(SYNCED, {"start_date": "2026-11-20"}, {}, day(4, 0), id="in a dated run"),
        pytest.param(SYNCED, {"days_back": 200}, {}, NOW - timedelta(days=85), id="as far as Toggl reaches"),
        pytest.param(
            SYNCED._replace(changes_seen=NOW - timedelta(days=200)),
            {},
            {},
            NOW - timedelta(days=85),
            id="as far as Toggl reaches, after a long time",
        ),
    ],
)
def test_deletions_are_asked_for_when_they_are_removed(
    desk: Desk, state: SyncState, run_input: dict[str, Any], settings: dict[str, Any], since: datetime
) -> None:
    desk.read(state, run_input, remove_deleted=True, **settings)

    assert desk.asked()[-1] == {"since": seconds(since)}


def test_what_toggl_calls_deleted_is_known_and_what_came_back_is_not(desk: Desk) -> None:
    desk.server.undelete_keeps_id = True
    gone, back = (desk.at(day(9)).add_entry("#12", day(9), 600).id for _ in range(2))
    for one in (gone, back):
        desk.at(day(1)).delete(one)
    desk.at(day(1, 15)).undelete(back)

    fetched = desk.read()

    assert fetched.deleted_ids == (gone,)
    assert ids(fetched) == [back]


NO_PERMISSION = "no_permission"


def pending(*entries: tuple[int, datetime | None]) -> SyncState:
    kept = tuple(Pending(number, at, NO_PERMISSION) for number, at in entries)
    return SYNCED._replace(pending=kept)


def test_what_is_pending_is_looked_at_again_and_nothing_else_of_its_time(desk: Desk) -> None:
    first, other, second = (desk.at(day(9, hour)).type_in("#12", day(20), 600) for hour in (10, 11, 12))
    state = pending((second.id, second.at), (first.id, first.at))

    fetched = desk.read(state)

    assert ids(fetched) == [first.id, second.id]
    assert other.id not in ids(fetched)
    assert desk.asked() == [THIS_WINDOW, {"since": seconds(first.at)}]
    assert fetched.window.changes_since == CHANGES_SEEN - timedelta(minutes=10)
    assert fetched.pending == state.pending


def test_what_is_pending_is_looked_at_again_although_its_version_was_seen(desk: Desk) -> None:
    at = CHANGES_SEEN - timedelta(minutes=1)
    refused = desk.at(at).type_in("#12", day(5), 600)

    fetched = desk.read(pending((refused.id, at))._replace(seen=(Version(refused.id, at),)))

    assert ids(fetched) == [refused.id]


@pytest.mark.parametrize("at", [NOW - timedelta(days=85, seconds=1), None])
def test_what_is_pending_since_before_toggls_reach_is_looked_for_by_its_day(desk: Desk, at: datetime | None) -> None:
    # It was typed ahead, long ago.
    refused = desk.at(NOW - timedelta(days=85, seconds=1)).type_in("#12", day(12), 600)
    desk.server.type_in("#13", day(12), 600)
    vanished = Pending(1, at, NO_PERMISSION)
    state = pending((refused.id, at), (vanished.id, at))

    fetched = desk.read(state)

    assert ids(fetched) == [refused.id]
    assert fetched.pending == (Pending(refused.id, at, NO_PERMISSION),)
    assert desk.asked()[2:] == [{"start_date": "2026-10-24T00:00:00Z", "end_date": "2026-11-23T00:00:00Z"}]


@pytest.mark.parametrize("run_input", [{"days_back": 1}, {"start_date": "2026-11-23"}, {"catch_up_days": 0}])
def test_what_is_pending_waits_for_a_run_that_takes_in_late_changes(desk: Desk, run_input: dict[str, Any]) -> None:
    refused = desk.at(day(9)).type_in("#12", day(20), 600)
    state = pending((refused.id, refused.at), (1, NOW - timedelta(days=90)))

    fetched = desk.read(state, run_input)

    assert fetched.entries == ()
    assert fetched.pending == state.pending
    assert len(desk.server.requests) == 1


def test_a_deployment_that_catches_nothing_up_gives_pending_entries_up_with_their_day(desk: Desk) -> None:
    refused = desk.at(day(9)).type_in("#12", day(20), 600)
    today = desk.at(day(1, 16)).type_in("#13", day(1), 600)
    state = pending((refused.id, refused.at), (today.id, today.at))

    fetched = desk.read(state, catch_up_days=0)

    assert [one.id for one in fetched.pending] == [today.id]


def test_a_pending_entry_that_is_deleted_is_known_to_be(desk: Desk) -> None:
    refused = desk.at(day(9)).type_in("#12", day(20), 600)
    desk.at(day(8)).delete(refused.id)

    fetched = desk.read(pending((refused.id, refused.at)))

    assert (ids(fetched), fetched.deleted_ids) == ([], (refused.id,))


@pytest.mark.parametrize("has_names", [True, False])
def test_a_project_without_a_name_is_read_again_by_date_one_range_for_all(desk: Desk, has_names: bool) -> None:
    desk.server.since_has_names = has_names
    desk.server.add_project("Web Shop")
    first, last = (desk.at(day(1)).type_in("#12", day(number), 600, project="Web Shop") for number in (9, 5))
    without = desk.server.type_in("#12", day(20), 600)
    too_late = desk.server.type_in("#12", day(40), 600, project="Web Shop")

    fetched = desk.read()

    assert ids(fetched) == [too_late.id, without.id, first.id, last.id]
    assert [entry.project_name for entry in fetched.entries[2:]] == ["Web Shop"] * 2
    again = {"start_date": "2026-11-15T14:00:00Z", "end_date": "2026-11-19T14:00:01Z"}
    assert desk.asked()[2:] == ([] if has_names else [again])


def test_days_are_read_no_further_back_than_toggl_reaches(desk: Desk) -> None:
    scheduled = (NOW - timedelta(days=3)).isoformat()

    desk.read(pending((1, None)), {"scheduled_time": scheduled}, catch_up_days=84)

    assert desk.asked()[-1] == {"start_date": "2026-08-31T09:00:00Z", "end_date": "2026-11-20T00:00:00Z"}


def test_an_entry_of_long_ago_whose_project_has_no_name_comes_with_the_next_run(desk: Desk) -> None:
    desk.server.since_has_names, desk.server.plan = False, "premium"
    desk.server.add_project("Web Shop")
    old = desk.at(day(100)).add_entry("#12", day(100), 600, project="Web Shop")
    # The list, the workspaces, the user, the report, then what was modified.
    desk.between[4] = lambda: desk.server.edit(old.id, description="#13")

    fetched = desk.read(days_back=120)

    assert fetched.entries == ()
    assert ids(desk.read(days_back=120)) == [old.id]


def test_a_project_without_a_name_in_the_window_is_known_by_the_windows_reading(desk: Desk) -> None:
    desk.server.since_has_names = False
    desk.server.add_project("Web Shop")
    desk.at(day(1)).type_in("#12", day(1), 600, project="Web Shop")

    assert the_only(desk.read()).project_name == "Web Shop"
    assert len(desk.asked()) == 2


def test_an_entry_that_changes_while_the_name_of_its_project_is_looked_for_comes_with_the_next_run(desk: Desk) -> None:
    desk.server.since_has_names = False
    desk.server.add_project("Web Shop")
    typed = desk.at(day(1)).type_in("#12", day(9), 600, project="Web Shop")
    desk.between[2] = lambda: desk.server.move(typed.id, day(20))

    fetched = desk.read()

    assert fetched.entries == ()
    assert fetched.progress is not None
    assert fetched.progress.seen == ()


def test_of_two_versions_the_later_change_counts_also_when_it_leaves_the_window(desk: Desk) -> None:
    out, ahead, gone, edited = (desk.at(day(1)).add_entry("#12", day(1, hour), 600).id for hour in (8, 9, 10, 11))

    def happens() -> None:
        desk.server.move(out, day(6))
        desk.server.move(ahead, day(-1))
        desk.server.delete(gone)
        desk.server.edit(edited, description="#13")

    desk.between[1] = happens
    fetched = desk.read()

    assert [(entry.id, entry.description) for entry in fetched.entries] == [(out, "#12"), (edited, "#13")]
    assert fetched.entries[0].start == day(6)


def test_an_entry_that_leaves_the_window_of_a_run_without_late_changes_leaves_it(desk: Desk) -> None:
    out = desk.at(day(1)).add_entry("#12", day(1, 8), 600)
    desk.between[1] = lambda: desk.server.move(out.id, day(6))

    fetched = desk.read(run_input={"start_date": "2026-11-23"}, remove_deleted=True)

    assert fetched.entries == ()


@pytest.mark.parametrize(("deleted", "stays"), [("08:59:58", True), ("08:59:59", False), ("09:00:00", False)])
def test_a_deletion_counts_unless_the_entry_was_changed_after_it(desk: Desk, deleted: str, stays: bool) -> None:
    entry = desk.at(day(1)).add_entry("#12", day(1), 600, at="2026-11-24T08:59:59Z")
    body = (
        f'[{{"id": {entry.id}, "start": "2026-11-23T14:00:00Z", "at": "2026-11-24T{deleted}Z",'
        f' "server_deleted_at": "2026-11-24T{deleted}Z"}}]'
    )
    desk.server.fail("body", body=body.encode(), when=on_modified_since)

    fetched = desk.read()

    assert (ids(fetched), fetched.deleted_ids) == (([entry.id], ()) if stays else ([], (entry.id,)))


def full(desk: Desk, count: int = 1000) -> list[int]:
    """So many entries of the last nine days, all changed since."""
    desk.time = day(1)
    return [desk.server.type_in("#12", day(9) + timedelta(minutes=number), 30).id for number in range(count)]


def test_when_1000_changes_come_what_starts_before_the_oldest_is_read_by_date(desk: Desk) -> None:
    missing = desk.at(day(1)).type_in("#12", day(20), 600)
    same_second = desk.server.type_in("#12", day(9), 600, id=1)
    unchanged = desk.at(day(15)).type_in("#12", day(15), 600)
    tracked = full(desk)

    fetched = desk.read()

    assert ids(fetched) == [missing.id, same_second.id, *tracked]
    assert unchanged.id not in ids(fetched)
    assert desk.asked()[2:] == [{"start_date": "2026-10-24T00:00:00Z", "end_date": "2026-11-15T14:00:01Z"}]


@pytest.mark.parametrize(("count", "limit", "requests"), [(999, 1000, 2), (1000, 1000, 3), (1001, None, 2)])
def test_only_an_answer_of_exactly_1000_may_be_cut(desk: Desk, count: int, limit: int | None, requests: int) -> None:
    desk.server.since_limit = limit
    tracked = full(desk, count)

    assert ids(desk.read()) == tracked
    assert len(desk.asked()) == requests


def test_1000_deletions_cut_an_answer_as_well(desk: Desk) -> None:
    missing = desk.at(day(1)).type_in("#12", day(20), 600)
    for one in full(desk):
        desk.server.delete(one)

    fetched = desk.read()

    assert ids(fetched) == [missing.id]
    assert len(fetched.deleted_ids) == 1000


def test_a_thousand_changes_of_today_are_completed_no_further_than_the_window_goes_back(desk: Desk) -> None:
    for number in range(1000):
        desk.at(day(0, 8)).type_in("#12", day(1, 0) + timedelta(minutes=number), 30)

    desk.read()

    assert desk.asked()[-1] == {"start_date": "2026-10-24T00:00:00Z", "end_date": "2026-11-23T00:00:00Z"}


def test_a_run_that_takes_in_no_changes_reads_nothing_more_when_1000_come(desk: Desk) -> None:
    full(desk)

    desk.read(SyncState(), remove_deleted=True, days_back=15)

    assert len([asked for asked in desk.asked() if "since" not in asked]) == 2


def test_a_dated_run_reads_nothing_more_when_1000_changes_come(desk: Desk) -> None:
    full(desk)

    fetched = desk.read(run_input={"start_date": "2026-11-23"}, remove_deleted=True)

    assert fetched.entries == ()
    assert len(desk.asked()) == 2


def test_more_than_1000_changes_that_start_in_one_second_fail_instead_of_being_lost(desk: Desk) -> None:
    desk.time = day(1)
    for _ in range(1001):
        desk.server.type_in("#12", day(9), 30)

    with pytest.raises(TogglUnavailable):
        desk.read()

    assert len(desk.asked()) <= 5


def test_changes_that_cannot_be_read_are_never_taken_for_none(desk: Desk) -> None:
    desk.server.fail("server_error", when=on_modified_since)

    with pytest.raises(TogglUnavailable):
        desk.read()


def test_an_entry_of_which_toggl_does_not_say_when_it_was_changed_is_taken_in(desk: Desk) -> None:
    body = b'[{"id": 7, "workspace_id": 1, "start": "2026-11-10T09:00:00Z", "stop": "2026-11-10T09:30:00Z"}]'
    desk.server.fail("body", body=body, when=on_modified_since)

    fetched = desk.read()

    assert (the_only(fetched).id, the_only(fetched).at) == (7, None)


def test_a_window_that_is_empty_still_has_changes(desk: Desk) -> None:
    typed = desk.at(day(1)).type_in("#12", day(5), 600)
    desk.time = TODAY
    state = SYNCED._replace(synced_through=day(1).date())
    desk.server.clock_error_seconds = -40
    run = resolve({}, Settings(days_back=0), TODAY, state)

    fetched = fetch(Toggl(desk.server.url, "t", 0, sleep=lambda _seconds: None), run, TODAY, state)

    assert ids(fetched) == [typed.id]
    assert fetched.progress is not None
    assert fetched.progress.changes_seen == TODAY - timedelta(seconds=40)
