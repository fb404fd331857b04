"""How issues and merge requests are found, by the stand-in for GitLab, which holds to the limits of GraphQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import (
    AmbiguousWrite,
)
from functions.shared.gitlab.client import GitLab
from functions.shared.gitlab.issues import ISSUE_MARKER
from functions.shared.model.place import Project, Wanted
from local.standins.gitlab import server as stand_in
from local.standins.gitlab.model import Issuable
from tests.functions.shared.gitlab.support import (
    FORTY,
    MAX_WAIT_SECONDS,
    NOW,
    NUMBERS,
    SHOP,
    TOKEN,
    open_issue,
    target,
)


def wanted(issues: set[int] | frozenset[int] = frozenset(), merge_requests: Any = frozenset()) -> Wanted:
    return Wanted(frozenset(issues), frozenset(merge_requests))


def asked_numbers(server: stand_in.GitLab) -> list[list[int]]:
    """Per request, how many iids each of its lists has."""
    variables = [request.json()["variables"].values() for request in server.requests]
    return [[len(value) for value in values if isinstance(value, list)] for values in variables]


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


@given(
    asked=st.dictionaries(
        st.sampled_from([*FORTY[:8], "no/such", "not/there"]),
        st.builds(Wanted, NUMBERS, NUMBERS, st.booleans(), st.just("")),
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


@pytest.mark.parametrize("made", [None, [], "x", {}, {"id": None}, {"id": "gid://gitlab/Issue/1"}])
def test_an_issue_that_is_made_but_not_told_is_not_taken_for_one_that_was_not_made(
    server: stand_in.GitLab, client: GitLab, issue: Issuable, made: Any
) -> None:
    server.fail("body", body=json.dumps({"data": {"createIssue": {"errors": [], "issue": made}}}).encode())

    with pytest.raises(AmbiguousWrite):
        open_issue(client, issue)


@pytest.mark.parametrize(("number", "characters"), [(90, 30_000), (3, 900_000)])
def test_auto_created_issues_are_found_however_much_people_have_put_into_them(
    server: stand_in.GitLab, client: GitLab, number: int, characters: int
) -> None:
    keys = [f"{key:016x}" for key in range(number)]
    for key in keys:
        server.add_issue(SHOP, f"Called {key}", description=f"<!-- {ISSUE_MARKER}:{key} -->{'x' * characters}")

    assert client.marked_issues(SHOP).keys() == set(keys)
