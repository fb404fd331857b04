"""An entry as the list shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import DAY, Client


def test_an_entry_has_the_fields_of_the_service_and_an_id_beyond_32_bits(client: Client, toggl: Toggl) -> None:
    entry = toggl.add_entry(
        "#12 Fix", "2026-11-19T09:00:00+01:00", 1_800, id=4_000_000_000, tags=["dev"], billable=True
    )

    [found] = client.entries(**DAY)

    tag_ids = found.pop("tag_ids")
    assert found == {
        "id": 4_000_000_000,
        "workspace_id": toggl.workspace_id,
        "project_id": None,
        "task_id": None,
        "billable": True,
        "start": "2026-11-19T08:00:00Z",
        "stop": "2026-11-19T08:30:00+00:00",
        "duration": 1_800,
        "description": "#12 Fix",
        "tags": ["dev"],
        "duronly": True,
        "at": "2026-11-19T08:30:00+00:00",
        "server_deleted_at": None,
        "user_id": toggl.user_id,
        "uid": toggl.user_id,
        "wid": toggl.workspace_id,
        "permissions": None,
        "shared_with": [],
    }
    assert len(tag_ids) == 1
    assert toggl.add_entry("next", entry.start, 60).id > 2**31


def test_times_are_utc_in_both_spellings_within_one_answer(client: Client, toggl: Toggl) -> None:
    for hour in (9, 10):
        toggl.add_entry("#1", f"2026-11-19T{hour:02}:00:00+01:00", 600)

    starts = [entry["start"] for entry in client.entries(**DAY)]

    assert {text[-1] for text in starts} == {"Z", "0"}
    assert {datetime.fromisoformat(text).utcoffset() for text in starts} == {timedelta(0)}


def test_a_null_description_and_missing_tags_come_as_null(client: Client, toggl: Toggl) -> None:
    toggl.add_entry(None, "2026-11-19T09:00:00+01:00", 600)

    [found] = client.entries(**DAY)

    assert [found[name] for name in ("description", "tags", "tag_ids", "project_id", "task_id")] == [None] * 5


def test_pid_and_tid_are_there_only_with_a_project_and_a_task(client: Client, toggl: Toggl) -> None:
    project = toggl.add_project("Website")
    toggl.add_entry("bare", "2026-11-19T09:00:00+01:00", 600)
    toggl.add_entry("full", "2026-11-19T10:00:00+01:00", 600, project=project, task="Design")

    full, bare = client.entries(**DAY)

    assert (full["pid"], full["project_id"]) == (project.id, project.id)
    assert full["tid"] == full["task_id"]
    assert not {"pid", "tid"} & bare.keys()


def test_names_come_only_with_meta_and_each_only_when_it_applies(client: Client, toggl: Toggl) -> None:
    toggl.add_project("Website", client="Studio")
    toggl.add_project("Inner", active=False)
    toggl.add_entry("client", "2026-11-19T09:00:00+01:00", 600, project="Website", task="Design")
    toggl.add_entry("no client", "2026-11-19T10:00:00+01:00", 600, project="Inner")
    toggl.add_entry("no project", "2026-11-19T11:00:00+01:00", 600)
    named = ("client_name", "project_name", "project_active", "task_name", "user_name")

    def names(**query: str) -> list[dict[str, Any]]:
        return [{name: one[name] for name in named if name in one} for one in client.entries(**DAY, **query)]

    assert names(meta="true") == [
        {"user_name": "Mira Lindqvist"},
        {"project_name": "Inner", "project_active": False, "user_name": "Mira Lindqvist"},
        {
            "client_name": "Studio",
            "project_name": "Website",
            "project_active": True,
            "task_name": "Design",
            "user_name": "Mira Lindqvist",
        },
    ]
    assert names() == [{}, {}, {}]


def test_on_a_free_plan_every_entry_says_it_is_not_billable(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600, billable=True)
    toggl.plan = "free"

    assert [entry["billable"] for entry in client.entries(**DAY)] == [False]


def test_a_duration_may_differ_from_the_times(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 3_600, duration=5_400)

    assert [entry["duration"] for entry in client.entries(**DAY)] == [5_400]
