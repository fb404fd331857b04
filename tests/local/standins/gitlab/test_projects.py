"""Roles that change, projects that everybody may read, archived ones, and those that get another path."""

from __future__ import annotations

from datetime import UTC, datetime

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import (
    CREATE,
    CREATE_ISSUE,
    DELETE,
    LEDGER,
    NOT_AVAILABLE,
    data,
    log,
    log_refused,
    messages,
    post,
    summaries,
    timelog_input,
)

PROJECT = '{ project(fullPath: "acme/tools/web") { fullPath issue(iid: "12") { title } } }'
BY_ID = '{ projects(ids: ["gid://gitlab/Project/7"]) { nodes { fullPath } } }'


def test_a_project_vanishes_with_the_membership_and_comes_back_with_it(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, summary="mine")
    gitlab.set_role("acme/tools/web", "ada", None)

    lost = [data(gitlab, PROJECT), data(gitlab, BY_ID), data(gitlab, LEDGER, username="ada")]
    refused = log_refused(gitlab, issue)
    gitlab.set_role("acme/tools/web", "ada", "planner")

    assert lost[:2] == [{"project": None}, {"projects": {"nodes": []}}]
    assert summaries(lost[2]) == []
    assert refused == [NOT_AVAILABLE]
    assert data(gitlab, PROJECT)["project"] == {"fullPath": "acme/tools/web", "issue": {"title": issue.title}}
    assert summaries(data(gitlab, LEDGER, username="ada")) == ["mine"]
    assert log(gitlab, issue)["errors"] == []


def test_a_public_project_is_read_by_everybody_and_takes_the_time_of_members_only(gitlab: GitLab) -> None:
    gitlab.add_project("open/source", public=True, roles={"bob": "developer"})
    issue = gitlab.add_issue("open/source", "Help wanted")

    found = data(gitlab, '{ project(fullPath: "open/source") { issue(iid: "1") { id title } } }')["project"]["issue"]
    answer = post(gitlab, CREATE, input=timelog_input(issue)).json()

    assert found == {"id": issue.gid, "title": "Help wanted"}
    assert answer["data"] == {"timelogCreate": None}
    assert [error["message"] for error in answer["errors"]] == [NOT_AVAILABLE]
    assert log(gitlab, issue, "bob-token")["errors"] == []


def test_an_archived_project_is_read_and_not_changed(gitlab: GitLab, issue: Issuable) -> None:
    logged = log(gitlab, issue, summary="mine")["timelog"]
    text = (
        '{ project(fullPath: "acme/tools/web") { archived timelogs { nodes { userPermissions { adminTimelog } } } } }'
    )
    gitlab.project("acme/tools/web").archived = True

    refused = [
        log_refused(gitlab, issue),
        messages(gitlab, DELETE, id=logged["id"]),
        messages(gitlab, CREATE_ISSUE, input={"projectPath": "acme/tools/web", "title": "x"}),
    ]

    assert refused == [[NOT_AVAILABLE]] * 3
    assert summaries(data(gitlab, LEDGER, username="ada")) == ["mine"]
    assert data(gitlab, text)["project"] == {
        "archived": True,
        "timelogs": {"nodes": [{"userPermissions": {"adminTimelog": False}}]},
    }
    gitlab.project("acme/tools/web").archived = False
    assert data(gitlab, DELETE, id=logged["id"])["timelogDelete"]["errors"] == []


def test_a_renamed_project_is_not_found_under_its_old_path(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.rename("acme/tools/web", "acme/tools/site")

    assert data(gitlab, PROJECT) == {"project": None}
    assert data(gitlab, '{ project(fullPath: "acme/tools/site") { id } }') == {
        "project": {"id": "gid://gitlab/Project/7"}
    }
    assert issue.reference == "acme/tools/site#12"


def test_a_transferred_project_is_found_by_its_id_and_its_timelogs_by_its_new_group(
    gitlab: GitLab, issue: Issuable
) -> None:
    log(gitlab, issue, summary="mine")
    by_group = "query G($id: GroupID!) { timelogs(groupId: $id) { nodes { summary } } }"

    gitlab.rename("acme/tools/web", "other/web")

    assert data(gitlab, BY_ID) == {"projects": {"nodes": [{"fullPath": "other/web"}]}}
    groups = {name: f"gid://gitlab/Group/{gitlab.group(name).id}" for name in ("acme", "other")}
    assert {name: summaries(data(gitlab, by_group, id=gid)) for name, gid in groups.items()} == {
        "acme": [],
        "other": ["mine"],
    }


def test_the_date_of_every_answer_is_gitlabs_own_time(gitlab: GitLab) -> None:
    gitlab.now = lambda: datetime(2026, 11, 22, 8, 30, 15, 900_000, tzinfo=UTC)
    gitlab.fail("maintenance")

    dates = {post(gitlab, PROJECT, token).headers["Date"] for token in ("ada-token", "ada-token", "wrong")}

    assert dates == {"Sun, 22 Nov 2026 08:30:15 GMT"}
