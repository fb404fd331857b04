"""The window of a run: which instants it covers, as whole local days until now."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract.errors import InvalidInput
from contract.settings import PER_RUN_KEYS, Settings
from contract.state import FirstRun, SyncState
from functions.fetch.window import INPUT_KEYS, resolve, start_of_day
from functions.shared.instants import format_instant, parse_instant

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

NOW = "2026-11-24T09:00:00Z"
ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "America/Scoresbysund",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
]


def _span(run_input: dict[str, Any], timezone: str = "UTC", now: str = NOW, **settings: Any) -> tuple[str, str]:
    deployed = Settings.from_context({"timezone": timezone, **settings})
    window = resolve(run_input, deployed, parse_instant(now)).window
    return format_instant(window.start), format_instant(window.end)


def test_without_dates_the_window_is_yesterday_and_today_until_now() -> None:
    assert _span({}) == ("2026-11-23T00:00:00Z", "2026-11-24T09:00:00Z")


@pytest.mark.parametrize(
    ("days_back", "start"),
    [
        (0, "2026-11-24T00:00:00Z"),
        (1, "2026-11-23T00:00:00Z"),
        (7, "2026-11-17T00:00:00Z"),
        (366, "2025-11-23T00:00:00Z"),
    ],
)
def test_days_back_are_whole_days_before_today(days_back: int, start: str) -> None:
    assert _span({}, days_back=days_back) == (start, NOW)
    assert _span({"days_back": days_back}) == (start, NOW)
    assert _span({"days_back": str(days_back)}) == (start, NOW)


def test_the_scheduled_time_counts_and_not_the_moment_at_which_the_execution_starts() -> None:
    late = "2026-11-25T03:12:44Z"

    assert _span({"scheduled_time": NOW}, now=late) == _span({}, now=NOW)


def test_a_scheduled_time_with_another_offset_is_the_same_instant() -> None:
    assert _span({"scheduled_time": "2026-11-24T10:00:00+01:00"}) == _span({"scheduled_time": NOW})


def test_a_run_that_starts_within_a_second_ends_its_window_at_the_whole_second() -> None:
    run = resolve({}, Settings(), datetime(2026, 11, 24, 9, 0, 0, 999_999, tzinfo=UTC))

    assert run.window.end == datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timezone", "now", "expected"),
    [
        ("Asia/Tokyo", "2026-11-24T16:00:00Z", ("2026-11-23T15:00:00Z", "2026-11-24T16:00:00Z")),
        ("America/Los_Angeles", "2026-11-24T07:59:59Z", ("2026-11-22T08:00:00Z", "2026-11-24T07:59:59Z")),
        ("America/Los_Angeles", "2026-11-24T08:00:00Z", ("2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z")),
    ],
)
def test_today_is_the_day_in_the_runs_timezone(timezone: str, now: str, expected: tuple[str, str]) -> None:
    assert _span({}, timezone=timezone, now=now) == expected
    assert _span({"timezone": timezone}, now=now) == expected


@pytest.mark.parametrize(
    ("timezone", "day", "start", "end"),
    [
        pytest.param("UTC", "2026-11-20", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", id="an ordinary day"),
        pytest.param("UTC", "2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z", id="leap day"),
        pytest.param("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", id="23 hours"),
        pytest.param("Europe/Berlin", "2025-10-26", "2025-10-25T22:00:00Z", "2025-10-26T23:00:00Z", id="25 hours"),
        pytest.param("Asia/Kathmandu", "2026-11-20", "2026-11-19T18:15:00Z", "2026-11-20T18:15:00Z", id="+05:45"),
        pytest.param(
            "America/Sao_Paulo",
            "2018-11-04",
            "2018-11-04T03:00:00Z",
            "2018-11-05T02:00:00Z",
            id="no midnight, Sao Paulo",
        ),
        pytest.param(
            "America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", id="the day before it"
        ),
        pytest.param(
            "Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z", id="no midnight, Beirut"
        ),
        pytest.param(
            "America/Havana", "2025-11-02", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z", id="midnight twice"
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z", id="half an hour more"
        ),
        pytest.param("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", id="no such day"),
    ],
)
def test_one_day_by_hand_is_the_whole_local_day(timezone: str, day: str, start: str, end: str) -> None:
    assert _span({"start_date": day, "end_date": day}, timezone=timezone) == (start, end)


def test_start_and_end_date_are_both_included() -> None:
    assert _span({"start_date": "2026-11-01", "end_date": "2026-11-15"}) == (
        "2026-11-01T00:00:00Z",
        "2026-11-16T00:00:00Z",
    )


@pytest.mark.parametrize("end", [{}, {"end_date": "2026-11-24"}, {"end_date": "2026-11-30"}])
def test_the_window_never_ends_after_now(end: dict[str, str]) -> None:
    assert _span({"start_date": "2026-11-20", **end}) == ("2026-11-20T00:00:00Z", NOW)


def test_a_start_date_of_today_is_not_in_the_future() -> None:
    assert _span({"start_date": "2026-11-24"}) == ("2026-11-24T00:00:00Z", NOW)


def test_the_first_and_the_last_year_that_toggl_knows_are_allowed() -> None:
    assert _span({"start_date": "2006-01-01", "end_date": "2030-12-31"}) == ("2006-01-01T00:00:00Z", NOW)


def test_the_day_after_yesterday_in_utc_may_be_today_where_the_run_is() -> None:
    assert _span({"start_date": "2026-11-25"}, timezone="Asia/Tokyo", now="2026-11-24T16:00:00Z") == (
        "2026-11-24T15:00:00Z",
        "2026-11-24T16:00:00Z",
    )


def test_a_leap_day_is_one_of_the_days_back() -> None:
    assert _span({}, now="2028-03-01T09:00:00Z")[0] == "2028-02-29T00:00:00Z"


def _caught_up(run_input: dict[str, Any], through: str, **settings: Any) -> tuple[str, tuple[str, str] | None]:
    """The first day of a run on 2026-11-24 when all is synced through a day, and the gap."""
    state = SyncState(synced_through=date.fromisoformat(through))
    run = resolve(run_input, Settings.from_context(settings), parse_instant(NOW), state)
    return run.window.start.date().isoformat(), run.window.gap


@pytest.mark.parametrize(
    ("through", "first", "gap"),
    [
        pytest.param("2026-11-24", "2026-11-23", None, id="ahead of the window"),
        pytest.param("2026-11-23", "2026-11-23", None, id="yesterday"),
        pytest.param("2026-11-22", "2026-11-23", None, id="nothing missed"),
        pytest.param("2026-11-21", "2026-11-22", None, id="one day missed"),
        pytest.param("2026-11-16", "2026-11-17", None, id="a week missed"),
        pytest.param("2026-10-23", "2026-10-24", None, id="as far back as it reaches"),
        pytest.param("2026-10-22", "2026-10-24", ("2026-10-23", "2026-10-23"), id="one day too far"),
        pytest.param("2026-01-01", "2026-10-24", ("2026-01-02", "2026-10-23"), id="most of a year"),
    ],
)
@pytest.mark.parametrize("run_input", [{}, {"scheduled_time": NOW}, {"dry_run": True}])
def test_a_run_without_dates_begins_at_the_day_after_the_last_one_synced_through(
    run_input: dict[str, Any], through: str, first: str, gap: tuple[str, str] | None
) -> None:
    assert _caught_up(run_input, through) == (first, gap)


def test_catching_up_never_makes_the_window_shorter_than_days_back() -> None:
    assert _caught_up({}, "2026-11-21", days_back=7) == ("2026-11-17", None)
    assert _caught_up({}, "2026-11-10", days_back=7, catch_up_days=3) == ("2026-11-17", ("2026-11-11", "2026-11-16"))


def test_a_run_without_catching_up_has_the_days_that_it_asks_for_and_tells_what_it_leaves() -> None:
    gap = ("2026-11-02", "2026-11-22")

    assert _caught_up({}, "2026-11-01", catch_up_days=0) == ("2026-11-23", gap)
    assert _caught_up({"catch_up_days": 0}, "2026-11-01") == ("2026-11-23", gap)
    assert _caught_up({}, "2026-11-22", catch_up_days=0) == ("2026-11-23", None)


@pytest.mark.parametrize(
    ("run_input", "first"),
    [
        ({"days_back": 1}, "2026-11-23"),
        ({"days_back": "0"}, "2026-11-24"),
        ({"start_date": "2026-11-20"}, "2026-11-20"),
    ],
)
def test_a_run_that_names_its_days_does_not_catch_up(run_input: dict[str, Any], first: str) -> None:
    assert _caught_up(run_input, "2026-11-01") == (first, None)


def test_the_days_to_catch_up_with_are_days_of_the_runs_timezone() -> None:
    settings = Settings.from_context({"timezone": "Asia/Tokyo"})

    run = resolve({}, settings, parse_instant(NOW), SyncState(synced_through=date(2026, 11, 16)))

    assert format_instant(run.window.start) == "2026-11-16T15:00:00Z"


def test_the_window_shows_its_instants_with_the_local_offset() -> None:
    run = resolve(
        {"start_date": "2026-10-25", "end_date": "2026-10-25"},
        Settings.from_context({"timezone": "Europe/Berlin"}),
        parse_instant(NOW),
    )

    assert run.window.to_json() == {
        "start": "2026-10-25T00:00:00+02:00",
        "end": "2026-10-26T00:00:00+01:00",
        "timezone": "Europe/Berlin",
        "gap": None,
        "changes_since": None,
    }


def test_a_schedulers_clock_may_be_a_minute_ahead() -> None:
    assert _span({"scheduled_time": "2026-11-24T09:01:00Z"}) == ("2026-11-23T00:00:00Z", "2026-11-24T09:01:00Z")


@pytest.mark.parametrize(
    ("first_run", "first"),
    [
        pytest.param(FirstRun(parse_instant("2026-11-20T09:00:00Z")), "2026-11-19", id="its own yesterday"),
        pytest.param(FirstRun(parse_instant("2026-11-20T09:00:00Z"), 3), "2026-11-17", id="the days back of its input"),
        pytest.param(FirstRun(parse_instant(NOW)), "2026-11-23", id="this run itself"),
        pytest.param(FirstRun(parse_instant("2026-11-26T09:00:00Z")), "2026-11-23", id="a later one"),
    ],
)
def test_before_any_run_has_succeeded_the_window_begins_with_that_of_the_first_one(
    first_run: FirstRun, first: str
) -> None:
    run = resolve({}, Settings(), parse_instant(NOW), SyncState(first_run=first_run))

    assert run.first_day.isoformat() == first


def test_the_days_of_the_first_run_are_those_of_the_timezone() -> None:
    first_run = FirstRun(parse_instant("2026-11-19T16:00:00Z"))

    run = resolve({}, Settings(timezone="Asia/Tokyo"), parse_instant(NOW), SyncState(first_run=first_run))

    assert format_instant(run.window.start) == "2026-11-18T15:00:00Z"


def test_what_is_synced_through_goes_before_the_first_run() -> None:
    first_run = FirstRun(parse_instant("2026-11-01T09:00:00Z"))
    state = SyncState(
        synced_through=date(2026, 11, 21), first_run=first_run, changes_seen=parse_instant("2026-11-22T09:00:00Z")
    )

    assert resolve({}, Settings(), parse_instant(NOW), state).first_day == date(2026, 11, 22)


def test_days_that_only_a_run_by_hand_has_finished_are_read_again_by_the_first_run_that_sees_changes() -> None:
    """They may have been changed since, which no run could tell."""
    state = SyncState(synced_through=date(2026, 11, 22), first_run=FirstRun(parse_instant("2026-11-20T09:00:00Z")))

    assert resolve({}, Settings(), parse_instant(NOW), state).first_day == date(2026, 11, 19)


def test_days_that_a_run_by_hand_has_finished_are_no_gap() -> None:
    state = SyncState(synced_through=date(2026, 11, 22), first_run=FirstRun(parse_instant("2026-08-01T09:00:00Z")))

    assert resolve({}, Settings(), parse_instant(NOW), state).window.gap is None


@pytest.mark.parametrize(
    ("run_input", "is_dated", "is_ordinary"),
    [
        ({}, False, True),
        ({"scheduled_time": NOW, "dry_run": True, "catch_up_days": 3}, False, True),
        ({"days_back": 1}, False, False),
        ({"start_date": "2026-11-20"}, True, False),
    ],
)
def test_a_run_with_neither_dates_nor_days_back_is_an_ordinary_one(
    run_input: dict[str, Any], is_dated: bool, is_ordinary: bool
) -> None:
    run = resolve(run_input, Settings(), parse_instant(NOW))

    assert (run.is_dated, run.is_ordinary) == (is_dated, is_ordinary)


@without_deadline
@given(st.sampled_from(ZONES), st.dates(date(2006, 1, 2), date(2030, 12, 30)))
def test_a_day_starts_with_the_first_instant_that_belongs_to_it_or_to_a_later_one(timezone: str, day: date) -> None:
    zone = ZoneInfo(timezone)

    start = start_of_day(day, zone)

    assert start.astimezone(zone).date() >= day
    assert (start - timedelta(seconds=1)).astimezone(zone).date() < day


@without_deadline
@given(st.sampled_from(ZONES), st.dates(date(2006, 1, 2), date(2026, 11, 20)), st.integers(1, 40))
def test_neighbouring_windows_neither_overlap_nor_leave_a_second_out(timezone: str, day: date, days: int) -> None:
    last = min(day + timedelta(days=days), date(2026, 11, 21))
    after = last + timedelta(days=1)

    first_window = _span({"start_date": day.isoformat(), "end_date": last.isoformat()}, timezone=timezone)
    next_window = _span({"start_date": after.isoformat(), "end_date": after.isoformat()}, timezone=timezone)

    assert first_window[1] == next_window[0]


@without_deadline
@given(st.sampled_from(ZONES), st.datetimes(datetime(2007, 6, 1), datetime(2030, 12, 30)), st.integers(0, 366))  # noqa: DTZ001
def test_every_window_ends_now_and_begins_as_many_days_before_as_asked(
    timezone: str, now: datetime, days_back: int
) -> None:
    now = now.replace(microsecond=0, tzinfo=UTC)
    settings = Settings.from_context({"timezone": timezone, "days_back": days_back})

    window = resolve({}, settings, now).window

    zone = ZoneInfo(timezone)
    assert window.end == now
    assert window.start <= now
    assert window.start == start_of_day(now.astimezone(zone).date() - timedelta(days=days_back), zone)


@pytest.mark.parametrize(
    ("run_input", "words"),
    [
        ({"start_date": "2026-11-25"}, ["start_date", "2026-11-25", "future", "allowed is 2026-11-24"]),
        ({"start_date": "2026-11-25", "end_date": "2026-11-26"}, ["start_date", "future"]),
        (
            {"start_date": "2026-11-20", "end_date": "2026-11-19"},
            ["end_date", "2026-11-19", "before", "2026-11-20 or later"],
        ),
        ({"end_date": "2026-11-20"}, ["end_date", "start_date", "allowed"]),
        ({"end_date": "2026-11-20", "days_back": 3}, ["end_date", "start_date"]),
        ({"start_date": "2026-11-20", "days_back": 3}, ["days_back", "start_date"]),
        ({"start_date": "2026-11-20", "end_date": "2026-11-21", "days_back": "3"}, ["days_back", "start_date"]),
        ({"start_date": "20.11.2026"}, ["start_date", "20.11.2026", "YYYY-MM-DD"]),
        ({"start_date": "20261120"}, ["start_date", "YYYY-MM-DD"]),
        ({"start_date": "2026-W47-5"}, ["start_date", "YYYY-MM-DD"]),
        ({"start_date": "2026-11-20T00:00:00Z"}, ["start_date", "YYYY-MM-DD"]),
        ({"start_date": " 2026-11-20"}, ["start_date", "YYYY-MM-DD"]),
        ({"start_date": "2026-11-31"}, ["start_date", "2026-11-31", "YYYY-MM-DD"]),
        ({"start_date": "2026-02-29"}, ["start_date", "2026-02-29", "YYYY-MM-DD"]),
        ({"start_date": "2026-11-2０"}, ["start_date", "YYYY-MM-DD"]),
        ({"start_date": ""}, ["start_date", "YYYY-MM-DD"]),
        ({"start_date": None}, ["start_date", "YYYY-MM-DD"]),
        ({"start_date": 20261120}, ["start_date", "20261120", "YYYY-MM-DD"]),
        ({"start_date": ["2026-11-20"]}, ["start_date", "YYYY-MM-DD"]),
        ({"start_date": "2005-12-31"}, ["start_date", "2006-01-01"]),
        ({"start_date": "2026-11-20", "end_date": "tomorrow"}, ["end_date", "tomorrow", "YYYY-MM-DD"]),
        ({"start_date": "2026-11-20", "end_date": None}, ["end_date", "YYYY-MM-DD"]),
        ({"scheduled_time": "yesterday"}, ["scheduled_time", "yesterday", "RFC 3339"]),
        ({"scheduled_time": "2026-11-24T09:00:00"}, ["scheduled_time", "RFC 3339"]),
        ({"scheduled_time": "2026-11-24"}, ["scheduled_time", "RFC 3339"]),
        ({"scheduled_time": ""}, ["scheduled_time", "RFC 3339"]),
        ({"scheduled_time": None}, ["scheduled_time", "RFC 3339"]),
        ({"scheduled_time": 1764000000}, ["scheduled_time", "1764000000", "RFC 3339"]),
        ({"scheduled_time": "0001-01-01T00:00:00Z"}, ["scheduled_time", "RFC 3339"]),
        ({"scheduled_time": "0001-01-01T00:00:00+14:00"}, ["scheduled_time", "RFC 3339"]),
        ({"scheduled_time": "9999-12-31T23:59:59-14:00"}, ["scheduled_time", "RFC 3339"]),
        (
            {"scheduled_time": "2026-11-24T09:01:01Z"},
            ["scheduled_time", "2026-11-24T09:01:01Z", "in the future", "allowed is", NOW],
        ),
        ({"scheduled_time": "2027-11-24T10:00:00+01:00"}, ["scheduled_time", "2027-11-24T09:00:00Z", "in the future"]),
        ({"accept_new_user": "yes"}, ["accept_new_user", "yes", "true, false"]),
        ({"accept_new_user": 1}, ["accept_new_user", "1", "true, false"]),
        ({"accept_new_user": None}, ["accept_new_user", "true, false"]),
        ({"allow_removals": 0}, ["allow_removals", "0", "true, false"]),
        ({"allow_removals": []}, ["allow_removals", "true, false"]),
        ({"days_back": 367}, ["days_back", "367", "0-366"]),
        ({"rounding_mode": "bankers"}, ["rounding_mode", "bankers", "nearest, up, down"]),
        ({"timezone": "Mars"}, ["timezone", "Mars", "IANA"]),
        ([], ["JSON object"]),
        (None, ["JSON object"]),
        ("start_date", ["JSON object", "start_date"]),
        (7, ["JSON object", "7"]),
    ],
)
def test_a_bad_input_is_refused_with_the_key_and_what_is_allowed(run_input: object, words: list[str]) -> None:
    with pytest.raises(InvalidInput) as raised:
        resolve(run_input, Settings(), parse_instant(NOW))

    assert [word for word in words if word not in raised.value.message] == []


@pytest.mark.parametrize(
    "key",
    [
        "start",
        "startdate",
        "Start_date",
        "environment",
        "account",
        "region",
        "schedule",
        "gitlab_url",
        "toggl_url",
        "max_concurrency",
        "settle_seconds",
        "max_wait",
        "lock_wait",
        "alarm_email",
        "left_out_mail",
        "GITLAB_URL",
        "api_token",
        "synced_through",
        "",
        "k" * 1000,
    ],
)
def test_an_unknown_key_is_refused_and_the_message_names_it_and_every_key_that_is_allowed(key: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        resolve({"dry_run": True, key: "https://attacker.example.org/and-more"}, Settings(), parse_instant(NOW))

    assert f"'{key[:40]}'" in raised.value.message
    assert raised.value.message.endswith(f"Allowed are: {', '.join(INPUT_KEYS)}.")


def test_the_input_may_hold_dates_the_time_of_the_schedule_permissions_and_overrides() -> None:
    assert set(INPUT_KEYS) == {
        "start_date",
        "end_date",
        "scheduled_time",
        "accept_new_user",
        "allow_removals",
        *PER_RUN_KEYS,
    }


def test_overrides_hold_for_this_run_and_are_listed() -> None:
    deployed = Settings.from_context({"minimum_duration": 60, "gitlab_url": "https://gitlab.example.org"})

    run = resolve(
        {"round_time_to_minutes": "6", "dry_run": True, "start_date": "2026-11-20", "allow_removals": True},
        deployed,
        parse_instant(NOW),
    )

    assert run.overrides == ("dry_run", "round_time_to_minutes")
    assert (run.settings.round_time_to_minutes, run.settings.dry_run) == (6, True)
    assert (run.settings.minimum_duration, run.settings.gitlab_url) == (60, "https://gitlab.example.org")


def test_a_scheduled_run_overrides_nothing_and_has_no_permissions() -> None:
    run = resolve({"scheduled_time": NOW}, Settings(), parse_instant(NOW))

    assert run.overrides == ()
    assert run.settings == Settings()
    assert run.accept_new_user is False
    assert run.allow_removals is False


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), ("true", True), (" True ", True), (False, False), ("false", False)]
)
def test_a_permission_is_taken_as_json_and_as_a_string(value: object, expected: bool) -> None:
    run = resolve({"accept_new_user": value}, Settings(), parse_instant(NOW))
    other = resolve({"allow_removals": value}, Settings(), parse_instant(NOW))

    assert (run.accept_new_user, run.allow_removals) == (expected, False)
    assert (other.accept_new_user, other.allow_removals) == (False, expected)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@without_deadline
@given(st.dictionaries(st.sampled_from(INPUT_KEYS), _json, max_size=3) | _json)
def test_any_json_as_an_input_makes_a_window_or_is_invalid_input(run_input: object) -> None:
    with suppress(InvalidInput):
        run = resolve(run_input, Settings(), parse_instant(NOW))

        assert run.window.start <= run.window.end


@pytest.mark.parametrize("day", ["2005-12-31", "2031-01-01"])
def test_a_start_that_toggl_does_not_know_is_refused(day: str) -> None:
    with pytest.raises(InvalidInput, match="from 2006-01-01 to 2030-12-31"):
        resolve({"start_date": day}, Settings(), datetime(2032, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("day", ["2006-01-01", "2030-12-31"])
def test_the_first_and_the_last_day_that_toggl_knows_are_allowed(day: str) -> None:
    now = datetime(2032, 1, 1, tzinfo=UTC)

    assert resolve({"start_date": day}, Settings(), now).window.start == datetime.fromisoformat(f"{day}T00:00:00Z")


@pytest.mark.parametrize("day", ["2026-11-25", "2031-01-01", "9999-12-31"])
def test_an_end_in_the_future_is_now_however_far_it_is(day: str) -> None:
    assert resolve(
        {"start_date": "2026-11-24", "end_date": day}, Settings(), parse_instant(NOW)
    ).window.end == parse_instant(NOW)


@pytest.mark.parametrize(
    ("run_input", "message"),
    [
        ({"start_date": "x" * 500}, "start_date has the value '{x60}', but allowed is: a day as YYYY-MM-DD,"),
        ({"scheduled_time": "x" * 500}, "scheduled_time has the value '{x60}', but allowed is: an RFC 3339 instant,"),
        ({"allow_removals": "x" * 500}, "allow_removals has the value '{x60}', but allowed is: true, false."),
        (["x" * 500], "The input must be a JSON object, like {{}}, but is: ['{x78}"),
    ],
)
def test_of_a_long_value_only_the_beginning_is_repeated(run_input: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolve(run_input, Settings(), parse_instant(NOW))

    assert refused.value.message.startswith(message.format(x60="x" * 60, x78="x" * 78))
    assert "x" * 79 not in refused.value.message


def test_a_key_that_is_none_is_called_an_input_key() -> None:
    with pytest.raises(InvalidInput, match=r"^Unknown input key 'until'"):
        resolve({"until": "2026-11-01"}, Settings(), parse_instant(NOW))


def test_a_wrong_time_is_answered_with_a_right_one() -> None:
    with pytest.raises(InvalidInput, match=r"an RFC 3339 instant, like 2026-11-24T09:00:00Z\.$"):
        resolve({"scheduled_time": "noon"}, Settings(), parse_instant(NOW))


@pytest.mark.parametrize(
    ("run_input", "message"),
    [
        (
            {"start_date": "2026-11-01", "days_back": 3},
            "days_back excludes start_date: allowed is one of the two, not both.",
        ),
        (
            {"end_date": "2026-11-01"},
            "end_date needs a start_date: allowed are both, or start_date alone (until today).",
        ),
    ],
)
def test_dates_that_do_not_go_together_are_refused_with_those_that_do(run_input: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolve(run_input, Settings(), parse_instant(NOW))

    assert refused.value.message == message
