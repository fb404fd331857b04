"""What GitLab says of the token and its user, by the stand-in for GitLab over HTTP."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.errors import (
    GitLabUnauthorized,
    GitLabUnavailable,
)
from functions.shared.gitlab.account import User
from functions.shared.gitlab.client import GitLab
from functions.shared.model.place import Project
from local.standins.gitlab import server as stand_in
from tests.functions.shared.gitlab.support import (
    SHOP,
    TOKEN,
)


def test_the_token_is_a_bearer_and_everything_goes_to_one_path(server: stand_in.GitLab, client: GitLab) -> None:
    assert client.username() == "mira"

    [request] = server.requests
    assert (request.method, request.path) == ("POST", "/api/graphql")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_the_user_and_a_project_by_its_number_are_one_request(server: stand_in.GitLab, client: GitLab) -> None:
    assert client.user_and_project("7") == (User("101", "mira"), Project(7, SHOP, "Acme / Shop"))
    assert len(server.requests) == 1


def test_a_user_that_is_renamed_keeps_its_number(server: stand_in.GitLab, client: GitLab) -> None:
    server.rename_user("mira", "mira.novak")

    assert client.user_and_project("7")[0] == User("101", "mira.novak")


def test_a_project_that_cannot_be_seen_is_none(server: stand_in.GitLab, client: GitLab) -> None:
    server.add_project("secret/plans", id=8, roles={"max": "owner"})

    assert client.user_and_project("8") == (User("101", "mira"), None)
    assert client.user_and_project("999") == (User("101", "mira"), None)
    assert client.projects_given(["secret/plans", "no/such", "8", "999"]) == {}


def test_the_user_and_any_number_of_projects_are_one_request(server: stand_in.GitLab, client: GitLab) -> None:
    server.add_project("acme/other", id=9)
    given = ["7", "9", "999", SHOP, *(f"no/such-{number}" for number in range(32))]

    user, seen = client.user_and_projects(given)

    assert (user.username, {one: project.full_path for one, project in seen.items()}) == (
        "mira",
        {"7": SHOP, "9": "acme/other", SHOP: SHOP},
    )
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "user",
    [None, {}, {"username": None}, {"id": "gid://gitlab/User/101", "username": ""}, {"username": "mira"}, "mira", []],
)
def test_a_user_that_gitlab_does_not_tell_is_an_error_and_never_nobody(
    server: stand_in.GitLab, client: GitLab, user: Any
) -> None:
    server.fail("body", body=json.dumps({"data": {"currentUser": user}}).encode())

    with pytest.raises((GitLabUnauthorized, GitLabUnavailable)):
        client.username()
