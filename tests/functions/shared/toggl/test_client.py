"""The Toggl client against the stand-in for Toggl Track, over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import (
    InvalidInput,
    InvalidSettings,
    SyncError,
    TogglFeatureNotPaid,
    TogglQuotaExceeded,
    TogglRateLimited,
    TogglUnauthorized,
    TogglUnavailable,
)
from functions.shared import http
from functions.shared.model import TimeEntry, Window
from functions.shared.toggl.client import Fetched, NextPage, Report, Toggl
from local.standins.toggl import server as stand_in
from tests.functions.servers import Elsewhere, closed_url

TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"
BASIC = base64.b64encode(f"{TOKEN}:api_token".encode()).decode()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
START = datetime(2026, 11, 20, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1), "UTC")
MAX_WAIT_SECONDS = 3600


@dataclass
class Clock:
    """Seconds that pass only when somebody sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[stand_in.Toggl]:
    with stand_in.Toggl(clock=clock, token=TOKEN, now=lambda: NOW, burst_limit=True) as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server


@pytest.fixture
def client(server: stand_in.Toggl, clock: Clock) -> Toggl:
    return Toggl(server.url, TOKEN, MAX_WAIT_SECONDS, clock=clock, sleep=clock.sleep)


def at(hour: int, minute: int = 0) -> datetime:
    return START + timedelta(hours=hour, minutes=minute)


def entry_json(**changes: Any) -> dict[str, Any]:
    """An entry as Toggl writes it."""
    return {
        "id": 4127733901,
        "workspace_id": 8415027,
        "project_id": None,
        "billable": False,
        "start": "2026-11-20T09:00:00Z",
        "stop": "2026-11-20T09:30:00Z",
        "duration": 1800,
        "description": "#12",
    } | changes


def answer(server: stand_in.Toggl, *items: Any) -> None:
    """Let the next answer be this list."""
    server.fail("body", body=json.dumps(items).encode())


def ids(fetched: Fetched) -> list[int]:
    return [entry.id for entry in fetched.entries]


# What is asked.


def test_the_token_is_the_user_of_basic_credentials(server: stand_in.Toggl, client: Toggl) -> None:
    client.time_entries(DAY)

    assert server.requests[0].headers["authorization"] == f"Basic {BASIC}"


def test_a_day_is_one_request_for_both_ends_as_instants_with_offset(server: stand_in.Toggl, client: Toggl) -> None:
    berlin = timezone(timedelta(hours=1))
    client.time_entries(Window(START.astimezone(berlin), DAY.end.astimezone(berlin), "Europe/Berlin"))

    [request] = server.requests
    assert (request.method, request.path) == ("GET", "/api/v9/me/time_entries")
    assert request.query == {"start_date": "2026-11-20T00:00:00Z", "end_date": "2026-11-21T00:00:00Z", "meta": "true"}


# What comes back.


def test_an_entry_has_all_that_toggl_says_of_it(server: stand_in.Toggl, client: Toggl) -> None:
    server.plan = "premium"
    project = server.add_project("Website", client="Acme")
    tracked = server.add_entry("#12 Menü 🚀", at(9), 1800, project=project, billable=True, duration=1799, tags=["a"])

    assert client.time_entries(DAY).entries == [
        TimeEntry(
            id=tracked.id,
            start=at(9),
            stop=at(9, 30),
            duration_seconds=1799,
            description="#12 Menü 🚀",
            billable=True,
            workspace_id=server.workspace_id,
            project_id=project.id,
            project_name="Website",
        )
    ]


def test_an_entry_without_description_and_project_has_an_empty_text_and_no_project(
    server: stand_in.Toggl, client: Toggl
) -> None:
    server.add_entry(None, at(9), 1800)

    [entry] = client.time_entries(DAY).entries

    assert (entry.description, entry.project_id, entry.project_name, entry.billable) == ("", None, None, False)


