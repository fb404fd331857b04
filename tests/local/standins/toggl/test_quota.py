"""How many requests the service takes."""

from __future__ import annotations

from typing import Any

import pytest

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import DAY, ENTRIES, Client, Clock


def test_the_quota_headers_come_on_every_answer(client: Client, toggl: Toggl) -> None:
    project_page = f"/api/v9/workspaces/{toggl.workspace_id}/projects"
    answers = [
        client.get("/api/v9/me"),
        client.get(ENTRIES, **DAY),
        client.get(ENTRIES, start_date="nonsense", end_date="nonsense"),
        client.get(project_page),
        client.report(start_date="2026-11-19"),
        client.get("/api/v9/me", auth=None),
        client.get("/nowhere"),
    ]

    assert [answer.headers["X-Toggl-Quota-Remaining"] for answer in answers] == [
        "29", "28", "27", "239", "238", "27", "237",
    ]  # fmt: skip
    assert all(answer.headers["X-Toggl-Quota-Resets-In"] == "3600" for answer in answers)


def test_the_thirty_first_me_call_of_an_hour_is_answered_402_until_the_quota_resets(
    client: Client, clock: Clock
) -> None:
    for _ in range(30):
        assert client.get("/api/v9/me").status_code == 200
    clock.seconds += 1_000.5

    exceeded = client.get("/api/v9/me")

    assert exceeded.status_code == 402
    assert exceeded.headers["X-Toggl-Quota-Remaining"] == "0"
    assert exceeded.headers["X-Toggl-Quota-Resets-In"] == "2600"
    assert exceeded.headers["Content-Type"].startswith("text/plain")
    assert "2600 seconds" in exceeded.text
    assert client.get("/api/v9/workspaces").status_code == 200

    clock.seconds += 2_600
    assert client.get("/api/v9/me").headers["X-Toggl-Quota-Remaining"] == "29"


def test_reports_and_workspaces_draw_on_the_quota_of_the_plan(client: Client, toggl: Toggl) -> None:
    toggl.workspace_quota.total = 1

    assert client.report(start_date="2026-11-19").status_code == 200
    assert client.report(start_date="2026-11-19").status_code == 402
    assert client.get(ENTRIES, **DAY).status_code == 200


@pytest.mark.parametrize(("plan", "calls"), [("free", 30), ("starter", 240), ("premium", 600)])
def test_the_plan_decides_the_quota(plan: Any, calls: int) -> None:
    with Toggl(plan=plan) as toggl:
        assert toggl.workspace_quota.total == calls


def test_the_quota_page_says_what_is_left_of_both(client: Client, toggl: Toggl) -> None:
    client.get("/api/v9/workspaces")

    assert client.get("/api/v9/me/quota").json() == [
        {"organization_id": None, "remaining": 29, "resets_in_secs": 3600, "total": 30},
        {"organization_id": toggl.organization_id, "remaining": 239, "resets_in_secs": 3600, "total": 240},
    ]


def test_clearing_the_stand_in_gives_the_quota_back(client: Client, toggl: Toggl) -> None:
    toggl.me_quota.total = 1
    client.get("/api/v9/me")

    toggl.clear()

    assert client.get("/api/v9/me").status_code == 200


def test_more_than_one_request_a_second_is_answered_429_when_the_burst_limit_is_on(
    client: Client, toggl: Toggl, clock: Clock
) -> None:
    toggl.burst_limit = True

    statuses = [client.get("/api/v9/me").status_code for _ in range(2)]
    clock.seconds += 1
    statuses.append(client.get("/api/v9/me").status_code)

    assert statuses == [200, 429, 200]


def test_the_burst_limit_is_off_by_default(client: Client) -> None:
    assert [client.get("/api/v9/me").status_code for _ in range(3)] == [200, 200, 200]
