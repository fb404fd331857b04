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
from local.standins.gitlab import server as stand_in
from local.standins.gitlab.model import Issuable
from tests.functions.shared.gitlab.support import (
    DAY,
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
    assert (first.summary, first.on_moved_issue) == ("[toggl:1] a", False)
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


def test_a_timelog_that_gitlab_has_not_copied_yet_is_on_a_moved_issue(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    server.originals_stay = False
    server.add_timelog(issue, "mira", 1800, SPENT_AT, "[toggl:1]")
    server.add_project("acme/app")
    moved = server.move_issue(issue, "acme/app", copied=1)

    during = client.timelogs("mira", SPENT_AT, SPENT_AT)
    server.finish_moves()
    after = client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert {(one.target, one.on_moved_issue) for one in during} == {(target(issue), True), (target(moved), False)}
    assert [(one.target, one.on_moved_issue) for one in after] == [(target(moved), False)]


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
    client.create_timelog(target(issue), 5437, SPENT_AT, '[toggl:1] "quoted" \\ /close @all 🚀', "mira")

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
        client.create_timelog(target(where), 60, SPENT_AT, "[toggl:1]", "mira")

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
        client.create_timelog(target(issue), seconds, spent_at, summary, "mira")

    assert caught.value.message == words
