"""The domain's types: what they know about themselves, and their JSON there and back."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from functions.shared.model import NewIssue, Posted, Row, Target, TimeEntry, Timelog, Window

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
ENTRY = TimeEntry(1, START, START + timedelta(seconds=1700), 1700, "#12", True, 7, 8, "Web Shop")
WINDOW = Window(START, START + timedelta(hours=1), "Europe/Berlin")

instants = st.datetimes(
    datetime(2006, 1, 1),  # noqa: DTZ001 - the zone comes with the offset
    datetime(2030, 12, 30),  # noqa: DTZ001
).map(lambda moment: moment.replace(microsecond=0, tzinfo=UTC))
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
targets = st.builds(Target, texts, texts)
posted = st.builds(Posted, texts, instants)
new_issues = st.builds(NewIssue, texts, texts, texts)
rows = st.builds(
    Row,
    entry_id=st.integers(1),
    outcome=st.sampled_from(["created", "replaced", "kept", "deleted", "skipped", "failed"]),
    issue=st.none() | texts,
    seconds=st.integers(0),
    spent_at=instants,
    reason=st.none() | texts,
    warning=st.none() | texts,
    gone=st.booleans(),
)
entries = st.builds(
    TimeEntry,
    id=st.integers(1),
    start=instants,
    stop=st.none() | instants,
    duration_seconds=st.integers(),
    description=texts,
    billable=st.booleans(),
    workspace_id=st.integers(1),
    project_id=st.none() | st.integers(1),
    project_name=st.none() | texts,
)
windows = st.builds(
    Window,
    start=instants,
    end=instants,
    timezone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
    gap=st.none() | st.tuples(st.dates(), st.dates()).map(lambda days: (days[0].isoformat(), days[1].isoformat())),
)


class _Travelling(Protocol):
    def to_json(self) -> dict[str, Any]: ...

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self: ...


@without_deadline
@given(st.one_of(targets, posted, new_issues, rows, entries, windows))
def test_what_crosses_between_states_survives_its_json(value: _Travelling) -> None:
    assert type(value).from_json(json.loads(json.dumps(value.to_json()))) == value


def test_a_row_is_a_line_of_the_output_as_it_is_specified() -> None:
    assert Row(1, "skipped", "group/project#12", 1800, START, reason="too_short").to_json() == {
        "entry_id": 1,
        "outcome": "skipped",
        "reason": "too_short",
        "warning": None,
        "gone": False,
        "issue": "group/project#12",
        "seconds": 1800,
        "spent_at": "2026-11-20T09:00:00Z",
    }


def test_a_window_is_shown_in_its_timezone_and_its_gap_by_days() -> None:
    assert replace(WINDOW, gap=("2026-09-01", "2026-10-20")).to_json() == {
        "start": "2026-11-20T10:00:00+01:00",
        "end": "2026-11-20T11:00:00+01:00",
        "timezone": "Europe/Berlin",
        "gap": {"start": "2026-09-01", "end": "2026-10-20"},
    }


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


def test_a_timelog_is_named_in_a_plan_by_its_number_and_the_time_at_which_the_ledger_shows_it() -> None:
    timelog = Timelog("gid://gitlab/Timelog/5", None, 1800, START, "[toggl:1]")

    assert timelog.posted() == Posted("gid://gitlab/Timelog/5", START)


def test_an_issue_that_is_not_yet_created_is_called_new() -> None:
    assert NewIssue("0123456789abcdef", "acme/shop", "Fix login").name == "acme/shop#new"


def test_the_types_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ENTRY.description = "another"  # type: ignore[misc]
