"""The window of a run, and what an entry knows about itself."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.shared.model.entry import TimeEntry, Window

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
ENTRY = TimeEntry(1, START, START + timedelta(seconds=1700), 1700, "#12", True, 7, 8, "Web Shop")
WINDOW = Window(START, START + timedelta(hours=1), "Europe/Berlin")


def test_a_window_is_shown_in_its_timezone_and_its_gap_by_days() -> None:
    since = START - timedelta(days=1)

    assert replace(WINDOW, gap=("2026-09-01", "2026-10-20"), changes_since=since).to_json() == {
        "start": "2026-11-20T10:00:00+01:00",
        "end": "2026-11-20T11:00:00+01:00",
        "timezone": "Europe/Berlin",
        "gap": {"start": "2026-09-01", "end": "2026-10-20"},
        "changes_since": "2026-11-19T10:00:00+01:00",
    }


def test_a_window_without_a_gap_and_without_changes_says_so() -> None:
    assert WINDOW.to_json() | {"gap": None, "changes_since": None} == WINDOW.to_json()


@pytest.mark.parametrize(
    ("seconds_after_start", "inside"), [(-1, False), (0, True), (3599, True), (3600, False), (3601, False)]
)
def test_a_window_holds_its_start_but_not_its_end(seconds_after_start: int, inside: bool) -> None:
    assert WINDOW.contains(START + timedelta(seconds=seconds_after_start)) is inside


@pytest.mark.parametrize(
    ("stop", "duration_seconds", "running"),
    [
        (START + timedelta(hours=1), 3600, False),
        (START, 0, False),
        (None, -1, True),
        (None, -1_764_000_000, True),
        (None, 0, True),
        (None, 60, True),
        (START + timedelta(hours=1), -1, True),
    ],
)
def test_an_entry_runs_when_it_has_no_stop_or_a_negative_duration(
    stop: datetime | None, duration_seconds: int, running: bool
) -> None:
    assert replace(ENTRY, stop=stop, duration_seconds=duration_seconds).is_running is running


@pytest.mark.parametrize(
    ("length", "seconds"),
    [(timedelta(0), 0), (timedelta(seconds=1), 1), (timedelta(days=40), 3_456_000), (-timedelta(minutes=1), -60)],
)
def test_an_entrys_seconds_are_its_stop_minus_its_start_whatever_its_duration_says(
    length: timedelta, seconds: int
) -> None:
    entry = replace(ENTRY, stop=START + length, duration_seconds=999)

    assert entry.seconds == seconds
    assert type(entry.seconds) is int


def test_an_entry_without_stop_has_no_seconds() -> None:
    assert replace(ENTRY, stop=None).seconds == 0


def test_an_entry_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ENTRY.description = "another"  # type: ignore[misc]
