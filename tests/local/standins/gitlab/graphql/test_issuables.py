"""Issues and merge requests."""

from __future__ import annotations

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import NOW, data


def test_a_confidential_issue_is_hidden_from_guests_and_open_to_planners(gitlab: GitLab) -> None:
    hidden = gitlab.add_issue("acme/tools/web", "Leak", confidential=True)
    gitlab.set_role("acme/tools/web", "bob", "guest")

    text = f'{{ issue(id: "{hidden.gid}") {{ confidential }} }}'

    assert data(gitlab, text) == {"issue": {"confidential": True}}
    assert data(gitlab, text, "bob-token") == {"issue": None}


def test_an_issue_knows_its_timelogs_and_their_sum(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "bob", 3600, NOW, "bob's")
    gitlab.add_timelog(issue, "ada", 1800, None, "ada's")
    text = f"""
      {{ issue(id: "{issue.gid}") {{
        totalTimeSpent humanTotalTimeSpent
        timelogs(first: 100) {{ nodes {{ summary spentAt user {{ username }} }} }} }} }}
    """

    found = data(gitlab, text)["issue"]

    assert (found["totalTimeSpent"], found["humanTotalTimeSpent"]) == (5400, "1h 30m")
    assert found["timelogs"]["nodes"] == [
        {"summary": "ada's", "spentAt": None, "user": {"username": "ada"}},
        {"summary": "bob's", "spentAt": "2026-11-21T12:00:00Z", "user": {"username": "bob"}},
    ]


def test_a_work_item_of_another_type_is_found_as_an_issue_too(gitlab: GitLab) -> None:
    task = gitlab.add_issue("acme/tools/web", "Task", issue_type="TASK")

    found = data(gitlab, f'{{ issue(id: "gid://gitlab/WorkItem/{task.id}") {{ id webUrl }} }}')

    assert found == {"issue": {"id": task.gid, "webUrl": f"{gitlab.url}/acme/tools/web/-/work_items/{task.iid}"}}


def test_merge_requests_have_iids_of_their_own(gitlab: GitLab, issue: Issuable) -> None:
    merge_request = gitlab.add_merge_request("acme/tools/web", "Login", iid=issue.iid)
    text = """
      { project(fullPath: "acme/tools/web") {
        mergeRequest(iid: "12") { id title webUrl reference full: reference(full: true) }
        mergeRequests(iids: ["12", "13"]) { nodes { iid } } } }
    """

    found = data(gitlab, text)["project"]

    assert found["mergeRequest"] == {
        "id": merge_request.gid,
        "title": "Login",
        "webUrl": f"{gitlab.url}/acme/tools/web/-/merge_requests/12",
        "reference": "!12",
        "full": "acme/tools/web!12",
    }
    assert found["mergeRequests"]["nodes"] == [{"iid": "12"}]
