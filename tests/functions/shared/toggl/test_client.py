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
from tests.functions.shared.toggl.support import DAY, NOW, START, Clock, answer, at, ids


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
    tracked = server.add_entry(
        "#12 Menü 🚀", at(9), 1800, project=project, billable=True, duration=1799, tags=["a", "#13"], task="Login (#14)"
    )

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
            at=at(9, 30),
            task_name="Login (#14)",
            tags=("a", "#13"),
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


@pytest.mark.parametrize("stop", [{"stop": None}, {}], ids=["null", "missing"])
def test_an_entry_without_an_end_but_with_a_duration_is_finished_and_ends_after_it(
    server: stand_in.Toggl, client: Toggl, stop: dict[str, Any]
) -> None:
    without_end = {key: value for key, value in entry_json(duration=1500).items() if key != "stop"} | stop
    answer(server, without_end)

    tracked = client.time_entries(DAY)

    [entry] = tracked.entries
    assert (entry.stop, entry.seconds, entry.is_running) == (at(9, 25), 1500, False)
    assert tracked.running_since is None


def test_null_is_how_toggl_says_that_a_list_is_empty(server: stand_in.Toggl, client: Toggl) -> None:
    server.fail("wrong_shape_null", times=3)

    assert client.time_entries(DAY).entries == []
    assert client.modified_since(START).entries == []
    assert client.workspaces() == {}


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
    answer(server, *(entry_json(id=number, start="2026-11-25T09:00:00Z") for number in range(1, 1001)))

    with pytest.raises(TogglUnavailable, match="again and again"):
        client.time_entries(DAY)


def test_a_reading_tells_what_toggls_clock_said_at_its_first_answer(
    server: stand_in.Toggl, client: Toggl, clock: Clock
) -> None:
    server.now = lambda: NOW + timedelta(seconds=clock.seconds)
    for number in range(1500):
        server.add_entry("#12", START + timedelta(seconds=number), 20)

    assert client.time_entries(DAY).read_at == NOW
    assert client.modified_since(START).read_at == NOW + timedelta(seconds=int(clock.seconds))
    assert clock.seconds > 2


@pytest.mark.parametrize("bad", [0, -1, 2**63, int("9" * 260), True, "7", 7.0, None])
def test_what_is_no_id_is_an_answer_of_the_wrong_shape(server: stand_in.Toggl, client: Toggl, bad: object) -> None:
    answer(server, entry_json(id=bad))

    with pytest.raises(TogglUnavailable, match="a time entry of the wrong shape"):
        client.time_entries(DAY)


@pytest.mark.parametrize("field", ["workspace_id", "project_id"])
def test_nor_may_a_workspace_or_a_project_have_such_an_id(server: stand_in.Toggl, client: Toggl, field: str) -> None:
    answer(server, entry_json(**{field: -7}))

    with pytest.raises(TogglUnavailable, match="a time entry of the wrong shape"):
        client.time_entries(DAY)


@pytest.mark.parametrize("tags", ["a", {"a": 1}, [1]])
def test_tags_that_are_no_list_of_texts_are_an_answer_of_the_wrong_shape(
    server: stand_in.Toggl, client: Toggl, tags: object
) -> None:
    answer(server, entry_json(tags=tags))

    with pytest.raises(TogglUnavailable, match="a time entry of the wrong shape"):
        client.time_entries(DAY)


def test_of_an_entrys_tags_a_hundred_are_read(server: stand_in.Toggl, client: Toggl) -> None:
    answer(server, entry_json(tags=["a"] * 101))

    [entry] = client.time_entries(DAY).entries

    assert entry.tags == ("a",) * 100


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("x" * 3_000, "x" * 3_000),
        ("x" * 100_000, "x" * 3_000),
        ("x" * 2_996 + " #1234", "x" * 2_996 + " #"),
    ],
)
def test_a_longer_description_than_toggl_takes_is_cut_and_no_number_at_its_end_becomes_another(
    server: stand_in.Toggl, client: Toggl, description: str, expected: str
) -> None:
    answer(server, entry_json(description=description, task_name=description, tags=[description]))

    [entry] = client.time_entries(DAY).entries

    assert (entry.description, entry.task_name, entry.tags) == (expected, expected, (expected,))


