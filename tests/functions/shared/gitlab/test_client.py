"""The GitLab client against the stand-in for GitLab, which executes real GraphQL within GitLab's limits, over HTTP."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import (
    AmbiguousWrite,
    EntryRejected,
    GitLabRateLimited,
    GitLabTooOld,
    GitLabUnauthorized,
    GitLabUnavailable,
    GitLabUserChanged,
    InvalidSettings,
    SyncError,
)
from functions.shared import http
from functions.shared.gitlab import client as module
from functions.shared.gitlab.client import GitLab
from functions.shared.model import NewIssue, Project, Target, Wanted
from local.standins.gitlab import server as stand_in
from local.standins.gitlab.model import Issuable
from tests.functions.servers import Elsewhere, RawServer, closed_url, silent_server, whole

TOKEN = "glpat-Client-Tests-0001"
MAX_WAIT_SECONDS = 3600
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPENT_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SHOP = "acme/shop"
FORTY = [f"acme/web-{number}" for number in range(40)]


@pytest.fixture
def server() -> Iterator[stand_in.GitLab]:
    with stand_in.GitLab(now=lambda: NOW) as server:
        server.add_token(TOKEN, "mira")
        server.add_project(SHOP, id=7)
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server


@pytest.fixture
def client(server: stand_in.GitLab) -> GitLab:
    return GitLab(server.url, TOKEN, MAX_WAIT_SECONDS)


@pytest.fixture
def issue(server: stand_in.GitLab) -> Issuable:
    return server.add_issue(SHOP, "Navigation menu", iid=12)


def target(issuable: Issuable) -> Target:
    return Target(issuable.gid, issuable.reference)


def wanted(issues: set[int] | frozenset[int] = frozenset(), merge_requests: Any = frozenset()) -> Wanted:
    return Wanted(frozenset(issues), frozenset(merge_requests))


def asked_numbers(server: stand_in.GitLab) -> list[list[int]]:
    """Per request, how many iids each of its lists has."""
    variables = [request.json()["variables"].values() for request in server.requests]
    return [[len(value) for value in values if isinstance(value, list)] for values in variables]


# Who asks.


def test_the_token_is_a_bearer_and_everything_goes_to_one_path(server: stand_in.GitLab, client: GitLab) -> None:
    assert client.username() == "mira"

    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/api/graphql")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_the_user_and_a_project_by_its_number_are_one_request(server: stand_in.GitLab, client: GitLab) -> None:
    assert client.user_and_project("7") == ("mira", Project(7, SHOP, "Acme / Shop"))
    assert len(server.requests) == 1


def test_a_project_that_cannot_be_seen_is_none(server: stand_in.GitLab, client: GitLab) -> None:
    server.add_project("secret/plans", id=8, roles={"max": "owner"})

    assert client.user_and_project("8") == ("mira", None)
    assert client.user_and_project("999") == ("mira", None)
    assert client.projects_by_path(["secret/plans", "no/such"]) == {}


@pytest.mark.parametrize("user", [None, {}, {"username": None}, {"username": ""}, "mira", []])
def test_a_user_that_gitlab_does_not_tell_is_an_error_and_never_nobody(
    server: stand_in.GitLab, client: GitLab, user: Any
) -> None:
    server.fail("body", body=json.dumps({"data": {"currentUser": user}}).encode())

    with pytest.raises((GitLabUnauthorized, GitLabUnavailable)):
        client.username()


# Projects.


def test_any_number_of_projects_is_found_by_path_within_the_limits(server: stand_in.GitLab, client: GitLab) -> None:
    for path in FORTY:
        server.add_project(path)

    found = client.projects_by_path([*FORTY, "no/such", FORTY[0]])

    assert {path: project.full_path for path, project in found.items()} == {path: path for path in FORTY}
    assert len(server.requests) <= 4


def test_a_project_is_found_by_the_name_with_namespace_of_a_page_title(server: stand_in.GitLab, client: GitLab) -> None:
    server.add_project("other/shop")
    server.add_project("acme/shop-two", name="Shop Two")
    server.add_project("twin/shop", name_with_namespace="Acme / Shop")
    server.add_project("foreign/shop", name_with_namespace="Acme / Shop", roles={"max": "owner"}, public=True)

    found = client.projects_named("Acme / Shop")

    assert {project.full_path for project in found} == {SHOP, "twin/shop"}


# Finding issues.


def test_issues_tasks_and_merge_requests_are_found_by_number_in_any_state(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    closed = server.add_issue(SHOP, "Closed", iid=13, state="closed")
    task = server.add_issue(SHOP, "Task", iid=14, issue_type="TASK")
    merge_request = server.add_merge_request(SHOP, "Draft", iid=12, state="merged")

    found = client.find({SHOP: wanted({12, 13, 14, 99}, {12, 98})})

    assert found[SHOP].project == Project(7, SHOP, "Acme / Shop")
    assert found[SHOP].issues == {12: target(issue), 13: target(closed), 14: target(task)}
    assert found[SHOP].merge_requests == {12: target(merge_request)}
    assert found[SHOP].issues[12].name == "acme/shop#12"
    assert found[SHOP].merge_requests[12].name == "acme/shop!12"


def test_the_same_number_in_two_projects_is_two_issues(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    server.add_project("acme/app")
    other = server.add_issue("acme/app", "Other", iid=12)

    found = client.find({SHOP: wanted({12}), "acme/app": wanted({12})})

    assert (found[SHOP].issues[12], found["acme/app"].issues[12]) == (target(issue), target(other))


def test_what_cannot_be_seen_is_missing(server: stand_in.GitLab, client: GitLab) -> None:
    server.add_project("secret/plans", roles={"max": "owner"})
    server.add_issue("secret/plans", "Plan", iid=1)
    server.set_role(SHOP, "mira", "guest")
    server.add_issue(SHOP, "Confidential", iid=2, confidential=True)

    found = client.find({"secret/plans": wanted({1}), "no/such": wanted({1}), SHOP: wanted({2})})

    assert {path: dict(piece.issues) for path, piece in found.items()} == {SHOP: {}}


def test_a_project_without_numbers_is_still_looked_for(client: GitLab) -> None:
    assert client.find({SHOP: wanted(), "no/such": wanted()}).keys() == {SHOP}


def test_no_request_asks_for_more_than_100_numbers_of_a_project(server: stand_in.GitLab, client: GitLab) -> None:
    issues = {iid: server.add_issue(SHOP, f"Issue {iid}", iid=iid) for iid in range(1, 251)}
    merge_requests = {iid: server.add_merge_request(SHOP, f"MR {iid}", iid=iid) for iid in range(1, 121)}

    found = client.find({SHOP: wanted(set(issues) | {900}, set(merge_requests))})

    assert found[SHOP].issues == {iid: target(one) for iid, one in issues.items()}
    assert found[SHOP].merge_requests == {iid: target(one) for iid, one in merge_requests.items()}
    assert max(count for counts in asked_numbers(server) for count in counts) <= 100


def test_requests_grow_with_projects_and_hundreds_of_numbers_not_with_entries(
    server: stand_in.GitLab, client: GitLab
) -> None:
    for path in FORTY[:9]:
        server.add_project(path)
        server.add_issue(path, "One", iid=1)

    few = client.find({path: wanted({1}) for path in FORTY[:9]})
    requests_for_few = len(server.requests)
    many = client.find({path: wanted(set(range(1, 101))) for path in FORTY[:9]})

    assert few == many
    assert len(server.requests) - requests_for_few == requests_for_few <= 3


@pytest.fixture(scope="module")
def crowd() -> Iterator[stand_in.GitLab]:
    """Eight projects, each with every fifth issue and merge request of the first 230."""
    with stand_in.GitLab(now=lambda: NOW) as server:
        server.add_token(TOKEN, "mira")
        for path in FORTY[:8]:
            server.add_project(path)
            for iid in range(5, 231, 5):
                server.add_issue(path, f"Issue {iid}", iid=iid)
                server.add_merge_request(path, f"MR {iid}", iid=iid)
        yield server


NUMBERS = st.integers(0, 230).map(lambda last: frozenset(range(1, last + 1))) | st.frozensets(st.integers(1, 230))


@given(
    asked=st.dictionaries(
        st.sampled_from([*FORTY[:8], "no/such", "not/there"]),
        st.builds(Wanted, NUMBERS, NUMBERS, st.booleans()),
        max_size=8,
    )
)
@settings(max_examples=30, deadline=None)
def test_no_mix_of_projects_and_numbers_makes_a_request_that_gitlab_refuses(
    crowd: stand_in.GitLab, asked: dict[str, Wanted]
) -> None:
    found = GitLab(crowd.url, TOKEN, MAX_WAIT_SECONDS).find(asked)

    assert found.keys() == asked.keys() & set(FORTY)
    for path, piece in found.items():
        assert piece.issues.keys() == {iid for iid in asked[path].issues if iid % 5 == 0}
        assert piece.merge_requests.keys() == {iid for iid in asked[path].merge_requests if iid % 5 == 0}
        assert all(name.name == f"{path}#{iid}" for iid, name in piece.issues.items())
        assert len(piece.titles) == (46 if asked[path].titles else 0)


# Moved issues.


@pytest.mark.parametrize("hops", [1, 2, 3, 4, 6])
def test_a_moved_issue_is_given_where_it_moved_to(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, hops: int
) -> None:
    last = issue
    for path in FORTY[:hops]:
        server.add_project(path)
        last = server.move_issue(last, path)

    assert client.find({SHOP: wanted({12})})[SHOP].issues == {12: target(last)}


def test_an_issue_that_moved_out_of_sight_is_missing(server: stand_in.GitLab, client: GitLab, issue: Issuable) -> None:
    server.add_project("secret/plans", roles={"max": "owner"})
    server.move_issue(issue, "secret/plans")

    assert client.find({SHOP: wanted({12})})[SHOP].issues == {}


def test_an_issue_that_moved_in_a_circle_is_missing_and_ends(
    server: stand_in.GitLab, client: GitLab, issue: Issuable
) -> None:
    server.add_project("acme/app")
    other = server.move_issue(issue, "acme/app")
    other.moved_to = issue

    assert client.find({SHOP: wanted({12})})[SHOP].issues == {}
    assert len(server.requests) < 15


# The ledger.


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
    server.add_timelog(issue, "mira", 1800, SPENT_AT, "[toggl:1]")
    server.add_project("acme/app")
    moved = server.move_issue(issue, "acme/app", copied=1)

    during = client.timelogs("mira", SPENT_AT, SPENT_AT)
    server.finish_moves()
    after = client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert {(one.target, one.on_moved_issue) for one in during} == {(target(issue), True), (target(moved), False)}
    assert [(one.target, one.on_moved_issue) for one in after] == [(target(moved), False)]


def page(cursor: str | None, *, more: bool = True, nodes: Any = ()) -> bytes:
    info = {"hasNextPage": more, "endCursor": cursor}
    return json.dumps({"data": {"timelogs": {"nodes": list(nodes), "pageInfo": info}}}).encode()


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


def test_pages_that_never_end_are_given_up(
    server: stand_in.GitLab, client: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGES_AT_MOST", 7)
    for number in range(20):
        server.fail("body", body=page(f"cursor-{number}"))

    with pytest.raises(GitLabUnavailable, match="do not end after 7 pages"):
        client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert len(server.requests) == 7


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


# Failures when reading.

READ_FAILURES: list[tuple[dict[str, Any], type[SyncError], str]] = [
    ({"kind": "invalid_token"}, GitLabUnauthorized, "scope api"),
    ({"kind": "forbidden"}, GitLabUnauthorized, "scope api"),
    ({"kind": "rate_limited", "seconds": 30}, GitLabRateLimited, "Waiting 30 s."),
    ({"kind": "rate_limited", "seconds": 4000}, GitLabRateLimited, "work again in 4000 s"),
    ({"kind": "application_limit"}, GitLabRateLimited, "Waiting 60 s."),
    ({"kind": "internal_error"}, GitLabUnavailable, "HTTP 500"),
    ({"kind": "status", "status": 502}, GitLabUnavailable, "HTTP 502"),
    ({"kind": "status", "status": 504}, GitLabUnavailable, "HTTP 504"),
    ({"kind": "maintenance"}, GitLabUnavailable, "HTTP 503"),
    ({"kind": "unprocessable"}, GitLabUnavailable, "HTTP 422"),
    ({"kind": "graphql_error"}, GitLabUnavailable, "Internal server error"),
    ({"kind": "graphql_error", "body": b"Timeout on Query.timelogs"}, GitLabUnavailable, "Timeout on"),
    ({"kind": "graphql_error", "body": b"Field 'x' doesn't exist on type 'Query'"}, GitLabTooOld, "15.2"),
    ({"kind": "html", "status": 200}, GitLabUnavailable, "no JSON"),
    ({"kind": "empty"}, GitLabUnavailable, "no JSON"),
    ({"kind": "wrong_shape"}, GitLabUnavailable, "without data"),
    ({"kind": "wrong_shape", "body": b"[]"}, GitLabUnavailable, "without data"),
    ({"kind": "wrong_shape", "body": b'{"data": {}}'}, GitLabUnavailable, "wrong shape"),
    ({"kind": "too_large"}, GitLabUnavailable, "larger than"),
    ({"kind": "refused"}, GitLabUnavailable, "did not answer"),
    ({"kind": "lost_answer"}, GitLabUnavailable, "did not answer"),
    ({"kind": "truncated"}, GitLabUnavailable, "did not answer"),
    ({"kind": "redirect"}, InvalidSettings, "Set gitlab_url"),
    ({"kind": "status", "status": 404}, InvalidSettings, "Set gitlab_url"),
]


@pytest.mark.parametrize(("fault", "error", "told"), READ_FAILURES)
def test_each_failure_to_read_has_its_error_and_says_what_to_do(
    server: stand_in.GitLab, client: GitLab, fault: dict[str, Any], error: type[SyncError], told: str
) -> None:
    server.fail(**fault)

    with pytest.raises(error) as caught:
        client.timelogs("mira", SPENT_AT, SPENT_AT)

    assert type(caught.value) is error
    assert told in caught.value.message
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(GitLabUnavailable, match="no connection could be made"):
        GitLab(closed_url(), TOKEN, MAX_WAIT_SECONDS).username()


# Writing.

Write = Callable[[GitLab, Issuable], object]


def create(client: GitLab, issue: Issuable) -> object:
    return client.create_timelog(target(issue), 1800, SPENT_AT, "[toggl:1] menu", "mira")


def delete(client: GitLab, _issue: Issuable) -> object:
    return client.delete_timelog("gid://gitlab/Timelog/300001")


def open_issue(client: GitLab, _issue: Issuable) -> object:
    return client.create_issue(NewIssue("0123456789abcdef", SHOP, "Menu"), ["toggl-sync"])


WRITES = pytest.mark.parametrize("write", [create, delete, open_issue])


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


@pytest.mark.parametrize("fault", [None, *READ_FAILURES], ids=str)
def test_a_write_is_sent_once_whatever_becomes_of_it(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, fault: tuple[dict[str, Any], Any, Any] | None
) -> None:
    if fault is not None:
        server.fail(**fault[0])

    try:
        create(client, issue)
    except SyncError:
        assert fault is not None

    assert len(server.requests) == 1


@WRITES
@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ({"kind": "invalid_token"}, GitLabUnauthorized, "HTTP 401"),
        ({"kind": "forbidden"}, GitLabUnauthorized, "HTTP 403"),
        ({"kind": "rate_limited", "seconds": 30}, GitLabRateLimited, "Waiting 30 s."),
        ({"kind": "rate_limited", "seconds": 4000}, GitLabRateLimited, "work again in 4000 s"),
        ({"kind": "application_limit"}, GitLabRateLimited, "Waiting 60 s."),
        ({"kind": "unprocessable"}, EntryRejected, "Query too large"),
        ({"kind": "status", "status": 422, "body": b"<h1>no</h1>"}, EntryRejected, "<h1>no</h1>"),
        ({"kind": "graphql_error", "body": b"Variable $input was provided invalid value"}, EntryRejected, "Variable"),
        ({"kind": "graphql_error", "body": b"... or you don't have permission ..."}, EntryRejected, "no_permission"),
        ({"kind": "graphql_error", "body": b"Field 'x' doesn't exist on type 'Mutation'"}, GitLabTooOld, "15.2"),
        ({"kind": "payload_error", "body": b"Time spent can't be zero."}, EntryRejected, "Time spent can't be zero."),
    ],
)
def test_what_proves_that_nothing_was_written_has_its_own_error(
    server: stand_in.GitLab,
    client: GitLab,
    issue: Issuable,
    write: Write,
    *,
    fault: dict[str, Any],
    error: type[SyncError],
    told: str,
) -> None:
    server.fail(**fault)

    with pytest.raises(error) as caught:
        write(client, issue)

    assert type(caught.value) is error
    assert told in caught.value.message
    assert server.timelogs == []
    assert server.issues == [issue]


@WRITES
def test_a_connection_that_was_never_made_proves_that_nothing_was_written(issue: Issuable, write: Write) -> None:
    with pytest.raises(GitLabUnavailable, match="cannot be reached"):
        write(GitLab(closed_url(), TOKEN, MAX_WAIT_SECONDS), issue)


def test_a_server_that_speaks_no_tls_proves_that_nothing_was_written(issue: Issuable) -> None:
    no_tls = RawServer(lambda connection: connection.sendall(whole(b"")))

    with no_tls, pytest.raises(GitLabUnavailable, match="no secure connection"):
        create(GitLab(f"https://{no_tls.address}", TOKEN, MAX_WAIT_SECONDS), issue)


@WRITES
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refused"},
        {"kind": "lost_answer"},
        {"kind": "truncated"},
        {"kind": "error_after", "status": 500},
        {"kind": "error_after", "status": 502},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 504},
        {"kind": "status", "status": 404},
        {"kind": "status", "status": 408},
        {"kind": "late", "status": 504, "seconds": 30},
        {"kind": "internal_error"},
        {"kind": "maintenance"},
        {"kind": "redirect"},
        {"kind": "html", "status": 200},
        {"kind": "empty"},
        {"kind": "too_large"},
        {"kind": "wrong_shape"},
        {"kind": "wrong_shape", "body": b"null"},
        {"kind": "wrong_shape", "body": b'{"data": {}}'},
        {"kind": "wrong_shape", "body": b"[" * 100_000},
        {"kind": "graphql_error", "body": b"Internal server error"},
        {"kind": "graphql_error", "body": b"Timeout on Mutation.timelogCreate"},
    ],
    ids=str,
)
def test_everything_else_leaves_open_whether_it_was_written(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, write: Write, fault: dict[str, Any]
) -> None:
    server.fail(**fault)

    with pytest.raises(AmbiguousWrite):
        write(client, issue)

    assert len(server.requests) == 1


@pytest.mark.parametrize("constant", ["READ_TIMEOUT_SECONDS", "TOTAL_TIMEOUT_SECONDS"])
def test_a_write_that_is_not_answered_in_time_may_have_happened(
    issue: Issuable, monkeypatch: pytest.MonkeyPatch, constant: str
) -> None:
    monkeypatch.setattr(http, constant, 0.1)

    with silent_server() as silent, pytest.raises(AmbiguousWrite, match="in time"):
        create(GitLab(silent.url, TOKEN, MAX_WAIT_SECONDS), issue)


@pytest.mark.parametrize(
    ("write", "payload"),
    [
        (create, {"timelogCreate": {"errors": [], "timelog": None}}),
        (create, {"timelogCreate": {"errors": [], "timelog": {"id": "gid://gitlab/Timelog/1"}}}),
        (delete, {"timelogDelete": {"errors": [], "timelog": None}}),
        (open_issue, {"createIssue": {"errors": [], "issue": None}}),
    ],
)
def test_an_error_beside_what_was_made_does_not_prove_that_nothing_was_made(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, write: Write, payload: dict[str, Any]
) -> None:
    content = {"data": payload, "errors": [{"message": "Cannot return null for non-nullable field"}]}
    server.fail("body", body=json.dumps(content).encode())

    with pytest.raises(AmbiguousWrite):
        write(client, issue)


@pytest.mark.parametrize("made", [None, [], "x", {}, {"id": None}, {"id": "gid://gitlab/Issue/1"}])
def test_an_issue_that_is_made_but_not_told_is_not_taken_for_one_that_was_not_made(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, made: Any
) -> None:
    server.fail("body", body=json.dumps({"data": {"createIssue": {"errors": [], "issue": made}}}).encode())

    with pytest.raises(AmbiguousWrite):
        open_issue(client, issue)


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


def test_a_server_without_timelog_create_is_too_old(server: stand_in.GitLab, client: GitLab, issue: Issuable) -> None:
    server.make_too_old()

    with pytest.raises(GitLabTooOld, match=r"15\.2 or later"):
        create(client, issue)


# Credentials.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, elsewhere: Elsewhere, status: int
) -> None:
    server.fail("status", status=status, headers={"Location": f"{elsewhere.url}/api/graphql"}, times=2)

    with pytest.raises(InvalidSettings):
        client.username()
    with pytest.raises(AmbiguousWrite):
        create(client, issue)

    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 422, "body": b"@"},
        {"kind": "status", "status": 422, "body": b" " * 3990 + b"@"},
        {"kind": "status", "status": 500, "body": b"@"},
        {"kind": "unprocessable", "body": b"no @"},
        {"kind": "graphql_error", "body": b"no @"},
        {"kind": "graphql_error", "body": b"@ doesn't exist on type"},
        {"kind": "payload_error", "body": b"no @"},
        {"kind": "body", "body": b"@"},
        {"kind": "body", "body": b'{"errors": {"@": 1}}'},
        {"kind": "body", "body": b'{"errors": [["@"], {"x": "@"}, null]}'},
    ],
    ids=str,
)
def test_a_server_that_repeats_the_token_gets_it_into_no_message(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, fault: dict[str, Any]
) -> None:
    server.fail(**fault | {"body": fault["body"].replace(b"@", TOKEN.encode())}, times=2)

    for call in (lambda: create(client, issue), client.username):
        with pytest.raises(SyncError) as caught:
            call()
        assert TOKEN[:8] not in caught.value.message


# Whatever comes.

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "errors", "message", "nodes", "pageInfo", "hasNextPage", "id", "timelog", "issue"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
NODE_FIELDS = (
    *("id", "iid", "timeSpent", "spentAt", "summary", "issue", "mergeRequest", "project", "title", "moved", "movedTo"),
    *("reference", "fullPath", "nameWithNamespace", "issues", "mergeRequests", "titles", "description", "username"),
)
GOOD_VALUES = st.sampled_from(["gid://gitlab/Issue/1", "2026-11-20T09:00:00Z", "acme/shop#1", True, "1"])
LEAF = GOOD_VALUES | ANY_JSON | st.builds(lambda nodes: {"nodes": nodes}, st.lists(ANY_JSON, max_size=2))
NODE = st.dictionaries(st.sampled_from(NODE_FIELDS), LEAF)
ROOT = st.sampled_from(["timelogs", "timelogCreate", "currentUser", "projects", "project", "p0", "issue"])
BODY = st.one_of(
    ANY_JSON,
    st.builds(lambda data: {"data": data}, st.dictionaries(ROOT, ANY_JSON | NODE)),
    st.builds(
        lambda name, nodes: {"data": {name: {"nodes": nodes}}}, ROOT, st.lists(NODE | ANY_JSON, min_size=1, max_size=2)
    ),
)
READS: list[Callable[[GitLab], object]] = [
    lambda client: client.timelogs("mira", SPENT_AT, SPENT_AT),
    lambda client: client.find({SHOP: Wanted(frozenset({1}), frozenset({1}), titles=True)}),
    lambda client: client.projects_named("Acme / Shop"),
    lambda client: client.user_and_project("7"),
    lambda client: client.marked_issues(SHOP),
]


@given(body=BODY, read=st.sampled_from(READS))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_answer_of_any_shape_is_read_or_is_one_of_the_named_errors(
    server: stand_in.GitLab, client: GitLab, body: Any, read: Callable[[GitLab], object]
) -> None:
    server.clear()
    server.fail("body", body=json.dumps(body).encode(), times=20)

    with contextlib.suppress(GitLabUnavailable, GitLabTooOld, GitLabUnauthorized):
        read(client)

    assert 1 <= len(server.requests) < 20


@given(body=BODY)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_an_answer_of_any_shape_to_a_write_never_says_that_gitlab_was_not_reached(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, body: Any
) -> None:
    server.fail("body", body=json.dumps(body).encode())

    try:
        create(client, issue)
    except (AmbiguousWrite, EntryRejected):
        return

    assert isinstance(body["data"]["timelogCreate"]["timelog"], dict)


def test_a_rate_limit_without_retry_after_lasts_until_its_reset(server: stand_in.GitLab, client: GitLab) -> None:
    reset = int(NOW.timestamp()) + 90
    server.fail("application_limit", headers={"RateLimit-Reset": str(reset)})

    with pytest.raises(GitLabRateLimited) as limited:
        client.username()

    assert limited.value.wait_seconds == 90


def test_a_rate_limit_that_does_not_say_how_long_lasts_a_minute(server: stand_in.GitLab, client: GitLab) -> None:
    server.fail("application_limit")

    with pytest.raises(GitLabRateLimited) as limited:
        client.username()

    assert limited.value.wait_seconds == 60
