"""What the tests of the GitLab stand-in share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import requests

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ADA = "ada-token"
NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)
CREATE = """
mutation LogTime($input: TimelogCreateInput!) {
  timelogCreate(input: $input) {
    errors
    timelog {
      id timeSpent spentAt summary user { username } issue { id iid } mergeRequest { id iid } project { fullPath }
    }
  }
}
"""
DELETE = "mutation Unlog($id: TimelogID!) { timelogDelete(input: {id: $id}) { errors timelog { id } } }"
CREATE_ISSUE = """
mutation Open($input: CreateIssueInput!) {
  createIssue(input: $input) { errors issue { id iid title description state labels { nodes { title } } } }
}
"""
LEDGER = """
query Ledger($username: String, $start: Time, $end: Time, $first: Int, $after: String, $sort: TimelogSort) {
  timelogs(username: $username, startTime: $start, endTime: $end, first: $first, after: $after, sort: $sort) {
    nodes { id summary }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def post(gitlab: GitLab, text: str, token: str = ADA, **variables: Any) -> requests.Response:
    return requests.post(
        f"{gitlab.url}/api/graphql",
        json={"query": text, "variables": variables},
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )


def data(gitlab: GitLab, text: str, token: str = ADA, **variables: Any) -> Any:
    answer = post(gitlab, text, token, **variables)
    assert answer.status_code == 200
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


def messages(gitlab: GitLab, text: str, token: str = ADA, **variables: Any) -> list[str]:
    answer = post(gitlab, text, token, **variables)
    assert answer.status_code == 200
    return [error["message"] for error in answer.json()["errors"]]


def timelog_input(target: Issuable | str, **other: Any) -> dict[str, Any]:
    gid = target if isinstance(target, str) else target.gid
    return {"issuableId": gid, "timeSpent": "1800s", "spentAt": "2026-11-20T09:00:00Z", "summary": "[toggl:1]"} | other


def log(gitlab: GitLab, target: Issuable | str, token: str = ADA, **other: Any) -> Any:
    return data(gitlab, CREATE, token, input=timelog_input(target, **other))["timelogCreate"]


def log_refused(gitlab: GitLab, target: Issuable | str, token: str = ADA, **other: Any) -> list[str]:
    return messages(gitlab, CREATE, token, input=timelog_input(target, **other))


def summaries(answer: dict[str, Any]) -> list[str]:
    return [node["summary"] for node in answer["timelogs"]["nodes"]]
