"""GitLab's ways to fail."""

from __future__ import annotations

import pytest
import requests

from local.standins.gitlab.faults import FAULT_ANSWERS
from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab, mutation, query
from local.standins.server import Request
from tests.local.standins.gitlab.support import CREATE, LEDGER, NOW, data, post, summaries, timelog_input

# What each of GitLab's own faults answers: status, content type, how the body begins.
FAULTS = {
    "rate_limited": (429, "text/plain", "Retry later\n"),
    "application_limit": (429, "text/plain", "This endpoint has been requested too many times."),
    "internal_error": (500, "application/json", '{"errors": [{"message": "Internal server error"}]}'),
    "invalid_token": (401, "application/json", '{"errors": [{"message": "Invalid token"}]}'),
    "forbidden": (403, "application/json", '{"errors": [{"message": "API not accessible for user"}]}'),
    "unprocessable": (422, "application/json", '{"errors": [{"message": "Query too large"}]}'),
    "html": (502, "text/html", "<html>"),
    "maintenance": (503, "text/html", "<!DOCTYPE html>"),
    "redirect": (302, "text/html", ""),
    "graphql_error": (200, "application/json", '{"errors": [{"message": "Internal server error"}]}'),
    "payload_error": (200, "application/json", '{"data": {"timelogCreate": {"clientMutationId": null, "errors": ['),
    "empty": (200, "application/json", ""),
    "wrong_shape": (200, "application/json", '{"data": null}'),
    "too_large": (200, "application/json", '{"data": {"currentUser": "xxx'),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_gitlabs_own_faults_answer_as_named_and_carry_nothing_out(gitlab: GitLab, issue: Issuable, kind: str) -> None:
    status, content_type, start = FAULTS[kind]
    gitlab.fail(kind, when=mutation("timelogCreate"))

    with requests.post(
        f"{gitlab.url}/api/graphql",
        json={"query": CREATE, "variables": {"input": timelog_input(issue)}},
        headers={"Authorization": "Bearer ada-token"},
        timeout=5,
        stream=True,
        allow_redirects=False,
    ) as answer:
        beginning = answer.raw.read(len(start)).decode()

    assert (answer.status_code, beginning) == (status, start)
    assert answer.headers["Content-Type"].startswith(content_type)
    assert gitlab.met == {kind: 1}
    assert gitlab.timelogs == []


def test_every_fault_of_gitlabs_own_is_tried_above() -> None:
    assert set(FAULTS) == set(FAULT_ANSWERS)


def test_nodes_can_be_hidden_from_a_page_that_still_has_a_next_one(gitlab: GitLab, issue: Issuable) -> None:
    for number in range(3):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))
    gitlab.fail("hidden_nodes", when=query("timelogs"))

    first = data(gitlab, LEDGER, username="ada", first=2)
    second = data(gitlab, LEDGER, username="ada", first=2, after=first["timelogs"]["pageInfo"]["endCursor"])

    assert (summaries(first), summaries(second)) == ([], ["2"])
    assert first["timelogs"]["pageInfo"]["hasNextPage"] is True


def test_nodes_can_be_null_beside_an_error_each(gitlab: GitLab, issue: Issuable) -> None:
    for number in range(2):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))
    gitlab.fail("null_nodes")

    answer = post(gitlab, LEDGER, username="ada").json()

    assert answer["data"]["timelogs"]["nodes"] == [None, None]
    assert [error["path"] for error in answer["errors"]] == [["timelogs", "nodes", n, "project"] for n in range(2)]
    assert summaries(data(gitlab, LEDGER, username="ada")) == ["0", "1"]


def test_an_unknown_fault_is_an_error_of_the_test(gitlab: GitLab) -> None:
    gitlab.fail("nonsense")

    with pytest.raises(ValueError, match="nonsense"):
        gitlab.respond(Request("POST", "/api/graphql", {}, {}, b"{}"))


def test_a_rate_limit_says_how_long_to_wait_and_an_application_limit_says_nothing(gitlab: GitLab) -> None:
    gitlab.fail("rate_limited", seconds=17)
    gitlab.fail("application_limit")

    limited, application_limited = (post(gitlab, "{ currentUser { id } }").headers for _ in range(2))

    assert (limited["Retry-After"], limited["RateLimit-Remaining"]) == ("17", "0")
    assert not {"Retry-After", "RateLimit-Limit"} & set(application_limited)


@pytest.mark.parametrize("kind", ["graphql_error", "payload_error"])
def test_the_words_of_an_error_can_be_chosen(gitlab: GitLab, issue: Issuable, kind: str) -> None:
    gitlab.fail(kind, body=b"Timeout on validation of query")

    answer = post(gitlab, CREATE, input=timelog_input(issue))

    assert answer.status_code == 200
    assert "Timeout on validation of query" in answer.text


def test_a_lost_answer_and_an_error_after_the_fact_have_logged_the_time(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.fail("lost_answer")
    gitlab.fail("error_after", status=504)

    with pytest.raises(requests.ConnectionError):
        post(gitlab, CREATE, input=timelog_input(issue))
    assert post(gitlab, CREATE, input=timelog_input(issue)).status_code == 504
    assert len(gitlab.timelogs) == 2


def test_a_refused_connection_has_logged_nothing(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.fail("refused")

    with pytest.raises(requests.ConnectionError):
        post(gitlab, CREATE, input=timelog_input(issue))
    assert gitlab.timelogs == []


def test_a_late_write_lands_after_its_error(issue: Issuable, gitlab: GitLab) -> None:
    gitlab.fail("late", status=504, seconds=30)

    answer = post(gitlab, CREATE, input=timelog_input(issue))
    before = len(gitlab.timelogs)
    gitlab.settle()

    assert (answer.status_code, before, len(gitlab.timelogs)) == (504, 0, 1)


def test_a_truncated_answer_announces_more_than_it_sends(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.fail("truncated")

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        post(gitlab, CREATE, input=timelog_input(issue))
    assert len(gitlab.timelogs) == 1