def test_what_was_modified_since_a_second_comes_wherever_it_starts_and_whatever_runs(
    server: stand_in.Toggl, client: Toggl
) -> None:
    other = server.add_workspace("Garden")
    project = server.add_project("Website")
    server.add_entry("before", at(8), 600, at=START - timedelta(seconds=1))
    old = server.add_entry("#12", START - timedelta(days=40), 1800, at=START, project=project)
    ahead = server.add_entry("ahead", START + timedelta(days=9), 600, at=START, workspace=other)
    running = server.add_entry("runs", at(9), running=True)

    modified = client.modified_since(START + timedelta(microseconds=1))

    assert [entry.id for entry in modified.entries] == [ahead.id, running.id, old.id]
    assert modified.entries[-1] == TimeEntry(
        id=old.id,
        start=START - timedelta(days=40),
        stop=START - timedelta(days=40) + timedelta(minutes=30),
        duration_seconds=1800,
        description="#12",
        billable=False,
        workspace_id=server.workspace_id,
        project_id=project.id,
        project_name="Website",
        at=START,
    )
    assert (modified.deleted_at, modified.incomplete_until) == ({}, None)
    assert server.requests[0].query == {"since": str(int(START.timestamp())), "meta": "true"}


def test_of_what_was_deleted_it_is_known_when(server: stand_in.Toggl, client: Toggl) -> None:
    server.add_entry("kept", at(8), 600)
    gone = server.add_entry("gone", at(9), 600)
    server.delete(gone.id)

    modified = client.modified_since(START)

    assert modified.deleted_at == {gone.id: NOW}
    assert gone.id not in [entry.id for entry in modified.entries]


@pytest.mark.parametrize("change", [{}, {"at": None}])
def test_a_deletion_is_its_entrys_last_change(server: stand_in.Toggl, client: Toggl, change: dict[str, Any]) -> None:
    gone = entry_json(at="2026-11-20T12:00:01Z", server_deleted_at="2026-11-20T12:00:00Z") | change
    answer(server, gone)

    expected = at(12) + timedelta(seconds=0 if change else 1)
    assert client.modified_since(START).deleted_at == {gone["id"]: expected}


@pytest.mark.parametrize(("count", "incomplete_until"), [(999, None), (1000, START), (1001, None)])
def test_what_may_be_missing_of_exactly_1000_modified_ones_starts_no_later_than_the_oldest(
    server: stand_in.Toggl, client: Toggl, count: int, incomplete_until: Any
) -> None:
    server.since_limit = None
    for number in range(count - 1):
        server.add_entry("#12", START + timedelta(seconds=number), 20)
    server.delete(server.add_entry("gone", at(23), 600).id)

    modified = client.modified_since(START)

    assert (len(modified.entries), modified.incomplete_until) == (count - 1, incomplete_until)


def test_an_entry_of_which_toggl_does_not_say_when_it_was_changed_is_read(
    server: stand_in.Toggl, client: Toggl
) -> None:
    answer(server, entry_json(), entry_json(id=2, at=None), entry_json(id=3, at="2026-11-20T10:00:00.5+01:00"))

    assert {entry.id: entry.at for entry in client.time_entries(DAY).entries} == {4127733901: None, 2: None, 3: at(9)}


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
    st.sampled_from([*entry_json(), "at", "wid", "project_name", "server_deleted_at"]),
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


@given(body=st.lists(ANY_JSON | BROKEN_ENTRY, max_size=3) | ANY_JSON)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_was_modified_is_read_or_is_unavailable_whatever_its_shape(
    server: stand_in.Toggl, client: Toggl, body: Any
) -> None:
    server.fail("body", body=json.dumps(body).encode())

    try:
        modified = client.modified_since(START)
    except TogglUnavailable:
        return

    assert json.dumps([entry.to_json() for entry in modified.entries]).encode()
    assert all(deleted_at.tzinfo is UTC for deleted_at in modified.deleted_at.values())
