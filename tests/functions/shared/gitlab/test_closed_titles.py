"""How closed issues are found by their titles, by the stand-in for GitLab, which holds to the limits of GraphQL."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.errors import GitLabUnavailable
from functions.shared.gitlab.client import GitLab
from functions.shared.model.place import Titled
from local.standins.gitlab import server as stand_in
from tests.functions.shared.gitlab.support import FORTY, MAX_WAIT_SECONDS, SHOP, TOKEN, target


def same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def test_of_the_closed_issues_with_the_words_of_a_title_those_that_have_it_are_found(
    server: stand_in.GitLab, client: GitLab
) -> None:
    server.add_issue(SHOP, "Fix login")
    closed = server.add_issue(SHOP, "fix LOGIN", state="closed")
    for title in ("Fix login page", "Login: fix", "Prefix login"):
        server.add_issue(SHOP, title, state="closed", description="Fix login")

    found = client.closed_issues({SHOP: {"Fix login", "Nothing"}}, same)

    assert found == {SHOP: (Titled("fix LOGIN", is_open=False, target=target(closed)),)}


def test_nothing_to_search_for_is_no_request(server: stand_in.GitLab, client: GitLab) -> None:
    assert client.closed_issues({SHOP: ()}, same) == client.closed_issues({}, same) == {}
    assert server.requests == []


def test_a_project_that_cannot_be_seen_has_none(server: stand_in.GitLab, client: GitLab) -> None:
    server.add_project("secret/plans", roles={"max": "owner"})
    server.add_issue("secret/plans", "Plan", state="closed")

    assert client.closed_issues({"secret/plans": {"Plan"}, "no/such": {"Plan"}}, same) == {}


def test_a_closed_issue_that_moved_is_given_where_it_moved_to(server: stand_in.GitLab, client: GitLab) -> None:
    server.add_project("acme/app")
    server.add_project("secret/plans", roles={"max": "owner"})
    moved = server.move_issue(server.add_issue(SHOP, "Fix login"), "acme/app")
    server.move_issue(server.add_issue(SHOP, "Fix logout"), "secret/plans")

    found = client.closed_issues({SHOP: {"Fix login", "Fix logout"}}, same)

    assert [one.target for one in found[SHOP]] == [target(moved)]


def test_one_among_hundreds_of_the_same_words_is_found_and_one_among_more_is_not(
    server: stand_in.GitLab, client: GitLab
) -> None:
    closed = server.add_issue(SHOP, "Standup", state="closed")
    for number in range(499):
        server.add_issue(SHOP, f"Standup {number}", state="closed")

    found = client.closed_issues({SHOP: {"Standup"}}, same)
    requests = len(server.requests)
    server.add_issue(SHOP, "The last standup", state="closed")

    assert [one.target for one in found[SHOP]] == [target(closed)]
    assert requests == 1 + 5
    assert client.closed_issues({SHOP: {"Standup"}}, same) == {SHOP: ()}
    assert len(server.requests) == requests + 1


@pytest.mark.parametrize(
    ("projects", "titles", "requests"), [(1, 1, 1), (1, 20, 1), (8, 2, 1), (1, 21, 2), (9, 1, 2), (3, 20, 3)]
)
def test_a_request_has_twenty_titles_of_eight_projects(
    server: stand_in.GitLab, client: GitLab, projects: int, titles: int, requests: int
) -> None:
    client.closed_issues({path: {f"Title {number}" for number in range(titles)} for path in FORTY[:projects]}, same)

    assert len(server.requests) == requests


@given(asked=st.dictionaries(st.sampled_from([SHOP, *FORTY[:20]]), st.integers(1, 45), max_size=20))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_mix_of_projects_and_titles_makes_a_request_that_gitlab_refuses(
    server: stand_in.GitLab, asked: dict[str, int]
) -> None:
    client = GitLab(server.url, TOKEN, MAX_WAIT_SECONDS)

    found = client.closed_issues({path: {f"Title {n}" for n in range(count)} for path, count in asked.items()}, same)

    assert found == ({SHOP: ()} if SHOP in asked else {})


def test_what_people_write_is_searched_for_as_text(server: stand_in.GitLab, client: GitLab) -> None:
    title = 'Say "hi" & \\ {project(fullPath: "x")} $t0'
    closed = server.add_issue(SHOP, title, state="closed")

    assert [one.target for one in client.closed_issues({SHOP: {title}}, same)[SHOP]] == [target(closed)]


@pytest.mark.parametrize(
    "hits",
    [
        None,
        {"nodes": []},
        {"nodes": None, "count": 0},
        {"nodes": [{"id": "gid://gitlab/Issue/1", "reference": "a/b#1"}], "count": 1},
        {"nodes": [{"title": "A"}], "count": 1},
    ],
)
def test_an_answer_of_the_wrong_shape_is_not_taken_for_no_issue(
    server: stand_in.GitLab, client: GitLab, hits: Any
) -> None:
    server.fail("body", body=json.dumps({"data": {"p0": {"t0": hits}}}).encode())

    with pytest.raises(GitLabUnavailable, match="wrong shape"):
        client.closed_issues({SHOP: {"A"}}, same)
