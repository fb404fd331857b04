"""Which of Toggl's two sources a window is read from, and how an interrupted reading goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.errors import CallUnfinished, InvalidInput, TogglQuotaExceeded, TogglUnavailable
from contract.limits import NEXT_PAGE_NEEDS_SECONDS
from functions.fetch.entries import Kept, read_entries
from functions.shared.model.entry import Window
from functions.shared.toggl.client import Toggl, Tracked
from local.standins.toggl import server as stand_in
from local.standins.toggl.server import on_reports

TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
REACH = NOW - timedelta(days=85)


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class Reader:
    """A person's Toggl and what reads it, call by call."""

    server: stand_in.Toggl
    clock: Clock
    files: list[str] = field(default_factory=list)

    def read(self, window: Window, workspace: str = "", *, seconds_left: float = 1e9) -> Tracked:
        self.clock.sleep(2)
        toggl = Toggl(self.server.url, TOKEN, 3600, clock=self.clock, sleep=self.clock.sleep)

        def save(values: list[Any]) -> None:
            self.files.append(json.dumps(values))

        kept = Kept(load=lambda: json.loads(self.files[-1]) if self.files else None, save=save)
        return read_entries(toggl, window, NOW, workspace, kept=kept, seconds_left=lambda: seconds_left)

    def track(self, start: datetime, **how: Any) -> int:
        return self.server.add_entry("#12", start, 600, **how).id

    def asked(self) -> list[str]:
        """Which of the two was asked, in order; whose token it is aside."""
        paths = [request.path for request in self.server.requests]
        return ["list" if path.endswith("me/time_entries") else "report" for path in paths if "time_entries" in path]


@pytest.fixture
def reader() -> Iterator[Reader]:
    clock = Clock()
    with stand_in.Toggl(clock=clock, token=TOKEN, now=lambda: NOW, burst_limit=True, plan="premium") as server:
        yield Reader(server, clock)


def window(start: datetime, end: datetime) -> Window:
    return Window(start, end, "UTC")


def ids(tracked: Tracked) -> list[int]:
    return [entry.id for entry in tracked.entries]


def test_the_last_85_days_are_read_from_the_list_alone(reader: Reader) -> None:
    tracked = reader.track(REACH)

    fetched = reader.read(window(REACH, NOW))

    assert ids(fetched) == [tracked]
    assert reader.asked() == ["list"]


def test_what_is_older_is_read_from_reports_with_a_day_more_at_both_ends(reader: Reader) -> None:
    start, end = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 3, tzinfo=UTC)
    reader.track(start - timedelta(seconds=1))
    first, last = reader.track(start), reader.track(end - timedelta(seconds=1))
    reader.track(end)

    fetched = reader.read(window(start, end))

    body = next(request.json() for request in reader.server.requests if on_reports(request))
    assert ids(fetched) == [first, last]
    assert (body["start_date"], body["end_date"]) == ("2026-01-31", "2026-02-04")
    assert reader.asked() == ["report"]


def test_a_window_from_long_ago_until_now_is_read_from_both_each_entry_once(reader: Reader) -> None:
    old, before, at, new = (
        reader.track(start) for start in (REACH - timedelta(days=9), REACH - timedelta(seconds=1), REACH, NOW)
    )
    running = reader.server.add_entry("runs", NOW - timedelta(days=2), running=True)

    fetched = reader.read(window(REACH - timedelta(days=10), NOW + timedelta(seconds=1)))

    assert ids(fetched) == [old, before, at, running.id, new]
    assert fetched.running_since == running.start


def test_every_workspace_is_read_unless_one_is_set(reader: Reader) -> None:
    start = datetime(2026, 2, 1, tzinfo=UTC)
    other = reader.server.add_workspace("Garden")
    here, there = reader.track(start), reader.track(start + timedelta(hours=1), workspace=other)
    day = window(start, start + timedelta(days=1))

    assert ids(reader.read(day)) == [here, there]
    reader.files.clear()
    assert ids(reader.read(day, str(other))) == [there]