def test_entries_come_oldest_first_and_by_id_within_a_second(server: stand_in.Toggl, client: Toggl) -> None:
    for number, hour in ((5, 10), (3, 9), (4, 10), (6, 8)):
        server.add_entry("#12", at(hour), 600, id=number)

    assert ids(client.time_entries(DAY)) == [6, 3, 4, 5]


@pytest.mark.parametrize("number", [100, 101])
def test_both_spellings_of_utc_give_the_same_instants(server: stand_in.Toggl, client: Toggl, number: int) -> None:
    server.add_entry("#12", at(9), 600, id=number)

    [entry] = client.time_entries(DAY).entries

    assert (entry.start, entry.stop) == (at(9), at(9, 10))
    assert entry.start.tzinfo is UTC


def test_a_time_with_another_offset_is_the_same_instant(server: stand_in.Toggl, client: Toggl) -> None:
    answer(server, entry_json(start="2026-11-20T10:00:00+01:00", stop="2026-11-20T04:30:00.123456-05:00"))

    [entry] = client.time_entries(DAY).entries

    assert (entry.start, entry.stop) == (at(9), at(9, 30))


@pytest.mark.parametrize("end_inclusive", [True, False])
def test_an_entry_belongs_to_the_window_in_which_it_starts(
    server: stand_in.Toggl, client: Toggl, end_inclusive: bool
) -> None:
    server.end_inclusive = end_inclusive
    server.add_entry("before", START - timedelta(seconds=1), 600)
    first = server.add_entry("first", START, 600)
    last = server.add_entry("last", DAY.end - timedelta(seconds=1), 600)
    server.add_entry("next day", DAY.end, 600)

    assert ids(client.time_entries(DAY)) == [first.id, last.id]


@pytest.mark.parametrize("duration", [-1, 0, -1763629200])
def test_a_running_entry_comes_with_the_window_in_which_it_started_only(
    server: stand_in.Toggl, client: Toggl, duration: int
) -> None:
    running = server.add_entry("#12", at(9), running=True, duration=duration)
    yesterday = Window(START - timedelta(days=1), START, "UTC")

    [entry] = client.time_entries(DAY).entries

    assert (entry.id, entry.stop, entry.is_running) == (running.id, None, True)
    assert client.time_entries(yesterday).entries == []


def test_an_entry_that_toggl_marks_as_deleted_is_left_out(server: stand_in.Toggl, client: Toggl) -> None:
    answer(server, entry_json(id=1), entry_json(id=2, server_deleted_at="2026-11-20T12:00:00Z"))

    assert ids(client.time_entries(DAY)) == [1]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"half \ud83d of a pair", "half \ufffd of a pair"),
        (r"\udc00", "\ufffd"),
        (r"\ud83d\ude80", "🚀"),
        (r"nothing \u0000 here", "nothing \0 here"),
        (r"\ufeffmark", "\ufeffmark"),
        (r"line\u2028end\r\n", "line\u2028end\r\n"),
    ],
)
def test_a_description_is_read_as_it_is_but_for_half_characters(
    server: stand_in.Toggl, client: Toggl, written: str, read: str
) -> None:
    body = json.dumps([entry_json(description="@", project_id=7, project_name="@")])
    server.fail("body", body=body.replace("@", written).encode())

    [entry] = client.time_entries(DAY).entries

    assert (entry.description, entry.project_name) == (read, read)
    assert entry.description.encode()


def test_unknown_fields_and_the_old_name_of_the_workspace_are_understood(server: stand_in.Toggl, client: Toggl) -> None:
    old = entry_json(wid=5, something={"new": True})
    del old["workspace_id"]
    answer(server, old)

    assert client.time_entries(DAY).entries[0].workspace_id == 5


def test_the_quota_that_is_left_is_told(server: stand_in.Toggl, client: Toggl) -> None:
    server.me_quota.total = 30

    left = []
    for _ in range(3):
        client.time_entries(DAY)
        left.append(client.quota_left)

    assert left == [29, 28, 27]


