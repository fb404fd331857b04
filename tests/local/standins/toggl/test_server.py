"""Who may ask, and for what."""

from __future__ import annotations

import base64

import pytest

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import DAY, ENTRIES, Client


def test_no_credentials_are_answered_401_without_a_body_but_with_a_header(client: Client) -> None:
    response = client.get(ENTRIES, auth=None, **DAY)

    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["X-Authorization-Missing"] == "true"


@pytest.mark.parametrize(
    "auth",
    [("wrong", "api_token"), ("TOKEN", "wrong"), ("mira@studio.example", "secret"), ("", ""), ("ümlaut", "api_token")],
)
def test_wrong_credentials_are_answered_403(client: Client, toggl: Toggl, auth: tuple[str, str]) -> None:
    user, password = (part.replace("TOKEN", toggl.token) for part in auth)

    assert client.get(ENTRIES, auth=(user.encode(), password), **DAY).status_code == 403


def test_the_token_is_the_user_and_api_token_is_the_password(client: Client, toggl: Toggl) -> None:
    toggl.token = "f" * 32
    client.get("/api/v9/me")

    sent = toggl.requests[-1].headers["authorization"]

    assert base64.b64decode(sent.removeprefix("Basic ")).decode() == "f" * 32 + ":api_token"
    assert client.get("/api/v9/me").status_code == 200


def test_nothing_can_be_written(client: Client, toggl: Toggl) -> None:
    url = f"{toggl.url}/api/v9/workspaces/{toggl.workspace_id}/time_entries/4000000000"
    auth = (toggl.token, "api_token")

    assert client.session.patch(url, json=[], auth=auth, timeout=5).status_code == 404
    assert client.session.delete(toggl.url + ENTRIES, auth=auth, timeout=5).status_code == 405
