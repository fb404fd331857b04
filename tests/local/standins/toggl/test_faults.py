"""Toggl's own ways to fail."""

from __future__ import annotations

import pytest

from local.standins.toggl.server import Toggl, on_entries, on_reports
from tests.local.standins.toggl.support import DAY, ENTRIES, Client, request_to


def test_a_quota_fault_says_when_the_quota_resets(client: Client, toggl: Toggl) -> None:
    toggl.fail("quota", when=on_entries, seconds=754)

    response = client.get(ENTRIES, **DAY)

    assert response.status_code == 402
    assert response.headers["X-Toggl-Quota-Remaining"] == "0"
    assert response.headers["X-Toggl-Quota-Resets-In"] == "754"
    assert client.get(ENTRIES, **DAY).status_code == 200


def test_an_unpaid_feature_is_a_402_with_quota_left_and_a_json_string(client: Client, toggl: Toggl) -> None:
    toggl.fail("not_paid")

    response = client.get(ENTRIES, **DAY)

    assert response.status_code == 402
    assert int(response.headers["X-Toggl-Quota-Remaining"]) > 0
    assert isinstance(response.json(), str)


@pytest.mark.parametrize(("seconds", "retry_after"), [(0, None), (3, "3"), (0.2, "1")])
def test_a_rate_limit_comes_with_and_without_retry_after(
    client: Client, toggl: Toggl, seconds: float, retry_after: str | None
) -> None:
    toggl.fail("rate_limited", seconds=seconds)

    response = client.get(ENTRIES, **DAY)

    assert (response.status_code, response.headers.get("Retry-After")) == (429, retry_after)


@pytest.mark.parametrize(
    ("status", "content_type"), [(500, "application/json"), (502, "text/html"), (503, "text/html")]
)
def test_server_errors_come_as_json_or_as_a_page(client: Client, toggl: Toggl, status: int, content_type: str) -> None:
    toggl.fail("server_error", status=status)

    response = client.get(ENTRIES, **DAY)

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith(content_type)


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("forbidden", 403, b'"User does not have access to this resource"'),
        ("empty", 200, b""),
        ("wrong_shape", 200, b'{"items": [], "total_count": 0}'),
        ("wrong_shape_null", 200, b"null"),
    ],
)
def test_other_failures_answer_what_they_say(client: Client, toggl: Toggl, kind: str, status: int, body: bytes) -> None:
    toggl.fail(kind)

    response = client.get(ENTRIES, **DAY)

    assert (response.status_code, response.content) == (status, body)


def test_the_first_entry_loses_its_id_or_everything_but_its_id(client: Client, toggl: Toggl) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600)
    toggl.fail("wrong_shape_no_id")
    toggl.fail("wrong_shape_nulls")

    [without_id], [only_id] = client.entries(**DAY), client.entries(**DAY)

    assert "id" not in without_id
    assert without_id["duration"] == 600
    assert {name for name, value in only_id.items() if value is not None} == {"id"}
    assert only_id["id"] == entry.id


def test_an_entry_of_a_report_is_broken_the_same_way(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600)
    toggl.fail("wrong_shape_no_id", when=on_reports)

    [row] = client.report(start_date="2026-11-19").json()

    assert row["time_entries"][0].keys() == {"seconds", "start", "stop", "at"}


def test_an_answer_can_be_too_large(client: Client, toggl: Toggl) -> None:
    toggl.too_large_bytes = 300_000
    toggl.fail("too_large")

    response = client.get(ENTRIES, **DAY)

    assert len(response.content) == 300_000
    assert len(response.json()) == 1


def test_a_redirect_leads_to_another_host(client: Client, toggl: Toggl) -> None:
    toggl.fail("redirect")
    toggl.fail("redirect", body=b"http://127.0.0.1:9/here")

    locations = [client.get(ENTRIES, **DAY).headers["Location"] for _ in range(2)]

    assert locations == [f"https://elsewhere.invalid{ENTRIES}", "http://127.0.0.1:9/here"]


def test_an_unknown_fault_is_a_mistake_of_the_test(toggl: Toggl) -> None:
    fault = toggl.fail("no_such_fault")

    with pytest.raises(ValueError, match="no_such_fault"):
        toggl.special_answer(fault, request_to("/api/v9/me"))