def test_a_quota_that_toggl_does_not_tell_is_unknown(server: stand_in.Toggl, client: Toggl) -> None:
    answer(server)

    client.time_entries(DAY)

    assert client.quota_left is None


def test_requests_keep_the_pace_that_toggl_allows(server: stand_in.Toggl, client: Toggl, clock: Clock) -> None:
    client.time_entries(DAY)
    clock.seconds += 0.4
    client.deleted_since(START)
    clock.seconds += 5
    client.time_entries(DAY)

    assert clock.slept == pytest.approx([0.7, 0])
    assert len(server.requests) == 3


def test_a_request_that_failed_counts_for_the_pace_as_well(client: Toggl, server: stand_in.Toggl, clock: Clock) -> None:
    server.fail("drop")
    with pytest.raises(TogglUnavailable):
        client.time_entries(DAY)

    client.time_entries(DAY)

    assert clock.slept == pytest.approx([1.1])


# More than 1,000.


@pytest.mark.parametrize("end_inclusive", [True, False])
@pytest.mark.parametrize(("count", "requests"), [(999, 1), (1000, 2), (1001, 2), (2500, 3)])
def test_every_entry_comes_once_however_many_there_are(
    server: stand_in.Toggl, client: Toggl, end_inclusive: bool, count: int, requests: int
) -> None:
    server.end_inclusive = end_inclusive
    tracked = [server.add_entry("#12", START + timedelta(seconds=30 * number), 20).id for number in range(count)]

    assert ids(client.time_entries(DAY)) == tracked
    assert len(server.requests) == requests


