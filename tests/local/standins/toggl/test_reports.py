"""The Reports search."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import Client


def test_a_report_groups_entries_with_local_offsets_and_the_ids_of_v9(client: Client, toggl: Toggl) -> None:
    toggl.add_project("Website", id=200_000_001, client="Studio")
    entry = toggl.add_entry("#1", "2026-06-19T08:00:00Z", 1_860, project="Website", tags=["dev"], task="Design")

    [row] = client.report(start_date="2026-06-19", end_date="2026-06-19", rounding=0).json()

    assert row["time_entries"] == [
        {
            "id": entry.id,
            "seconds": 1_860,
            "start": "2026-06-19T10:00:00+02:00",
            "stop": "2026-06-19T10:31:00+02:00",
            "at": "2026-06-19T08:31:00+00:00",
        }
    ]
    assert (row["description"], row["project_id"], row["row_number"]) == ("#1", 200_000_001, 1)
    assert (row["user_id"], row["username"], row["billable"]) == (toggl.user_id, "Mira Lindqvist", False)
    assert not {"project_name", "tag_names", "email"} & row.keys()


def test_names_come_in_a_report_that_is_enriched(client: Client, toggl: Toggl) -> None:
    toggl.add_project("Website", client="Studio")
    toggl.add_entry("#1", "2026-06-19T08:00:00Z", 600, project="Website", tags=["dev"], task="Design")

    [row] = client.report(start_date="2026-06-19", enrich_response=True).json()

    names = ("client_name", "project_name", "tag_names", "task_name", "email")
    assert [row[name] for name in names] == ["Studio", "Website", ["dev"], "Design", "mira@studio.example"]


def test_a_report_applies_the_users_own_rounding_unless_it_is_sent_rounding_0(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-06-19T08:00:00Z", 301)

    def seconds(**body: Any) -> int:
        return int(client.report(start_date="2026-06-19", **body).json()[0]["time_entries"][0]["seconds"])

    assert seconds() == 900
    assert seconds(rounding=0) == 301
    assert seconds(rounding=1, rounding_minutes=6) == 360
    toggl.rounding_minutes = 0
    assert seconds() == 301


def test_a_reports_days_are_in_the_users_timezone_and_both_inclusive(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("23:59:59 the day before", "2026-06-18T23:59:59+02:00", 600)
    first = toggl.add_entry("first", "2026-06-19T00:00:00+02:00", 600)
    last = toggl.add_entry("last", "2026-06-20T23:59:59+02:00", 600)
    toggl.add_entry("the day after", "2026-06-21T00:00:00+02:00", 600)

    assert _report_ids(client.report(start_date="2026-06-19", end_date="2026-06-20")) == [last.id, first.id]


def test_a_report_without_an_end_reaches_six_days_on(client: Client, toggl: Toggl) -> None:
    seventh = toggl.add_entry("seventh day", "2026-06-25T09:00:00+02:00", 600)
    toggl.add_entry("eighth day", "2026-06-26T09:00:00+02:00", 600)

    assert _report_ids(client.report(start_date="2026-06-19")) == [seventh.id]


def test_a_report_has_no_running_and_no_deleted_entries(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("running", "2026-11-19T09:00:00+01:00", running=True)
    toggl.add_entry("running", "2026-11-19T09:00:00+01:00", running=True, duration=0)
    toggl.delete(toggl.add_entry("gone", "2026-11-19T09:00:00+01:00", 600).id)

    assert client.report(start_date="2026-11-19").json() == []


def test_a_report_is_of_one_workspace(client: Client, toggl: Toggl) -> None:
    other = toggl.add_workspace("Elsewhere")
    here = toggl.add_entry("here", "2026-06-19T09:00:00+02:00", 600)
    there = toggl.add_entry("there", "2026-06-19T09:00:00+02:00", 600, workspace=other)

    assert _report_ids(client.report(start_date="2026-06-19")) == [here.id]
    assert _report_ids(client.report(workspace=other, start_date="2026-06-19")) == [there.id]
    assert client.report(workspace=1, start_date="2026-06-19").status_code == 403


def test_only_an_admins_report_shows_other_users_and_user_ids_narrow_it(client: Client, toggl: Toggl) -> None:
    colleague = toggl.add_user("Jonas Weber", "jonas@studio.example")
    mine = toggl.add_entry("mine", "2026-06-19T10:00:00+02:00", 600)
    his = toggl.add_entry("his", "2026-06-19T09:00:00+02:00", 600, user=colleague)

    assert _report_ids(client.report(start_date="2026-06-19")) == [mine.id]
    assert _report_ids(client.report(start_date="2026-06-19", user_ids=[colleague.id])) == []
    toggl.admin = True
    assert _report_ids(client.report(start_date="2026-06-19")) == [mine.id, his.id]
    assert _report_ids(client.report(start_date="2026-06-19", user_ids=[toggl.user_id])) == [mine.id]


def test_a_report_filters_by_billable_and_by_project(client: Client, toggl: Toggl) -> None:
    project = toggl.add_project("Website")
    paid = toggl.add_entry("paid", "2026-06-19T10:00:00+02:00", 600, billable=True)
    free = toggl.add_entry("free", "2026-06-19T09:00:00+02:00", 600, project=project)

    assert _report_ids(client.report(start_date="2026-06-19", billable=True)) == [paid.id]
    assert _report_ids(client.report(start_date="2026-06-19", project_ids=[project.id])) == [free.id]


def test_a_report_comes_in_pages_of_50_whose_headers_lead_to_the_next_and_are_absent_on_the_last(
    client: Client, toggl: Toggl
) -> None:
    begin = datetime(2026, 6, 19, 6, 0, tzinfo=UTC)
    added = [toggl.add_entry("#1", begin + timedelta(minutes=number), 60).id for number in range(120)]

    seen: list[int] = []
    sizes: list[int] = []
    cursor: dict[str, int] = {}
    while True:
        page = client.report(start_date="2026-06-19", order_dir="ASC", **cursor)
        seen += _report_ids(page)
        sizes.append(len(page.json()))
        if "X-Next-ID" not in page.headers:
            break
        cursor = {
            "first_id": int(page.headers["X-Next-ID"]),
            "first_row_number": int(page.headers["X-Next-Row-Number"]),
            "first_timestamp": int(page.headers["X-Next-Timestamp"]),
        }

    assert (seen, sizes) == (added, [50, 50, 20])
    assert cursor["first_row_number"] == 101
    assert not {"X-Next-ID", "X-Next-Row-Number", "X-Next-Timestamp"} & page.headers.keys()


def test_a_report_that_fills_its_last_page_exactly_has_no_next_one(client: Client, toggl: Toggl) -> None:
    for hour in (9, 10):
        toggl.add_entry("#1", f"2026-06-19T{hour:02}:00:00+02:00", 600)

    assert "X-Next-ID" not in client.report(start_date="2026-06-19", page_size=2).headers
    assert "X-Next-ID" in client.report(start_date="2026-06-19", page_size=1).headers


def test_a_grouped_report_puts_alike_entries_into_one_row(client: Client, toggl: Toggl) -> None:
    nine, ten, eleven = (
        toggl.add_entry(text, f"2026-06-19T{hour}:00:00+02:00", 600).id
        for text, hour in (("#1", "09"), ("#2", "10"), ("#1", "11"))
    )

    rows = client.report(start_date="2026-06-19", grouped=True).json()

    assert [[entry["id"] for entry in row["time_entries"]] for row in rows] == [[eleven, nine], [ten]]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"start_date": "2026-06-19T00:00:00Z"},
        {"start_date": "2026-06-31"},
        {"start_date": "2026-06-19", "end_date": "2026-06-18"},
        {"start_date": "2025-06-19", "end_date": "2026-06-20"},
        {"start_date": "2026-06-19", "first_row_number": 51},
        {"start_date": "2026-06-19", "first_id": "4000000000", "first_row_number": "51", "first_timestamp": "1"},
        {"start_date": "2026-06-19", "user_ids": ["1"]},
        {"start_date": "2026-06-19", "page_size": 0},
        {"start_date": "2026-06-19", "order_by": "colour"},
    ],
)
def test_a_report_that_is_asked_wrongly_is_refused(client: Client, body: dict[str, Any]) -> None:
    response = client.report(**body)

    assert response.status_code == 400
    assert isinstance(response.json(), str)


def test_a_report_reaches_366_days_at_once_and_any_distance_back(client: Client, toggl: Toggl) -> None:
    old = toggl.add_entry("old", "2023-06-19T09:00:00+02:00", 600)

    assert _report_ids(client.report(start_date="2023-06-19", end_date="2024-06-18")) == [old.id]


def test_a_report_is_asked_by_post(client: Client, toggl: Toggl) -> None:
    assert client.get(f"/reports/api/v3/workspace/{toggl.workspace_id}/search/time_entries").status_code == 405


def _report_ids(response: requests.Response) -> list[int]:
    assert response.status_code == 200, response.text
    return [entry["id"] for row in response.json() for entry in row["time_entries"]]