def test_years_are_read_in_reports_of_a_year(reader: Reader) -> None:
    first, last = datetime(2023, 3, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    tracked = [reader.track(start) for start in (first, datetime(2024, 2, 29, 12, tzinfo=UTC), last)]

    fetched = reader.read(window(first, last + timedelta(days=1)))

    assert ids(fetched) == tracked
    assert reader.asked() == ["report"] * 4


def test_a_reading_that_meets_the_quota_goes_on_where_it_was(reader: Reader) -> None:
    start = datetime(2026, 2, 1, tzinfo=UTC)
    tracked = [reader.track(start + timedelta(minutes=number)) for number in range(230)]
    year = window(start, start + timedelta(days=1))
    reader.server.fail("quota", when=on_reports, skip=2, times=2, seconds=600)

    for _again in range(2):
        with pytest.raises(TogglQuotaExceeded):
            reader.read(year)
    fetched = reader.read(year)

    assert ids(fetched) == tracked
    assert reader.asked() == ["report"] * (5 + 2)
    assert len([request for request in reader.server.requests if request.path.endswith("/me")]) == 1


def test_a_reading_began_when_its_first_call_did(reader: Reader) -> None:
    start = REACH - timedelta(days=9)
    for number in range(60):
        reader.track(start + timedelta(minutes=number))
    began = reader.clock.seconds
    reader.server.now = lambda: NOW + timedelta(seconds=int(reader.clock.seconds - began))
    reader.server.fail("quota", when=on_reports, skip=1, seconds=600)
    with pytest.raises(TogglQuotaExceeded):
        reader.read(window(start, NOW))
    reader.clock.sleep(600)

    fetched = reader.read(window(start, NOW))

    assert fetched.read_at is not None
    assert NOW <= fetched.read_at < NOW + timedelta(seconds=10)


def test_a_reading_that_was_begun_by_an_earlier_version_goes_on(reader: Reader) -> None:
    start = datetime(2026, 2, 1, tzinfo=UTC)
    tracked = reader.track(start)
    begun = {"user_id": reader.server.user_id, "workspaces": [reader.server.workspace_id], "report": 0}
    reader.files.append(json.dumps([begun | {"next_page": None}]))

    fetched = reader.read(window(start, start + timedelta(days=1)))

    assert (ids(fetched), fetched.read_at) == ([tracked], None)


def test_a_call_whose_time_is_over_leaves_the_rest_to_the_next(reader: Reader) -> None:
    start = datetime(2026, 2, 1, tzinfo=UTC)
    tracked = [reader.track(start + timedelta(minutes=number)) for number in range(60)]
    day = window(start, start + timedelta(days=1))

    with pytest.raises(CallUnfinished, match=r"^0 entries"):
        reader.read(day, seconds_left=NEXT_PAGE_NEEDS_SECONDS - 0.1)
    fetched = reader.read(day, seconds_left=NEXT_PAGE_NEEDS_SECONDS)

    assert ids(fetched) == tracked


def test_a_report_that_cannot_be_read_is_never_taken_for_no_entries(reader: Reader) -> None:
    start = datetime(2026, 2, 1, tzinfo=UTC)
    reader.server.fail("server_error", when=on_reports)

    with pytest.raises(TogglUnavailable):
        reader.read(window(start, start + timedelta(days=1)))


def test_more_entries_than_a_run_takes_are_refused_while_they_come(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.shared.handover.size.ENTRIES_AT_MOST", 60)
    start = datetime(2026, 2, 1, tzinfo=UTC)
    for number in range(200):
        reader.track(start + timedelta(minutes=number))

    with pytest.raises(InvalidInput, match="Split the dates"):
        reader.read(window(start, start + timedelta(days=1)))

    assert reader.asked() == ["report"] * 2
