"""The list of entries by when they were modified."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.standins.toggl.server import Toggl, on_modified_since
from tests.local.standins.toggl.support import DAY, NOW, Client, seconds_of

TODAY = seconds_of(datetime(2026, 11, 20, tzinfo=UTC))


def test_what_was_modified_comes_whatever_its_start_and_what_was_not_does_not(client: Client, toggl: Toggl) -> None:
    old, future = (toggl.add_entry("#1", start, 600) for start in ("2024-03-01T09:00:00Z", "2026-11-19T09:00:00Z"))
    toggl.add_entry("untouched", "2026-11-19T10:00:00Z", 600)
    toggl.edit(old.id, description="#5 edited")
    toggl.move(future.id, "2026-12-24T09:00:00Z")

    assert client.ids(since=TODAY) == [future.id, old.id]


def test_a_deleted_entry_comes_whole_and_its_last_change_is_the_deletion(client: Client, toggl: Toggl) -> None:
    toggl.add_project("Website", client="Studio")
    entry = toggl.add_entry("#1 gone", "2026-11-10T09:00:00Z", 600, project="Website", tags=["dev"])
    [before] = client.entries(start_date="2026-11-10", end_date="2026-11-11", meta="true")

    toggl.delete(entry.id)

    [gone] = client.entries(since=TODAY, meta="true")
    assert {name for name in gone if gone[name] != before[name]} == {"at", "server_deleted_at"}
    assert [datetime.fromisoformat(gone[name]) for name in ("at", "server_deleted_at")] == [NOW, NOW]


def test_the_second_itself_is_included_and_fractions_do_not_count(client: Client, toggl: Toggl) -> None:
    toggl.now = lambda: NOW + timedelta(microseconds=999_999)
    entry = toggl.type_in("#1", "2026-11-19T09:00:00Z", 600)

    assert client.ids(since=seconds_of(NOW)) == [entry.id]
    assert client.ids(since=seconds_of(NOW + timedelta(seconds=1))) == []


def test_the_newest_start_comes_first_not_the_newest_change(client: Client, toggl: Toggl) -> None:
    old, new = (toggl.add_entry("#1", start, 600) for start in ("2026-11-10T09:00:00Z", "2026-11-19T09:00:00Z"))
    toggl.now = lambda: NOW - timedelta(hours=2)
    toggl.edit(new.id, description="changed first")
    toggl.now = lambda: NOW
    toggl.edit(old.id, description="changed last")

    assert client.ids(since=TODAY) == [new.id, old.id]


def test_running_entries_and_those_of_all_workspaces_come(client: Client, toggl: Toggl) -> None:
    elsewhere = toggl.type_in("#1", "2026-11-19T09:00:00Z", 600, workspace=toggl.add_workspace("Elsewhere"))
    running = toggl.start_timer("#2")
    toggl.type_in("his", "2026-11-19T09:00:00Z", 600, user=toggl.add_user("Jonas Weber", "jonas@studio.example"))

    assert client.ids(since=TODAY) == [running.id, elsewhere.id]


def test_names_come_with_it_unless_the_service_has_the_other_habit(client: Client, toggl: Toggl) -> None:
    toggl.add_project("Website")
    toggl.type_in("#1", "2026-11-19T09:00:00Z", 600, project="Website")

    named = client.entries(since=TODAY, meta="true")
    toggl.since_has_names = False
    unnamed = client.entries(since=TODAY, meta="true")

    assert [entry.get("project_name") for entry in named + unnamed] == ["Website", None]
    assert client.entries(**DAY, meta="true")[0]["project_name"] == "Website"


def test_of_more_than_a_thousand_the_oldest_starts_are_missing_unless_the_service_has_no_limit(
    client: Client, toggl: Toggl
) -> None:
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    ids = [toggl.type_in("#1", begin + timedelta(minutes=minute), 60).id for minute in range(1_003)]

    limited = client.ids(since=TODAY)
    toggl.since_limit = None

    assert limited == ids[:2:-1]
    assert client.ids(since=TODAY) == ids[::-1]


@pytest.mark.parametrize(("days", "status"), [(85, 200), (95, 400)])
def test_it_reaches_back_three_months(client: Client, days: int, status: int) -> None:
    response = client.get("/api/v9/me/time_entries", since=seconds_of(NOW - timedelta(days=days)))

    assert response.status_code == status
    assert status == 200 or response.json() == "since must not be earlier than 2026-08-20"


@pytest.mark.parametrize(
    "query",
    [
        {"since": TODAY, "before": "2026-11-20"},
        {"since": TODAY, **DAY},
        {"since": TODAY, "start_date": "2026-11-19"},
        {"since": TODAY, "end_date": "2026-11-20"},
        {"before": "2026-11-20", **DAY},
        {"since": "2026-11-20"},
        {"since": "1763600000000"},
        {"since": "-1"},
    ],
)
def test_since_and_before_stand_alone_and_since_is_in_seconds(client: Client, query: dict[str, str]) -> None:
    assert client.refusal(**query)


def test_it_alone_can_fail(client: Client, toggl: Toggl) -> None:
    toggl.fail("server_error", status=500, when=on_modified_since)

    statuses = [client.get("/api/v9/me/time_entries", **query).status_code for query in (DAY, {"since": TODAY})]

    assert statuses == [200, 500]
