"""Instants are UTC wherever the machine stands."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from contract.settings import Settings
from functions.fetch.window import resolve, start_of_day
from functions.shared.instants import format_instant, parse_instant


@pytest.fixture
def machine_elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own clock is five and a half hours ahead of UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "IST-5:30")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("machine_elsewhere")
def test_the_machines_own_timezone_changes_nothing() -> None:
    nine = datetime(2026, 11, 20, 9, tzinfo=UTC)

    assert format_instant(nine) == "2026-11-20T09:00:00Z"
    assert (parse_instant("2026-11-20T10:00:00+01:00"), parse_instant("2026-11-20T09:00:00Z").tzinfo) == (nine, UTC)


@pytest.mark.usefixtures("machine_elsewhere")
def test_a_windows_ends_are_in_utc_on_a_machine_that_is_not() -> None:
    day = start_of_day(date(2026, 11, 20), ZoneInfo("Europe/Berlin"))
    window = resolve({}, Settings(), datetime(2026, 11, 20, 9, tzinfo=ZoneInfo("Europe/Berlin"))).window

    assert (day, day.tzinfo) == (datetime(2026, 11, 19, 23, tzinfo=UTC), UTC)
    assert (window.end, window.end.tzinfo) == (datetime(2026, 11, 20, 8, tzinfo=UTC), UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("noon", "'noon' is no RFC 3339 instant"),
        ("0001-01-01T00:00:00+01:00", "'0001-01-01T00:00:00.01:00' is outside of the calendar"),
    ],
)
def test_what_is_no_instant_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        parse_instant(text)
