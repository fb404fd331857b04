"""Users who are renamed, deleted or shut out, and their tokens."""

from __future__ import annotations

import pytest

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import CREATE, LEDGER, NOW, data, log, messages, post, summaries, timelog_input

ME = "{ currentUser { id username } }"
OF_PROJECT = """
query OfProject($username: String) { timelogs(projectId: "gid://gitlab/Project/7", username: $username) {
  nodes { summary user { id username } } } }
"""


def test_a_renamed_user_keeps_the_id_the_token_the_roles_and_the_timelogs(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, summary="before")
    before = data(gitlab, ME)["currentUser"]

    gitlab.rename_user("ada", "ada.l")

    assert data(gitlab, ME)["currentUser"] == {"id": before["id"], "username": "ada.l"}
    assert log(gitlab, issue, summary="after")["errors"] == []
    assert summaries(data(gitlab, LEDGER, username="ada.l")) == ["before", "after"]


def test_a_user_is_not_found_under_an_old_name(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue)
    assert summaries(data(gitlab, OF_PROJECT, username="ada"))

    gitlab.rename_user("ada", "ada.l")

    assert data(gitlab, '{ user(username: "ada") { id } }') == {"user": None}
    assert summaries(data(gitlab, OF_PROJECT, username="ada")) == []
    assert messages(gitlab, LEDGER, username="ada") == [
        "Non-admin users must provide a group_id, project_id, or current username"
    ]


def test_a_user_is_found_by_id_whatever_the_name_is(gitlab: GitLab) -> None:
    text = f'{{ user(id: "gid://gitlab/User/{gitlab.user("bob").id}") {{ id username }} }}'

    gitlab.rename_user("bob", "robert")

    assert data(gitlab, text)["user"] == {"id": f"gid://gitlab/User/{gitlab.user('robert').id}", "username": "robert"}


def test_a_name_that_is_taken_cannot_be_given(gitlab: GitLab) -> None:
    with pytest.raises(ValueError, match="bob"):
        gitlab.rename_user("ada", "bob")


def test_what_a_deleted_user_has_logged_is_the_ghost_users(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, "bob-token", summary="[toggl:1] bob's")
    bob = gitlab.user("bob").id

    gitlab.delete_user("bob")

    [timelog] = data(gitlab, OF_PROJECT)["timelogs"]["nodes"]
    assert (timelog["summary"], timelog["user"]["username"]) == ("[toggl:1] bob's", "ghost")
    assert timelog["user"]["id"] != f"gid://gitlab/User/{bob}"
    assert summaries(data(gitlab, OF_PROJECT, username="bob")) == []
    assert post(gitlab, ME, "bob-token").status_code == 401


def test_a_former_members_timelogs_are_read_by_project_and_username(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, "bob-token", summary="bob's")
    log(gitlab, issue, summary="ada's")

    gitlab.set_role("acme/tools/web", "bob", None)

    assert summaries(data(gitlab, OF_PROJECT, username="bob")) == ["bob's"]


def test_a_blocked_user_is_shut_out_with_one_sentence_until_unblocked(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.user("ada").blocked = True

    answer = post(gitlab, CREATE, input=timelog_input(issue))
    gitlab.user("ada").blocked = False

    assert (answer.status_code, answer.json()) == (403, {"errors": [{"message": "API not accessible for user"}]})
    assert gitlab.timelogs == []
    assert log(gitlab, issue)["errors"] == []
    assert gitlab.timelogs[0].created_at == NOW
