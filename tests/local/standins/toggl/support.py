"""What the tests of the Toggl stand-in share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import requests

from local.standins.server import Request
from local.standins.toggl.server import Toggl

ENTRIES = "/api/v9/me/time_entries"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = {"start_date": "2026-11-19T00:00:00+01:00", "end_date": "2026-11-20T00:00:00+01:00"}


class Clock:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Client:
    """The plainest client: one session, the right token, no redirects, nothing from the environment."""

    def __init__(self, toggl: Toggl) -> None:
        self.toggl = toggl
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, auth: Any = "token", **query: str) -> requests.Response:
        auth = (self.toggl.token, "api_token") if auth == "token" else auth
        return self.session.get(self.toggl.url + path, params=query, auth=auth, timeout=5, allow_redirects=False)

    def entries(self, **query: str) -> list[dict[str, Any]]:
        response = self.get(ENTRIES, **query)
        assert response.status_code == 200, response.text
        return list(response.json())

    def ids(self, **query: str) -> list[int]:
        return [entry["id"] for entry in self.entries(**query)]

    def refusal(self, **query: str) -> str:
        """The JSON string of a 400."""
        response = self.get(ENTRIES, **query)
        assert response.status_code == 400, response.text
        return str(response.json())

    def report(self, workspace: int | None = None, **body: Any) -> requests.Response:
        path = f"/reports/api/v3/workspace/{workspace or self.toggl.workspace_id}/search/time_entries"
        auth = (self.toggl.token, "api_token")
        return self.session.post(self.toggl.url + path, json=body, auth=auth, timeout=5)


def request_to(path: str, query: dict[str, str] | None = None) -> Request:
    return Request("GET", path, query or {}, {}, b"")


def seconds_of(instant: datetime) -> str:
    """As `since` wants it."""
    return str(int(instant.timestamp()))
