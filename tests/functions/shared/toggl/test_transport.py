"""What becomes of a request to Toggl: its pace, the quota, and what each failure is called."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

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
from functions.shared.model.entry import Window
from functions.shared.toggl import transport
from functions.shared.toggl.client import Toggl
from local.standins.toggl import server as stand_in
from tests.functions.servers import Elsewhere, closed_url
from tests.functions.shared.toggl.support import BASIC, DAY, MAX_WAIT_SECONDS, START, TOKEN, Clock, answer, at


def test_the_token_is_the_user_of_basic_credentials(server: stand_in.Toggl, client: Toggl) -> None:
    client.time_entries(DAY)

    assert server.requests[0].headers["authorization"] == f"Basic {BASIC}"


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
    client.modified_since(START)
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
        ({"kind": "status", "status": 403, "body": b"<html>"}, TogglUnauthorized, "so the token is not to blame"),
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
        ({"kind": "empty"}, TogglUnavailable, "not JSON"),
        ({"kind": "body", "body": b"<html>"}, TogglUnavailable, "not JSON"),
        ({"kind": "body", "body": b"[" * 100_000}, TogglUnavailable, "not JSON"),
        ({"kind": "wrong_shape"}, TogglUnavailable, "not a list"),
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


def test_an_answer_larger_than_the_limit_is_not_read_to_its_end(
    server: stand_in.Toggl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "BODY_LIMIT_BYTES", 10_000)
    client = Toggl(server.url, TOKEN, MAX_WAIT_SECONDS)
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
    for call in (lambda: client.time_entries(DAY), lambda: client.modified_since(START)):
        try:
            shown.append(repr(call()))
        except SyncError as error:
            shown.append(error.message)

    assert not any(part in text for text in shown for part in (TOKEN, TOKEN[:10], BASIC, BASIC[:10]))