@pytest.mark.parametrize("end_inclusive", [True, False])
@pytest.mark.parametrize("sharing", [2, 7, 499])
def test_entries_that_start_in_the_second_at_which_a_page_ends_are_not_lost(
    server: stand_in.Toggl, client: Toggl, end_inclusive: bool, sharing: int
) -> None:
    server.end_inclusive = end_inclusive
    tracked = {server.add_entry("#12", START + timedelta(seconds=n // sharing), 20).id for n in range(2001)}

    assert set(ids(client.time_entries(DAY))) == tracked


def test_more_than_a_page_in_one_second_fails_instead_of_losing_some(server: stand_in.Toggl, client: Toggl) -> None:
    for _ in range(1001):
        server.add_entry("#12", at(9), 20)

    with pytest.raises(TogglUnavailable, match="fewer days"):
        client.time_entries(DAY)

    assert len(server.requests) <= 3


@pytest.mark.parametrize("running_hours", [-30, -1, 26, 40])
def test_running_entries_from_outside_of_the_window_do_not_hide_others_behind_the_cap(
    server: stand_in.Toggl, client: Toggl, running_hours: int
) -> None:
    for number in range(40):
        server.add_entry("running", at(running_hours) + timedelta(seconds=number), running=True)
    tracked = [server.add_entry("#12", START + timedelta(seconds=40 * number), 20).id for number in range(2000)]

    assert ids(client.time_entries(DAY)) == tracked


def test_deleted_entries_count_towards_a_full_page(server: stand_in.Toggl, client: Toggl) -> None:
    old = server.add_entry("#12", at(8), 600)
    deleted = entry_json(id=1, server_deleted_at="2026-11-20T12:00:00Z")
    answer(server, *(entry_json(id=number) for number in range(2, 1001)), deleted)

    assert old.id in ids(client.time_entries(DAY))


def test_a_window_full_of_nothing_but_strange_entries_ends(server: stand_in.Toggl, client: Toggl) -> None:
    answer(server, *(entry_json(id=number, start="2026-11-25T09:00:00Z") for number in range(1000)))

    with pytest.raises(TogglUnavailable, match="again and again"):
        client.time_entries(DAY)


# What was deleted.


def test_the_deleted_entries_are_those_that_toggl_says_were_deleted_since(
    server: stand_in.Toggl, client: Toggl
) -> None:
    server.add_entry("kept", at(8), 600, at=NOW)
    gone = server.add_entry("gone", at(9), 600)
    server.delete(gone.id)

    assert client.deleted_since(START) == [gone.id]
    assert server.requests[0].query == {"since": str(int(START.timestamp()))}


# Failures.


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ({"kind": "quota", "seconds": 120}, TogglQuotaExceeded, "Waiting 120 s."),
        ({"kind": "quota", "seconds": 3600}, TogglQuotaExceeded, "Waiting 3600 s."),
        ({"kind": "quota", "seconds": 3601}, TogglQuotaExceeded, "work again in 3601 s, at 20"),
        ({"kind": "status", "status": 402, "body": b"over"}, TogglQuotaExceeded, "Waiting 3600 s."),
        ({"kind": "not_paid"}, TogglFeatureNotPaid, "available on a paid plan only"),
        ({"kind": "status", "status": 402, "body": b'"Upgrade."'}, TogglFeatureNotPaid, "Upgrade"),
        ({"kind": "rate_limited", "seconds": 3}, TogglRateLimited, "Waiting 3 s."),
        ({"kind": "rate_limited"}, TogglRateLimited, "Waiting 10 s."),
        ({"kind": "rate_limited", "seconds": 90_000}, TogglRateLimited, "work again in 90000 s"),
        ({"kind": "forbidden"}, TogglUnauthorized, "HTTP 403"),
        ({"kind": "status", "status": 401}, TogglUnauthorized, "HTTP 401"),
        ({"kind": "status", "status": 404}, InvalidSettings, "Set toggl_url"),
        ({"kind": "redirect"}, InvalidSettings, "Set toggl_url"),
        ({"kind": "status", "status": 418}, TogglUnavailable, "HTTP 418"),
        ({"kind": "server_error", "status": 500}, TogglUnavailable, "HTTP 500"),
        ({"kind": "server_error", "status": 502}, TogglUnavailable, "HTTP 502"),
        ({"kind": "server_error", "status": 503}, TogglUnavailable, "HTTP 503"),
        ({"kind": "refused"}, TogglUnavailable, "did not answer"),
        ({"kind": "lost_answer"}, TogglUnavailable, "did not answer"),
        ({"kind": "truncated"}, TogglUnavailable, "did not answer"),
        ({"kind": "empty"}, TogglUnavailable, "no JSON"),
        ({"kind": "body", "body": b"<html>"}, TogglUnavailable, "no JSON"),
        ({"kind": "body", "body": b"[" * 100_000}, TogglUnavailable, "no JSON"),
        ({"kind": "wrong_shape"}, TogglUnavailable, "no list"),
        ({"kind": "wrong_shape_null"}, TogglUnavailable, "no list"),
        ({"kind": "wrong_shape_no_id"}, TogglUnavailable, "wrong shape"),
        ({"kind": "wrong_shape_nulls"}, TogglUnavailable, "wrong shape"),
        ({"kind": "too_large"}, TogglUnavailable, "larger than"),
    ],
)
def test_each_failure_has_its_error_and_says_what_to_do(
    server: stand_in.Toggl, client: Toggl, fault: dict[str, Any], error: type[SyncError], told: str
) -> None:
    server.add_entry("#12", at(9), 600)
    server.fail(**fault)

    with pytest.raises(error) as caught:
        client.time_entries(DAY)

    assert type(caught.value) is error
    assert told in caught.value.message
    assert len(server.requests) == 1


def test_a_failure_on_a_later_page_is_a_failure_and_no_shorter_list(server: stand_in.Toggl, client: Toggl) -> None:
    for number in range(1500):
        server.add_entry("#12", START + timedelta(seconds=number), 20)
    server.fail("server_error", skip=1)

    with pytest.raises(TogglUnavailable):
        client.time_entries(DAY)


def test_an_answer_larger_than_the_limit_is_not_read_to_its_end(
    server: stand_in.Toggl, client: Toggl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BODY_LIMIT_BYTES", 10_000)
    server.too_large_bytes = 10_001
    server.fail("too_large")

    with pytest.raises(TogglUnavailable, match="larger than 10000 bytes"):
        client.time_entries(DAY)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(TogglUnavailable, match="no connection could be made"):
        Toggl(closed_url(), TOKEN, MAX_WAIT_SECONDS).time_entries(DAY)


def test_a_wrong_token_is_unauthorized_and_the_message_says_where_it_belongs(server: stand_in.Toggl) -> None:
    with pytest.raises(TogglUnauthorized, match="into the secret"):
        Toggl(server.url, "another", MAX_WAIT_SECONDS).time_entries(DAY)


def test_a_window_too_long_ago_is_invalid_input_in_toggls_words(client: Toggl) -> None:
    past = Window(START - timedelta(days=200), START, "UTC")

    with pytest.raises(InvalidInput, match=r"start_date must not be earlier than 2026-08-21\. Give others"):
        client.time_entries(past)


def test_the_hourly_quota_of_the_service_ends_with_the_time_until_it_is_back(
    server: stand_in.Toggl, client: Toggl
) -> None:
    server.me_quota.total = 2
    client.time_entries(DAY)
    client.time_entries(DAY)

    with pytest.raises(TogglQuotaExceeded) as caught:
        client.time_entries(DAY)

    assert 3590 <= caught.value.wait_seconds <= 3600


# Credentials.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: stand_in.Toggl, client: Toggl, elsewhere: Elsewhere, status: int) -> None:
    server.fail("status", status=status, headers={"Location": f"{elsewhere.url}/api/v9/me/time_entries"})

    with pytest.raises(InvalidSettings):
        client.time_entries(DAY)

    assert elsewhere.requests == []


@pytest.mark.parametrize("secret", [TOKEN, BASIC, f"{TOKEN}:api_token"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, '"bad @"'),
        (400, " " * 3990 + "@"),
        (402, '"not for @"'),
        (500, "@"),
        (200, "@"),
        (200, '{"@": 1}'),
        (200, '["@"]'),
        (200, '[{"id": "@", "workspace_id": 1}]'),
        (200, '[{"id": 1, "workspace_id": 1, "start": "@"}]'),
        (200, '[{"id": 1, "workspace_id": 1, "server_deleted_at": "@"}]'),
    ],
)
def test_a_server_that_repeats_the_credentials_gets_them_into_no_message(
    server: stand_in.Toggl, client: Toggl, secret: str, status: int, body: str
) -> None:
    kind = "body" if status == 200 else "status"
    server.fail(kind, status=status, body=body.replace("@", secret).encode(), times=2)

    shown = []
    for call in (lambda: client.time_entries(DAY), lambda: client.deleted_since(START)):
        try:
            shown.append(repr(call()))
        except SyncError as error:
            shown.append(error.message)

    assert not any(part in text for text in shown for part in (TOKEN, TOKEN[:10], BASIC, BASIC[:10]))


# Whatever comes.

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
BROKEN_ENTRY = st.builds(
    lambda key, value: entry_json(**{key: value}),
    st.sampled_from([*entry_json(), "wid", "project_name", "server_deleted_at"]),
    ANY_JSON,
)


@given(body=st.lists(ANY_JSON | BROKEN_ENTRY, max_size=3) | ANY_JSON)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_answer_of_any_shape_is_read_or_is_unavailable(server: stand_in.Toggl, client: Toggl, body: Any) -> None:
    server.fail("body", body=json.dumps(body).encode())

    try:
        fetched = client.time_entries(DAY)
    except TogglUnavailable:
        return

    assert json.dumps([entry.to_json() for entry in fetched.entries]).encode()


# Reports.


def asked(server: stand_in.Toggl, **changes: Any) -> Report:
    return replace(Report(server.workspace_id, server.user_id, date(2026, 1, 1), date(2026, 1, 31)), **changes)


def test_a_report_has_the_entries_as_the_list_would_have_them(server: stand_in.Toggl, client: Toggl) -> None:
    project = server.add_project("Website")
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    tracked = server.add_entry("#12 Größe 🚀", start, 1830, project=project, billable=True)

    page, following = client.report(asked(server), None)

    assert following is None
    assert page == [
        TimeEntry(
            *(tracked.id, start, start + timedelta(seconds=1830), 1830, "#12 Größe 🚀", True),
            *(server.workspace_id, project.id, "Website"),
        )
    ]


def test_a_report_asks_for_ones_own_entries_and_no_rounding(server: stand_in.Toggl, client: Toggl) -> None:
    server.admin = True
    other = server.add_user("Jonas", "jonas@studio.example")
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    own = server.add_entry("mine", start, 61)
    server.add_entry("not mine", start, 60, user=other)

    page, _following = client.report(asked(server), None)

    body = server.requests[-1].json()
    assert [(entry.id, entry.seconds) for entry in page] == [(own.id, 61)]
    assert (body["user_ids"], body["rounding"]) == ([server.user_id], 0)


def test_the_pages_of_a_report_are_all_of_it_each_entry_once(server: stand_in.Toggl, client: Toggl) -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    tracked = [server.add_entry("x", start + timedelta(minutes=number), 60) for number in range(120)]
    found: list[int] = []
    at: NextPage | None = None
    pages = 0
    while pages == 0 or at is not None:
        page, at = client.report(asked(server), at)
        found += [entry.id for entry in page]
        pages += 1

    assert found == [entry.id for entry in tracked]
    assert pages == 3


@pytest.mark.parametrize("headers", [{}, {"X-Next-ID": "7", "X-Next-Row-Number": "51"}])
def test_a_page_that_was_announced_and_is_empty_or_leads_back_is_never_taken_for_the_end(
    server: stand_in.Toggl, client: Toggl, headers: dict[str, str]
) -> None:
    server.fail("body", body=b"[]", headers=headers)

    with pytest.raises(TogglUnavailable, match="nothing comes of it"):
        client.report(asked(server), {"first_id": 7, "first_row_number": 51})


def test_where_the_next_page_begins_is_sent_back_as_it_was_told(server: stand_in.Toggl, client: Toggl) -> None:
    server.fail("body", body=b"[]", headers={"X-Next-ID": "7", "X-Next-Row-Number": "51"})

    _page, at = client.report(asked(server), None)

    assert at == {"first_id": 7, "first_row_number": 51}


@pytest.mark.parametrize("status", [403, 404])
def test_reports_that_may_not_be_read_name_the_workspace_and_not_the_token(
    server: stand_in.Toggl, client: Toggl, status: int
) -> None:
    server.fail("status", status=status)

    with pytest.raises(InvalidSettings, match=r"workspace/4711/.* Set toggl_workspace_id"):
        client.report(asked(server, workspace_id=4711), None)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X-Next-ID": "x", "X-Next-Row-Number": "2", "X-Next-Timestamp": "3"}, b"[]"),
        ({}, b"{}"),
        ({}, b"null"),
        ({}, b'[{"time_entries": [{"id": 1}]}]'),
        ({}, b'[{"time_entries": null}]'),
        ({}, b"[7]"),
    ],
)
def test_a_report_of_the_wrong_shape_is_never_taken_for_the_end(
    server: stand_in.Toggl, client: Toggl, headers: dict[str, str], body: bytes
) -> None:
    server.fail("body", body=body, headers=headers)

    with pytest.raises(TogglUnavailable):
        client.report(asked(server), None)
