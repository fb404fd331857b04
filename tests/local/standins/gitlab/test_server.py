"""Who may ask, and what a body may hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import CREATE, NOT_AVAILABLE, data, log, messages, post, timelog_input


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/graphql"), ("POST", "/"), ("POST", "/api/v4/projects")])
def test_only_post_to_the_graphql_path_is_served(gitlab: GitLab, method: str, path: str) -> None:
    answer = requests.request(method, gitlab.url + path, headers={"Authorization": "Bearer ada-token"}, timeout=5)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic ada-token"}])
def test_a_missing_or_unknown_token_is_401_invalid_token(gitlab: GitLab, header: dict[str, str]) -> None:
    answer = requests.post(
        f"{gitlab.url}/api/graphql", json={"query": "{ metadata { version } }"}, headers=header, timeout=5
    )

    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"message": "Invalid token"}]}


def test_a_revoked_token_and_one_without_an_api_scope_are_invalid(gitlab: GitLab) -> None:
    gitlab.add_token("narrow-token", "ada", scopes=("read_user",))
    gitlab.revoke_token("ada-token")

    statuses = [post(gitlab, "{ currentUser { id } }", token).status_code for token in ("ada-token", "narrow-token")]

    assert statuses == [401, 401]


def test_a_blocked_user_has_no_api_access(gitlab: GitLab) -> None:
    gitlab.user("ada").blocked = True

    answer = post(gitlab, "{ currentUser { id } }")

    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (403, "API not accessible for user")


def test_the_token_says_who_asks(gitlab: GitLab) -> None:
    gitlab.add_user("robot", "Sync", bot=True)
    gitlab.add_token("robot-token", "robot")

    answer = data(gitlab, '{ currentUser { id username name bot } echo(text: "hi") }', "robot-token")

    assert answer == {
        "currentUser": {
            "id": f"gid://gitlab/User/{gitlab.user('robot').id}", "username": "robot", "name": "Sync", "bot": True
        },
        "echo": '"robot" says: hi',
    }  # fmt: skip


def test_read_api_reads_but_its_mutations_are_refused_as_not_permitted(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_token("reader", "ada", scopes=("read_api",))

    answer = post(gitlab, CREATE, "reader", input=timelog_input(issue))

    assert data(gitlab, "{ currentUser { username } }", "reader")["currentUser"]["username"] == "ada"
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["message"] == NOT_AVAILABLE
    assert gitlab.timelogs == []


def test_a_body_that_is_not_announced_as_json_holds_no_query(gitlab: GitLab) -> None:
    headers = {"Authorization": "Bearer ada-token", "Content-Type": "text/plain"}

    answer = requests.post(
        f"{gitlab.url}/api/graphql", data='{"query": "{ metadata { version } }"}', headers=headers, timeout=5
    )

    assert answer.json() == {"errors": [{"message": "No query string was present"}]}


@pytest.mark.parametrize("body", ["{", "7", "[7]"])
def test_a_body_that_is_not_a_query_is_a_bad_request(gitlab: GitLab, body: str) -> None:
    headers = {"Authorization": "Bearer ada-token", "Content-Type": "application/json"}

    assert requests.post(f"{gitlab.url}/api/graphql", data=body, headers=headers, timeout=5).status_code == 400


def test_an_array_of_queries_is_answered_in_order(gitlab: GitLab) -> None:
    headers = {"Authorization": "Bearer ada-token"}
    queries = [{"query": '{ echo(text: "a") }'}, {"query": '{ echo(text: "b") }'}]

    answer = requests.post(f"{gitlab.url}/api/graphql", json=queries, headers=headers, timeout=5)

    assert answer.json() == [{"data": {"echo": '"ada" says: a'}}, {"data": {"echo": '"ada" says: b'}}]
    assert gitlab.operations == [("echo", "echo")]


def test_variables_that_are_not_an_object_are_unprocessable(gitlab: GitLab) -> None:
    headers = {"Authorization": "Bearer ada-token"}

    answers = [
        requests.post(
            f"{gitlab.url}/api/graphql",
            json={"query": '{ echo(text: "a") }', "variables": given},
            headers=headers,
            timeout=5,
        ).status_code
        for given in ("[1]", "{", [1], '{"a": 1}', "", None)
    ]

    assert answers == [422, 422, 422, 200, 200, 200]


def test_a_query_text_of_more_than_10000_characters_is_too_large_also_when_summed(gitlab: GitLab) -> None:
    text = "{ metadata { version } }".ljust(10_000)
    headers = {"Authorization": "Bearer ada-token"}

    fits, too_long = post(gitlab, text), post(gitlab, text + " ")
    batch = requests.post(f"{gitlab.url}/api/graphql", json=[{"query": text}] * 2, headers=headers, timeout=5)

    assert fits.json()["data"]["metadata"] == {"version": "18.5.2-ee"}
    assert (too_long.status_code, too_long.json()) == (422, {"errors": [{"message": "Query too large"}]})
    assert batch.status_code == 422


def test_a_server_that_is_too_old_has_no_timelog_create(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.make_too_old()

    refused = messages(gitlab, CREATE, input=timelog_input(issue))

    assert refused[0] == "Field 'timelogCreate' doesn't exist on type 'Mutation'"
    assert data(gitlab, "{ metadata { version } }")["metadata"]["version"].startswith("14.")


def test_forty_at_once_lose_and_double_nothing(gitlab: GitLab, issue: Issuable) -> None:
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda number: log(gitlab, issue, summary=f"[toggl:{number}]"), range(200)))

    assert len({answer["timelog"]["id"] for answer in answers}) == 200
    assert {row.summary for row in gitlab.ledger()} == {f"[toggl:{number}]" for number in range(200)}
