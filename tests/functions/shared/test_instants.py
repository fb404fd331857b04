"""Instants as the APIs write them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract.settings import Settings
from functions.fetch.window import resolve, start_of_day
from functions.shared.instants import format_instant, parse_instant

without_deadline = property_settings(deadline=None)  # a busy machine is no failure


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T09:00:00Z",
        "2026-11-20T09:00:00+00:00",
        "2026-11-20T09:00:00-00:00",
        "2026-11-20t09:00:00z",
        "2026-11-20 09:00:00Z",
        "2026-11-20T10:00:00+01:00",
        "2026-11-20T14:45:00+05:45",
        "2026-11-19T23:00:00-10:00",
        "2026-11-20T09:00:00.1Z",
        "2026-11-20T09:00:00.999999999Z",
        "2026-11-20T09:00:00.000+00:00",
    ],
)
def test_every_way_to_write_an_instant_gives_the_same_in_utc_without_its_fraction(text: str) -> None:
    instant = parse_instant(text)

    assert instant == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert instant.tzinfo is UTC


def test_a_leap_day_is_an_instant() -> None:
    assert parse_instant("2028-02-29T00:00:00Z") == datetime(2028, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "2026-11-20T09:00:00",
        "2026-11-20T09:00Z",
        "20261120T090000Z",
        "2026-11-20T09:00:00+0100",
        "2026-11-20T09:00:00 Z",
        " 2026-11-20T09:00:00Z",
        "2026-11-20T09:00:00Z\n",
        "2026-11-20T09:00:00.Z",
        "2026-02-29T09:00:00Z",
        "2026-13-01T09:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T09:60:00Z",
        "2026-11-20T09:00:00+24:00",
        "２０２６-11-20T09:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_what_is_no_rfc_3339_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - only the type is promised
        parse_instant(text)


@without_deadline
@given(st.text(max_size=30))
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert parse_instant(text).tzinfo is UTC


def test_an_instant_is_written_in_utc_with_a_z_and_whole_seconds() -> None:
    instant = datetime(2026, 11, 20, 9, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=45)))

    assert format_instant(instant) == "2026-11-20T03:15:00Z"


@without_deadline
@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)),  # noqa: DTZ001 - the zone comes with the offset
    st.integers(-14 * 60, 14 * 60),
)
def test_an_instant_survives_being_written_and_read(moment: datetime, offset_minutes: int) -> None:
    instant = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset_minutes)))

    assert parse_instant(format_instant(instant)) == instant
    assert parse_instant(instant.isoformat()) == instant


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
        ("noon", "'noon' is not an RFC 3339 instant"),
        ("0001-01-01T00:00:00+01:00", "'0001-01-01T00:00:00.01:00' is outside of the calendar"),
    ],
)
def test_what_is_no_instant_is_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=f"^{why}$"):
        parse_instant(text)
