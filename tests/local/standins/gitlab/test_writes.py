"""Logging time, deleting what was logged, and creating issues, by GitLab's own rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import (
    CREATE,
    CREATE_ISSUE,
    DELETE,
    NOT_AVAILABLE,
    NOW,
    data,
    log,
    log_refused,
    messages,
    post,
    timelog_input,
)


def test_a_timelog_is_by_the_tokens_user_and_its_instant_is_kept_in_utc(gitlab: GitLab, issue: Issuable) -> None:
    answer = log(gitlab, issue, spentAt="2026-11-20T01:30:00+02:00", timeSpent="5400s", summary="[toggl:5] Work")

    assert answer == {
        "errors": [],
        "timelog": {
            "id": gitlab.timelogs[0].gid,
            "timeSpent": 5400,
            "spentAt": "2026-11-19T23:30:00Z",
            "summary": "[toggl:5] Work",
            "user": {"username": "ada"},
            "issue": {"id": issue.gid, "iid": "12"},
            "mergeRequest": None,
            "project": {"fullPath": "acme/tools/web"},
        },
    }
    assert gitlab.ledger() == [("acme/tools/web#12", 5400, "2026-11-19T23:30:00Z", "[toggl:5] Work", "ada")]


def test_time_without_an_instant_is_spent_now(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, spentAt=None)

    assert gitlab.timelogs[0].spent_at == NOW


def test_time_can_be_logged_on_merge_requests_and_on_issues_as_work_items(gitlab: GitLab, issue: Issuable) -> None:
    merge_request = gitlab.add_merge_request("acme/tools/web", "Login", iid=45)

    on_merge_request = log(gitlab, merge_request)["timelog"]
    log(gitlab, issue.gid.replace("Issue", "WorkItem"))

    assert (on_merge_request["issue"], on_merge_request["mergeRequest"]["iid"]) == (None, "45")
    assert [row.reference for row in gitlab.ledger()] == ["acme/tools/web!45", "acme/tools/web#12"]


def test_an_iid_is_not_an_id(gitlab: GitLab, issue: Issuable) -> None:
    assert issue.id != issue.iid
    assert log_refused(gitlab, f"gid://gitlab/Issue/{issue.iid}") == [NOT_AVAILABLE]


def test_logging_time_twice_logs_it_twice(gitlab: GitLab, issue: Issuable) -> None:
    first, second = log(gitlab, issue), log(gitlab, issue)

    assert first["timelog"]["id"] != second["timelog"]["id"]
    assert len(gitlab.timelogs) == 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"timeSpent": "soon"}, "Time spent must be formatted correctly. For example: 1h 30m."),
        ({"timeSpent": ""}, "Time spent must be formatted correctly. For example: 1h 30m."),
        ({"timeSpent": "0s"}, "Time spent can't be zero."),
        ({"timeSpent": "-1s"}, "Total time spent cannot be negative."),
        ({"timeSpent": "31557601s"}, "Total time spent cannot exceed a year."),
        ({"spentAt": "2026-11-21T12:00:01Z"}, "Spent at can't be a future date and time."),
        ({"summary": "x" * 256}, "Summary is too long (maximum is 255 characters)"),
    ],
)
def test_what_gitlab_rejects_comes_back_in_the_payload_and_is_not_logged(
    gitlab: GitLab, issue: Issuable, given: dict[str, Any], error: str
) -> None:
    assert log(gitlab, issue, **given) == {"errors": [error], "timelog": None}
    assert gitlab.timelogs == []


def test_a_summary_is_counted_in_characters_not_in_bytes(gitlab: GitLab, issue: Issuable) -> None:
    assert log(gitlab, issue, summary="\N{ALARM CLOCK}" * 255)["errors"] == []


def test_the_year_is_for_all_timelogs_of_an_issue_together(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, timeSpent="31557599s")

    assert log(gitlab, issue, timeSpent="1s")["errors"] == []
    assert log(gitlab, issue, timeSpent="1s", token="bob-token")["errors"] == ["Total time spent cannot exceed a year."]
    assert log(gitlab, gitlab.add_issue("acme/tools/web", "Other"), timeSpent="1s")["errors"] == []


def test_time_can_be_taken_back_down_to_zero(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, timeSpent="1h")

    assert log(gitlab, issue, timeSpent="-61m")["errors"] == ["Total time spent cannot be negative."]
    assert log(gitlab, issue, timeSpent="-60m")["errors"] == []


@pytest.mark.parametrize(
    ("role", "may_log"), [(None, False), ("guest", False), ("planner", True), ("reporter", True), ("owner", True)]
)
def test_logging_time_needs_planner_or_above(gitlab: GitLab, issue: Issuable, role: str | None, may_log: bool) -> None:
    gitlab.set_role("acme/tools/web", "ada", role)

    answer = post(gitlab, CREATE, input=timelog_input(issue)).json()

    assert len(gitlab.timelogs) == may_log
    if not may_log:
        assert answer["data"] == {"timelogCreate": None}
        assert [(error["message"], error["path"]) for error in answer["errors"]] == [(NOT_AVAILABLE, ["timelogCreate"])]


def test_older_servers_want_a_reporter() -> None:
    with GitLab(timelog_role="reporter") as gitlab:
        gitlab.add_token("ada-token", "ada")
        gitlab.add_project("acme/web", roles={"ada": "planner"})

        assert log_refused(gitlab, gitlab.add_issue("acme/web", "x")) == [NOT_AVAILABLE]


def test_no_time_is_logged_on_what_is_archived_invisible_or_gone(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("acme/old", archived=True)
    gitlab.add_project("secret/plans", roles={"bob": "owner"})
    targets = [gitlab.add_issue("acme/old", "x"), gitlab.add_issue("secret/plans", "x"), issue]
    gitlab.delete_issue(issue)

    assert [log_refused(gitlab, target) for target in targets] == [[NOT_AVAILABLE]] * 3


def test_closed_and_locked_issues_accept_time(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.close_issue(issue)
    locked = gitlab.add_issue("acme/tools/web", "Heated", discussion_locked=True)

    assert log(gitlab, issue)["errors"] == log(gitlab, locked)["errors"] == []


def test_logging_time_touches_the_issue(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.now = lambda: NOW + timedelta(hours=1)

    log(gitlab, issue)

    assert data(gitlab, f'{{ issue(id: "{issue.gid}") {{ createdAt updatedAt }} }}')["issue"] == {
        "createdAt": "2026-11-21T12:00:00Z",
        "updatedAt": "2026-11-21T13:00:00Z",
    }


def test_aliased_mutations_run_in_order_and_one_that_fails_does_not_undo_the_others(
    gitlab: GitLab, issue: Issuable
) -> None:
    text = """
      mutation Two($good: TimelogCreateInput!, $bad: TimelogCreateInput!) {
        a: timelogCreate(input: $good) { errors }
        b: timelogCreate(input: $bad) { errors }
        c: timelogCreate(input: $good) { errors }
      }
    """

    answer = post(gitlab, text, good=timelog_input(issue), bad=timelog_input("gid://gitlab/Issue/1")).json()

    assert answer["data"] == {"a": {"errors": []}, "b": None, "c": {"errors": []}}
    assert answer["errors"][0]["path"] == ["b"]
    assert len(gitlab.timelogs) == 2
    assert gitlab.count("timelogCreate") == 3


def test_a_timelog_is_deleted_by_its_author_or_a_maintainer_and_by_nobody_else(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_token("max-token", "max")
    mine, other = (gitlab.add_timelog(issue, "ada", 60, NOW) for _ in range(2))

    refused = messages(gitlab, DELETE, "bob-token", id=mine.gid)
    by_author = data(gitlab, DELETE, id=mine.gid)
    by_maintainer = data(gitlab, DELETE, "max-token", id=other.gid)

    assert refused == [NOT_AVAILABLE]
    assert by_author == {"timelogDelete": {"errors": [], "timelog": {"id": mine.gid}}}
    assert by_maintainer["timelogDelete"]["errors"] == []
    assert gitlab.timelogs == []


def test_a_timelog_that_is_gone_cannot_be_deleted(gitlab: GitLab, issue: Issuable) -> None:
    timelog = gitlab.add_timelog(issue, "ada", 60, NOW)
    data(gitlab, DELETE, id=timelog.gid)

    answer = post(gitlab, DELETE, id=timelog.gid).json()

    assert answer["data"] == {"timelogDelete": None}
    assert answer["errors"][0]["message"] == NOT_AVAILABLE


def test_a_created_issue_gets_the_next_iid_and_its_labels(gitlab: GitLab, issue: Issuable) -> None:
    given = {
        "projectPath": "acme/tools/web",
        "title": "  New ",
        "description": "Text",
        "labels": ["toggl-sync", "b", "b"],
    }

    created = data(gitlab, CREATE_ISSUE, input=given)["createIssue"]

    assert created["errors"] == []
    assert created["issue"] == {
        "id": gitlab.issues[-1].gid,
        "iid": str(issue.iid + 1),
        "title": "New",
        "description": "Text",
        "state": "opened",
        "labels": {"nodes": [{"title": "b"}, {"title": "toggl-sync"}]},
    }


@pytest.mark.parametrize(
    ("title", "error"),
    [(" ", "Title can't be blank"), ("x" * 256, "Title is too long (maximum is 255 characters)")],
)
def test_a_title_has_1_to_255_characters(gitlab: GitLab, title: str, error: str) -> None:
    created = data(gitlab, CREATE_ISSUE, input={"projectPath": "acme/tools/web", "title": title})

    assert created == {"createIssue": {"errors": [error], "issue": None}}
    assert gitlab.issues == []


def test_creating_an_issue_needs_a_role_in_a_project_that_is_not_archived(gitlab: GitLab) -> None:
    gitlab.add_project("acme/old", archived=True)
    gitlab.set_role("acme/tools/web", "ada", "guest")

    for path in ("acme/old", "acme/tools/web", "acme/none"):
        assert messages(gitlab, CREATE_ISSUE, input={"projectPath": path, "title": "x"}) == [NOT_AVAILABLE]


def test_lines_of_a_description_that_begin_with_a_slash_are_run(gitlab: GitLab) -> None:
    description = "Hello\n/close\n/spend 1h\n/assign @bob\nBye\n```\n/close\n@nobody\n```"

    created = data(
        gitlab, CREATE_ISSUE, input={"projectPath": "acme/tools/web", "title": "x", "description": description}
    )["createIssue"]["issue"]

    assert created["state"] == "closed"
    assert created["description"] == "Hello\nBye\n```\n/close\n@nobody\n```"
    assert [command for _reference, command in gitlab.quick_actions] == ["/close", "/spend 1h", "/assign @bob"]
    assert [(row.reference, row.seconds, row.username) for row in gitlab.ledger()] == [
        ("acme/tools/web#1", 3600, "ada")
    ]


def test_names_in_a_new_issues_title_or_description_ping_people(gitlab: GitLab) -> None:
    given = {"projectPath": "acme/tools/web", "title": "For @bob", "description": "cc @max, mail@example.org `@code`"}

    data(gitlab, CREATE_ISSUE, input=given)

    assert gitlab.mentions == [("acme/tools/web#1", "bob"), ("acme/tools/web#1", "max")]
