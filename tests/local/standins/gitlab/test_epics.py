"""Time on what belongs to a group and to no project."""

from __future__ import annotations

import pytest

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import (
    DELETE,
    LEDGER,
    NOT_AVAILABLE,
    NOW,
    data,
    log_refused,
    messages,
    post,
    summaries,
    timelog_input,
)

NO_PROJECT = "Cannot return null for non-nullable field Timelog.project"
WITH_PROJECT = '{ timelogs(username: "ada") { nodes { summary project { fullPath } } } }'
LOG = "mutation L($input: TimelogCreateInput!) { timelogCreate(input: $input) { errors timelog { id ITEM } } }"


@pytest.fixture
def epic(gitlab: GitLab) -> Issuable:
    return gitlab.add_epic("acme/tools", "Next quarter", iid=3)


def test_a_timelog_on_an_epic_is_on_no_issue_and_no_merge_request(gitlab: GitLab, epic: Issuable) -> None:
    gitlab.add_timelog(epic, "ada", 1800, NOW, "by hand")
    text = '{ timelogs(username: "ada") { nodes { timeSpent summary issue { id } mergeRequest { id } } } }'

    assert data(gitlab, text)["timelogs"]["nodes"] == [
        {"timeSpent": 1800, "summary": "by hand", "issue": None, "mergeRequest": None}
    ]
    assert gitlab.ledger()[0].reference == "acme/tools&3"


def test_asking_for_its_project_makes_the_whole_timelog_null_beside_an_error(
    gitlab: GitLab, issue: Issuable, epic: Issuable
) -> None:
    gitlab.add_timelog(issue, "ada", 60, NOW, "on the issue")
    gitlab.add_timelog(epic, "ada", 60, NOW, "on the epic")

    answer = post(gitlab, WITH_PROJECT).json()

    assert answer["data"]["timelogs"]["nodes"] == [
        {"summary": "on the issue", "project": {"fullPath": "acme/tools/web"}},
        None,
    ]
    assert [(error["message"], error["path"]) for error in answer["errors"]] == [
        (NO_PROJECT, ["timelogs", "nodes", 1, "project"])
    ]


def test_asking_a_write_for_the_project_hides_that_the_time_was_logged(gitlab: GitLab, epic: Issuable) -> None:
    text = LOG.replace("ITEM", "project { fullPath }")

    answer = post(gitlab, text, input=timelog_input(epic)).json()

    assert answer["data"] == {"timelogCreate": {"errors": [], "timelog": None}}
    assert [error["message"] for error in answer["errors"]] == [NO_PROJECT]
    assert [row.reference for row in gitlab.ledger()] == ["acme/tools&3"]


def test_time_is_logged_by_its_id_as_a_work_item_only(gitlab: GitLab, epic: Issuable) -> None:
    text = LOG.replace("ITEM", "timeSpent")

    assert epic.gid == f"gid://gitlab/WorkItem/{epic.id}"
    assert data(gitlab, text, input=timelog_input(epic))["timelogCreate"]["timelog"]["timeSpent"] == 1800
    assert log_refused(gitlab, epic.gid.replace("WorkItem", "Issue")) == [NOT_AVAILABLE]
    assert data(gitlab, f'{{ issue(id: "gid://gitlab/Issue/{epic.id}") {{ id }} }}') == {"issue": None}


def test_logging_time_needs_a_role_in_a_project_of_the_group(gitlab: GitLab, epic: Issuable) -> None:
    gitlab.set_role("acme/tools/web", "ada", "guest")

    assert log_refused(gitlab, epic) == [NOT_AVAILABLE]


def test_nobody_deletes_a_timelog_of_an_epic(gitlab: GitLab, epic: Issuable) -> None:
    gitlab.add_token("max-token", "max")
    mine = gitlab.add_timelog(epic, "ada", 60, NOW)

    assert [messages(gitlab, DELETE, token, id=mine.gid) for token in ("ada-token", "max-token")] == [
        [NOT_AVAILABLE]
    ] * 2
    assert gitlab.timelogs == [mine]


def test_it_is_listed_by_user_and_by_group_and_by_no_project(gitlab: GitLab, epic: Issuable) -> None:
    gitlab.add_timelog(epic, "ada", 60, NOW, "on the epic")
    by_group = "query G($id: GroupID!) { timelogs(groupId: $id) { nodes { summary } } }"

    found = [
        data(gitlab, by_group, id=f"gid://gitlab/Group/{gitlab.group(path).id}") for path in ("acme", "acme/tools")
    ]

    assert [summaries(one) for one in found] == [["on the epic"]] * 2
    assert summaries(data(gitlab, LEDGER, username="ada")) == ["on the epic"]
    for text in (
        '{ timelogs(projectId: "gid://gitlab/Project/7") { nodes { summary } } }',
        '{ p: project(fullPath: "acme/tools/web") { timelogs { nodes { summary } } } }',
    ):
        answer = data(gitlab, text)
        assert summaries(answer.get("p", answer)) == []


def test_it_vanishes_with_the_last_membership_in_the_group(gitlab: GitLab, epic: Issuable) -> None:
    gitlab.add_timelog(epic, "ada", 60, NOW, "on the epic")

    gitlab.set_role("acme/tools/web", "ada", None)

    assert summaries(data(gitlab, LEDGER, username="ada")) == []


def test_an_epic_has_no_project_to_name(epic: Issuable) -> None:
    with pytest.raises(LookupError, match="acme/tools&3 belongs to a group"):
        _ = epic.project
