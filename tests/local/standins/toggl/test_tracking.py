"""What people do to time entries, and which of it moves an entry's last change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from local.standins.toggl.server import Entry, Toggl
from tests.local.standins.toggl.support import DAY, ENTRIES, NOW, Client, seconds_of

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def entry(toggl: Toggl) -> Entry:
    toggl.add_project("Website")
    return toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 3_600, project="Website", tags=["dev"])


def test_the_date_of_an_answer_is_the_second_of_a_write(client: Client, toggl: Toggl, entry: Entry) -> None:
    toggl.now = lambda: LATER + timedelta(microseconds=700_000)

    at = toggl.edit(entry.id, description="#2").at

    date = client.get(ENTRIES, **DAY).headers["Date"]
    assert at == datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %Z").replace(tzinfo=at.tzinfo) == LATER


def test_every_answer_carries_the_date_also_one_that_refuses(client: Client, toggl: Toggl) -> None:
    toggl.now = lambda: LATER
    toggl.fail("server_error", when=lambda request: request.path == "/api/v9/me")

    answers = [client.get("/api/v9/me"), client.get(ENTRIES, auth=None), client.get(ENTRIES, since="1")]

    assert [answer.status_code for answer in answers] == [502, 401, 400]
    assert {answer.headers["Date"] for answer in answers} == {"Fri, 20 Nov 2026 15:00:00 GMT"}


@pytest.mark.parametrize(
    "change",
    [
        lambda toggl, entry: toggl.edit(entry.id, description="#2"),
        lambda toggl, entry: toggl.edit(entry.id, billable=True),
        lambda toggl, entry: toggl.move(entry.id, "2026-10-19T09:00:00Z"),
        lambda toggl, entry: toggl.split(entry.id, "2026-11-19T09:20:00+01:00"),
        lambda toggl, entry: toggl.delete(entry.id),
        lambda toggl, _entry: toggl.delete_project("Website"),
    ],
    ids=["describe", "bill", "move", "split", "delete", "delete its project"],
)
def test_a_change_moves_the_time_of_the_last_change(
    toggl: Toggl, entry: Entry, change: Callable[[Toggl, Entry], object]
) -> None:
    toggl.now = lambda: LATER

    change(toggl, entry)

    assert toggl.entry(entry.id).at == LATER


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda toggl: toggl.rename_project("Website", "Shop"), ("project_name", "Shop")),
        (lambda toggl: toggl.archive_project("Website"), ("project_active", False)),
        (lambda toggl: toggl.delete_tag("dev"), ("tags", None)),
    ],
    ids=["rename its project", "archive its project", "delete its tag"],
)
def test_a_change_of_what_an_entry_refers_to_shows_and_does_not_move_it(
    client: Client, toggl: Toggl, entry: Entry, change: Callable[[Toggl], object], shown: tuple[str, object]
) -> None:
    toggl.now = lambda: LATER

    change(toggl)

    [found] = client.entries(**DAY, meta="true")
    assert shown in found.items()
    assert toggl.entry(entry.id).at == entry.at
    assert client.ids(since=seconds_of(LATER)) == []


def test_an_entry_outlives_its_project_and_the_project_leaves_the_list(
    client: Client, toggl: Toggl, entry: Entry
) -> None:
    toggl.delete_project("Website")

    [found] = client.entries(**DAY, meta="true")
    assert (found["id"], found["project_id"]) == (entry.id, None)
    assert not {"pid", "project_name"} & found.keys()
    assert client.get(f"/api/v9/workspaces/{toggl.workspace_id}/projects", active="both").json() == []


def test_an_edit_moves_the_duration_with_the_times(client: Client, toggl: Toggl, entry: Entry) -> None:
    toggl.edit(entry.id, stop="2026-11-19T09:30:00+01:00", description=None)

    [found] = client.entries(**DAY)
    assert (found["duration"], found["description"], found["project_id"]) == (1_800, None, toggl.projects[0].id)


def test_a_move_keeps_the_length(toggl: Toggl, entry: Entry) -> None:
    moved = toggl.move(entry.id, "2026-10-25T01:30:00+02:00")

    assert moved.stop is not None
    assert (moved.stop - moved.start, moved.duration_seconds) == (timedelta(hours=1), 3_600)


def test_what_is_tracked_as_it_happens_was_last_changed_when_it_stopped(entry: Entry) -> None:
    assert entry.at == entry.stop


def test_what_is_typed_in_afterwards_was_last_changed_then(toggl: Toggl) -> None:
    assert toggl.type_in("#1", "2026-11-02T09:00:00Z", "2026-11-02T10:00:00Z").at == NOW


def test_starting_the_next_timer_stops_the_one_that_runs(toggl: Toggl) -> None:
    first = toggl.start_timer("#1")
    toggl.now = lambda: LATER

    second = toggl.start_timer("#2", tags=["dev"])

    stopped = toggl.entry(first.id)
    assert (stopped.stop, stopped.at, stopped.duration_seconds) == (LATER, LATER, 3 * 3_600)
    assert (second.start, second.running, second.tags) == (LATER, True, ("dev",))


def test_a_timer_stops_once(toggl: Toggl) -> None:
    timer = toggl.start_timer("#1")
    toggl.now = lambda: LATER

    stopped = toggl.stop_timer()

    assert (stopped.id, stopped.stop, stopped.at) == (timer.id, LATER, LATER)
    with pytest.raises(LookupError, match="nothing is running"):
        toggl.stop_timer()


def test_an_entry_with_a_duration_is_over_although_it_tells_no_stop(client: Client, toggl: Toggl) -> None:
    over = toggl.add_entry("#1", "2026-11-18T09:00:00Z", duration=600)

    assert not over.running
    assert client.ids(**DAY) == []
    [row] = client.report(start_date="2026-11-18", rounding=0).json()
    assert row["time_entries"][0]["stop"] == "2026-11-18T10:10:00+01:00"


def test_a_split_keeps_the_id_for_the_first_part_and_adds_the_others(toggl: Toggl, entry: Entry) -> None:
    parts = toggl.split(entry.id, "2026-11-19T09:40:00+01:00", "2026-11-19T09:10:00+01:00")

    assert [part.duration_seconds for part in parts] == [600, 1_800, 1_200]
    assert parts[0].id == entry.id
    assert parts[1].id != parts[2].id
    assert min(part.id for part in parts[1:]) > entry.id
    assert {(part.description, part.project, part.at) for part in parts} == {("#1", entry.project, NOW)}


def test_undoing_a_deletion_gives_a_copy_under_a_new_id(client: Client, toggl: Toggl, entry: Entry) -> None:
    toggl.delete(entry.id)
    toggl.now = lambda: LATER

    again = toggl.undelete(entry.id)

    assert again.id > entry.id
    assert client.ids(**DAY) == [again.id]
    assert client.ids(since=seconds_of(LATER)) == [again.id]
    assert toggl.entry(entry.id).deleted_at == NOW


def test_undoing_a_deletion_gives_the_same_id_back_by_the_services_other_habit(
    client: Client, toggl: Toggl, entry: Entry
) -> None:
    toggl.undelete_keeps_id = True
    toggl.delete(entry.id)
    toggl.now = lambda: LATER

    again = toggl.undelete(entry.id)

    assert (again.id, again.at, again.deleted_at) == (entry.id, LATER, None)
    assert client.ids(**DAY) == [entry.id]


def test_an_entry_that_is_forgotten_is_not_even_told_as_deleted(client: Client, toggl: Toggl, entry: Entry) -> None:
    toggl.forget(entry.id)

    assert client.ids(**DAY) == client.ids(since=seconds_of(NOW - timedelta(days=30))) == []


def test_the_same_id_cannot_be_added_twice(toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600, id=4_000_000_000)

    with pytest.raises(ValueError, match="4000000000"):
        toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600, id=4_000_000_000)


def test_what_cannot_be_is_a_mistake_of_the_test(toggl: Toggl, entry: Entry) -> None:
    with pytest.raises(ValueError, match="colour"):
        toggl.edit(entry.id, colour="red")
    with pytest.raises(ValueError, match="no offset"):
        toggl.add_entry("#1", "2026-11-19T09:00:00", 600)
    with pytest.raises(ValueError, match="is not deleted"):
        toggl.undelete(entry.id)
    toggl.delete(entry.id)
    with pytest.raises(ValueError, match="is deleted: call undelete first"):
        toggl.edit(entry.id, description="#2")
