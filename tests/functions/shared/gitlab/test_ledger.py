"""Timelogs, read, created and deleted, against the stand-in for GitLab over HTTP."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from contract.errors import (
    AmbiguousWrite,
    EntryRejected,
    GitLabUnavailable,
    GitLabUserChanged,
)
from functions.shared.gitlab.client import GitLab
from functions.shared.model.timelog import Move
from local.standins.gitlab import server as stand_in
from local.standins.gitlab.model import Issuable
from tests.functions.shared.gitlab.support import (
    DAY,
    FORTY,
    MIRA,
    NOW,
    SHOP,
    SPENT_AT,
    TOKEN,
    create,
    delete,
    page,
    target,
)


def test_every_timelog_of_the_window_is_read_to_the_last_page(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    for number in range(250):
        server.add_timelog(issue, "mira", 60 + number, SPENT_AT, f"[toggl:{number}] x")

    timelogs = client.timelogs("mira", SPENT_AT - DAY, SPENT_AT + DAY)

    assert [timelog.seconds for timelog in timelogs] == [60 + number for number in range(250)]
    assert len({timelog.gid for timelog in timelogs}) == 250
    assert len(server.requests) == 3


def test_a_timelog_says_what_it_is_on_and_when_and_how_long(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    merge_request = server.add_merge_request(SHOP, "Draft", iid=45)
    on_issue = server.add_timelog(issue, "mira", 1800, "2026-11-20T10:00:00+01:00", "[toggl:1] a")
    on_request = server.add_timelog(merge_request, "mira", 900, SPENT_AT, None)

    first, second = client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert (first.gid, first.target, first.seconds, first.spent_at) == (on_issue.gid, target(issue), 1800, SPENT_AT)
    assert (first.summary, first.move, first.may_be_deleted) == ("[toggl:1] a", None, True)
    assert (second.gid, second.target, second.summary) == (on_request.gid, target(merge_request), "")
    assert second.target is not None
    assert second.target.name == "acme/shop!45"


def test_only_the_users_own_timelogs_with_a_time_within_both_bounds_are_read(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    second = timedelta(seconds=1)
    for seconds, spent_at in ((1, SPENT_AT - second), (2, SPENT_AT), (3, SPENT_AT + DAY), (4, SPENT_AT + DAY + second)):
        server.add_timelog(issue, "mira", seconds, spent_at)
    server.add_timelog(issue, "max", 5, SPENT_AT)
    server.add_timelog(issue, "mira", 6, None)

    assert [timelog.seconds for timelog in client.timelogs("mira", SPENT_AT, SPENT_AT + DAY)] == [2, 3]


@pytest.mark.parametrize(("stays", "after_it"), [(True, {True, False}), (False, {False})])
def test_a_timelog_on_a_moved_issue_says_when_that_changed_and_where_it_went(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, *, stays: bool, after_it: set[bool]
) -> None:
    server.originals_stay = stays
    server.add_timelog(issue, "mira", 1800, SPENT_AT, "[toggl:1]")
    server.add_project("acme/app")
    moved = server.move_issue(issue, "acme/app", copied=0)

    [during] = client.timelogs("mira", SPENT_AT, SPENT_AT)
    server.finish_moves()
    after = client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert (during.target, during.move) == (target(issue), Move(NOW, (moved.gid,)))
    assert {one.move is not None for one in after} == after_it
    assert target(moved) in {one.target for one in after}


def test_an_issue_that_moved_twice_is_followed_twice(server: stand_in.GitLab, client: GitLab, issue: Issuable) -> None:
    server.add_timelog(issue, "mira", 1800, SPENT_AT, "[toggl:1]")
    server.add_project("acme/app")
    server.add_project("acme/web")
    first = server.move_issue(issue, "acme/app")
    second = server.move_issue(first, "acme/web")

    moves = {one.target: one.move for one in client.timelogs("mira", SPENT_AT, SPENT_AT)}

    assert moves == {
        target(issue): Move(NOW, (first.gid, second.gid)),
        target(first): Move(NOW, (second.gid,)),
        target(second): None,
    }


def test_an_issue_that_moved_where_nobody_sees_it_is_moved_all_the_same(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    server.add_timelog(issue, "mira", 1800, SPENT_AT, "[toggl:1]")
    server.add_project("secret/plans", roles={"max": "owner"})
    server.move_issue(issue, "secret/plans")

    [timelog] = client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert timelog.move == Move(NOW, ())


def test_a_timelog_on_an_epic_has_no_target_and_hides_no_other(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    epic = server.add_epic("acme", "Autumn")
    server.add_timelog(epic, "mira", 900, SPENT_AT, "by hand")
    server.add_timelog(issue, "mira", 1800, SPENT_AT, "[toggl:1]")

    timelogs = client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert [(one.target, one.may_be_deleted) for one in timelogs] == [(None, False), (target(issue), True)]


def test_a_timelog_in_an_archived_project_may_not_be_deleted(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    server.add_timelog(issue, "mira", 1800, SPENT_AT, "[toggl:1]")
    server.project(SHOP).archived = True

    assert [one.may_be_deleted for one in client.timelogs("mira", SPENT_AT, SPENT_AT)] == [False]


def test_a_page_without_a_node_is_not_the_last_one_when_another_follows(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    for number in range(150):
        server.add_timelog(issue, "mira", 60 + number, SPENT_AT)
    server.fail("hidden_nodes")

    timelogs = client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert [one.seconds for one in timelogs] == [60 + number for number in range(100, 150)]


def test_nodes_that_are_null_beside_an_error_about_them_are_left_out(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    for number in range(150):
        server.add_timelog(issue, "mira", 60 + number, SPENT_AT)
    server.fail("null_nodes")

    timelogs = client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert [one.seconds for one in timelogs] == [60 + number for number in range(100, 150)]


LAST_PAGE = {"hasNextPage": False, "endCursor": None}


@pytest.mark.parametrize(
    ("nodes", "errors"),
    [
        ([None], [{"message": "x"}]),
        ([None], [{"message": "x", "path": ["timelogs", "nodes", 1]}]),
        ([None], [{"message": "x", "path": ["timelogs"]}]),
        ([None], [{"message": "x", "path": ["timelogs", "pageInfo"]}]),
        ([None], [{"message": "Timeout on Timelog.issue", "path": ["timelogs", "nodes", 0, "issue"]}]),
        ([None], [{"message": "Internal server error", "path": ["timelogs", "nodes", 0]}]),
        ([{"issue": None}], [{"message": "x", "path": ["timelogs", "nodes", 0, "issue"]}]),
        ([None, None], [{"message": "x", "path": ["timelogs", "nodes", 0, "user"]}]),
        ([], "x"),
    ],
)
def test_an_error_that_is_not_about_a_null_node_makes_the_ledger_unreadable(
    server: stand_in.GitLab, client: GitLab, nodes: Any, errors: Any
) -> None:
    answer = {"data": {"timelogs": {"nodes": nodes, "pageInfo": LAST_PAGE}}, "errors": errors}
    server.fail("body", body=json.dumps(answer).encode())

    with pytest.raises(GitLabUnavailable):
        client.timelogs("mira", SPENT_AT, SPENT_AT)


def test_the_time_of_others_in_some_projects_is_read_to_the_last_page_and_nobody_elses_project_is_needed(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    for path in FORTY[:9]:
        server.add_project(path)
        server.add_timelog(server.add_issue(path, "Login"), "max", 900, SPENT_AT)
    for number in range(150):
        server.add_timelog(issue, "bot-7", 60 + number, SPENT_AT, f"[toggl:{number}]")
    server.add_timelog(issue, "mira", 7, SPENT_AT, "[toggl:7]")
    server.add_timelog(issue, "max", 8, SPENT_AT - timedelta(seconds=1), "[toggl:8]")
    server.add_project("secret/plans", roles={"max": "owner"})
    server.add_timelog(server.add_issue("secret/plans", "Plan"), "max", 9, SPENT_AT, "[toggl:9]")

    others = client.timelogs_of_others([*FORTY[:9], SHOP, "secret/plans"], "101", SPENT_AT, SPENT_AT)

    assert sorted(one.seconds for one in others) == [*range(60, 210), *[900] * 9]
    assert len(server.requests) == 3 + 1


def test_the_time_of_a_user_who_is_deleted_is_the_ghosts_and_read_too(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    server.add_timelog(issue, "bot-7", 900, SPENT_AT, "[toggl:1]")
    server.delete_user("bot-7")

    [other] = client.timelogs_of_others([SHOP], "101", SPENT_AT, SPENT_AT)

    assert (other.summary, other.target) == ("[toggl:1]", target(issue))


@pytest.mark.parametrize(
    "connection",
    [
        {"nodes": []},
        {"nodes": [], "pageInfo": None},
        {"nodes": [], "pageInfo": {}},
        {"nodes": [], "pageInfo": {"hasNextPage": None}},
        {"nodes": [], "pageInfo": {"hasNextPage": "false"}},
        {"nodes": [None], "pageInfo": {"hasNextPage": False}},
        {"nodes": [{"timeSpent": "1e999"}], "pageInfo": {"hasNextPage": False}},
        {"pageInfo": {"hasNextPage": False}},
        None,
    ],
)
def test_a_page_that_does_not_say_all_is_never_taken_for_the_whole_ledger(
    server: stand_in.GitLab, client: GitLab, connection: Any
) -> None:
    server.fail("body", body=json.dumps({"data": {"timelogs": connection}}).encode())

    with pytest.raises(GitLabUnavailable, match="wrong shape"):
        client.timelogs("mira", SPENT_AT, SPENT_AT)


@pytest.mark.parametrize("cursor", ["same", None, ""])
def test_a_next_page_that_cannot_be_asked_for_is_no_end_of_the_ledger(
    server: stand_in.GitLab, client: GitLab, cursor: str | None
) -> None:
    server.fail("body", body=page(cursor), times=5)

    with pytest.raises(GitLabUnavailable, match="next page of timelogs"):
        client.timelogs("mira", SPENT_AT, SPENT_AT)


def test_a_failure_on_a_later_page_is_a_failure_and_no_shorter_ledger(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    for number in range(150):
        server.add_timelog(issue, "mira", 60 + number, SPENT_AT)
    server.fail("internal_error", skip=1)

    with pytest.raises(GitLabUnavailable):
        client.timelogs("mira", SPENT_AT, SPENT_AT)


def test_time_is_logged_to_the_second_at_its_own_time_with_its_summary(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    client.create_timelog(target(issue), 5437, SPENT_AT, '[toggl:1] "quoted" \\ /close @all 🚀', MIRA)

    assert server.ledger() == [
        ("acme/shop#12", 5437, "2026-11-20T09:00:00Z", '[toggl:1] "quoted" \\ /close @all 🚀', "mira")
    ]


def test_time_that_another_users_token_logged_is_taken_back(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    server.add_token(TOKEN, "max")
    server.set_role(SHOP, "max", "developer")

    with pytest.raises(GitLabUserChanged, match="belongs to max now, but the run posts as mira"):
        create(client, issue)

    assert server.ledger() == []


def test_a_user_who_was_renamed_meanwhile_is_no_other(server: stand_in.GitLab, client: GitLab, issue: Issuable) -> None:
    server.rename_user("mira", "mira.v")

    create(client, issue)

    assert [row.username for row in server.ledger()] == ["mira.v"]


def test_another_users_time_that_cannot_be_taken_back_is_no_proof_that_nothing_was_written(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    server.add_token(TOKEN, "max")
    server.set_role(SHOP, "max", "developer")
    server.fail("refused", when=stand_in.mutation("timelogDelete"))

    with pytest.raises(AmbiguousWrite, match="cannot be taken back"):
        create(client, issue)


def test_time_is_logged_on_a_merge_request_and_on_a_task(server: stand_in.GitLab, client: GitLab) -> None:
    merge_request = server.add_merge_request(SHOP, "Draft", iid=45)
    task = server.add_issue(SHOP, "Task", iid=14, issue_type="TASK")

    for where in (merge_request, task):
        client.create_timelog(target(where), 60, SPENT_AT, "[toggl:1]", MIRA)

    assert [row.reference for row in server.ledger()] == ["acme/shop!45", "acme/shop#14"]


def test_a_timelog_is_deleted_and_no_other(server: stand_in.GitLab, client: GitLab, issue: Issuable) -> None:
    first, second = (server.add_timelog(issue, "mira", seconds, SPENT_AT) for seconds in (60, 120))

    client.delete_timelog(first.gid)

    assert server.timelogs == [second]


def test_a_missing_right_is_no_permission(server: stand_in.GitLab, client: GitLab, issue: Issuable) -> None:
    server.set_role(SHOP, "mira", "guest")

    with pytest.raises(EntryRejected) as caught:
        create(client, issue)

    assert caught.value.message == "no_permission"


def test_a_timelog_that_is_gone_is_no_permission_too(client: GitLab, issue: Issuable) -> None:
    with pytest.raises(EntryRejected) as caught:
        delete(client, issue)

    assert caught.value.message == "no_permission"


@pytest.mark.parametrize(
    ("seconds", "spent_at", "summary", "words"),
    [
        (0, SPENT_AT, "[toggl:1]", "Time spent can't be zero."),
        (60, NOW + DAY, "[toggl:1]", "Spent at can't be a future date and time."),
        (60, SPENT_AT, "x" * 256, "Summary is too long (maximum is 255 characters)"),
        (31_557_601, SPENT_AT, "[toggl:1]", "Total time spent cannot exceed a year."),
    ],
)
def test_what_gitlab_refuses_is_rejected_in_gitlabs_own_words(
    client: GitLab, issue: Issuable, seconds: int, spent_at: datetime, *, summary: str, words: str
) -> None:
    with pytest.raises(EntryRejected) as caught:
        client.create_timelog(target(issue), seconds, spent_at, summary, MIRA)

    assert caught.value.message == words
