"""The time entries as Toggl lists them, by the stand-in for Toggl Track over HTTP."""

from __future__ import annotations

import json
from datetime import UTC, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import (
    TogglUnavailable,
)
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.toggl.client import Toggl
from local.standins.toggl import server as stand_in
from tests.functions.shared.toggl.support import DAY, NOW, START, answer, at, ids


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


def test_a_day_is_one_request_for_both_ends_as_instants_with_offset(server: stand_in.Toggl, client: Toggl) -> None:
    berlin = timezone(timedelta(hours=1))
    client.time_entries(Window(START.astimezone(berlin), DAY.end.astimezone(berlin), "Europe/Berlin"))

    [request] = server.requests
    assert (request.method, request.path) == ("GET", "/api/v9/me/time_entries")
    assert request.query == {"start_date": "2026-11-20T00:00:00Z", "end_date": "2026-11-21T00:00:00Z", "meta": "true"}


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


def test_the_deleted_entries_are_those_that_toggl_says_were_deleted_since(
    server: stand_in.Toggl, client: Toggl
) -> None:
    server.add_entry("kept", at(8), 600, at=NOW)
    gone = server.add_entry("gone", at(9), 600)
    server.delete(gone.id)

    assert client.deleted_since(START) == [gone.id]
    assert server.requests[0].query == {"since": str(int(START.timestamp()))}


def test_a_failure_on_a_later_page_is_a_failure_and_no_shorter_list(server: stand_in.Toggl, client: Toggl) -> None:
    for number in range(1500):
        server.add_entry("#12", START + timedelta(seconds=number), 20)
    server.fail("server_error", skip=1)

    with pytest.raises(TogglUnavailable):
        client.time_entries(DAY)


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


def test_a_workspaces_projects_come_to_the_last_page_archived_ones_too(server: stand_in.Toggl, client: Toggl) -> None:
    for number in range(205):
        server.add_project(f"Project {number}", active=number > 0)

    assert set(client.projects(server.workspace_id).values()) >= {f"Project {number}" for number in range(205)}


def test_a_workspace_without_projects_has_none(server: stand_in.Toggl, client: Toggl) -> None:
    server.fail("body", body=b"null")

    assert client.projects(server.workspace_id) == {}
