"""The GitLab stand-in over real HTTP: what a client may rely on, and how a test makes it fail."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from local.standins.gitlab.durations import parse_duration, print_duration
from local.standins.gitlab.faults import FAULT_ANSWERS
from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab, mutation, query, root_fields
from local.standins.server import Request

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ADA = "ada-token"
NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)
CREATE = """
mutation LogTime($input: TimelogCreateInput!) {
  timelogCreate(input: $input) {
    errors
    timelog {
      id timeSpent spentAt summary user { username } issue { id iid } mergeRequest { id iid } project { fullPath }
    }
  }
}
"""
DELETE = "mutation Unlog($id: TimelogID!) { timelogDelete(input: {id: $id}) { errors timelog { id } } }"
CREATE_ISSUE = """
mutation Open($input: CreateIssueInput!) {
  createIssue(input: $input) { errors issue { id iid title description state labels { nodes { title } } } }
}
"""
LEDGER = """
query Ledger($username: String, $start: Time, $end: Time, $first: Int, $after: String, $sort: TimelogSort) {
  timelogs(username: $username, startTime: $start, endTime: $end, first: $first, after: $after, sort: $sort) {
    nodes { id summary }
    pageInfo { hasNextPage endCursor }
  }
}
"""

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


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with GitLab(now=lambda: NOW) as server:
        server.add_token("ada-token", "ada")
        server.add_token("bob-token", "bob")
        server.add_project("acme/tools/web", id=7, roles={"ada": "developer", "bob": "developer", "max": "maintainer"})
        yield server


@pytest.fixture
def issue(gitlab: GitLab) -> Issuable:
    return gitlab.add_issue("acme/tools/web", "Fix the login", iid=12)


def post(gitlab: GitLab, text: str, token: str = ADA, **variables: Any) -> requests.Response:
    return requests.post(
        f"{gitlab.url}/api/graphql",
        json={"query": text, "variables": variables},
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )


def data(gitlab: GitLab, text: str, token: str = ADA, **variables: Any) -> Any:
    answer = post(gitlab, text, token, **variables)
    assert answer.status_code == 200
    assert "errors" not in answer.json(), answer.text
    return answer.json()["data"]


def messages(gitlab: GitLab, text: str, token: str = ADA, **variables: Any) -> list[str]:
    answer = post(gitlab, text, token, **variables)
    assert answer.status_code == 200
    return [error["message"] for error in answer.json()["errors"]]


def timelog_input(target: Issuable | str, **other: Any) -> dict[str, Any]:
    gid = target if isinstance(target, str) else target.gid
    return {"issuableId": gid, "timeSpent": "1800s", "spentAt": "2026-11-20T09:00:00Z", "summary": "[toggl:1]"} | other


def log(gitlab: GitLab, target: Issuable | str, token: str = ADA, **other: Any) -> Any:
    return data(gitlab, CREATE, token, input=timelog_input(target, **other))["timelogCreate"]


def log_refused(gitlab: GitLab, target: Issuable | str, token: str = ADA, **other: Any) -> list[str]:
    return messages(gitlab, CREATE, token, input=timelog_input(target, **other))


def summaries(answer: dict[str, Any]) -> list[str]:
    return [node["summary"] for node in answer["timelogs"]["nodes"]]


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


@pytest.mark.parametrize("token", ["ada-token", "wrong"])
def test_every_answer_carries_the_rate_limit(gitlab: GitLab, token: str) -> None:
    post(gitlab, "{ currentUser { id } }", token)

    headers = post(gitlab, "{ currentUser { id } }", token).headers

    assert (headers["RateLimit-Limit"], headers["RateLimit-Observed"], headers["RateLimit-Remaining"]) == (
        "2000",
        "2",
        "1998",
    )
    assert int(headers["RateLimit-Reset"]) > 1_000_000_000
    assert "Retry-After" not in headers


def test_a_set_rate_limit_answers_429_in_plain_text_and_lets_go_a_minute_later() -> None:
    seconds = [0.0]
    with GitLab(clock=lambda: seconds[0]) as gitlab:
        gitlab.add_token("ada-token", "ada")
        gitlab.rate_limit.limit = 2
        seconds[0] = 20

        answers = [post(gitlab, "{ currentUser { id } }") for _ in range(3)]
        seconds[0] = 60
        later = post(gitlab, "{ currentUser { id } }")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "40"
    assert answers[2].headers["Content-Type"] == "text/plain"
    assert later.status_code == 200


def test_a_body_that_is_not_announced_as_json_holds_no_query(gitlab: GitLab) -> None:
    headers = {"Authorization": "Bearer ada-token", "Content-Type": "text/plain"}

    answer = requests.post(
        f"{gitlab.url}/api/graphql", data='{"query": "{ metadata { version } }"}', headers=headers, timeout=5
    )

    assert answer.json() == {"errors": [{"message": "No query string was present"}]}


@pytest.mark.parametrize("body", ["{", "7", "[7]"])
def test_a_body_that_is_no_query_is_a_bad_request(gitlab: GitLab, body: str) -> None:
    headers = {"Authorization": "Bearer ada-token", "Content-Type": "application/json"}

    assert requests.post(f"{gitlab.url}/api/graphql", data=body, headers=headers, timeout=5).status_code == 400


def test_an_array_of_queries_is_answered_in_order(gitlab: GitLab) -> None:
    headers = {"Authorization": "Bearer ada-token"}
    queries = [{"query": '{ echo(text: "a") }'}, {"query": '{ echo(text: "b") }'}]

    answer = requests.post(f"{gitlab.url}/api/graphql", json=queries, headers=headers, timeout=5)

    assert answer.json() == [{"data": {"echo": '"ada" says: a'}}, {"data": {"echo": '"ada" says: b'}}]
    assert gitlab.operations == [("echo", "echo")]


def test_variables_that_are_no_object_are_unprocessable(gitlab: GitLab) -> None:
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


def test_a_page_of_100_doubles_the_complexity_of_what_it_holds(gitlab: GitLab) -> None:
    template = (
        '{{ queryComplexity {{ score limit }} project(fullPath: "acme/tools/web") '
        "{{ issues(first: {first}) {{ nodes {{ id iid }} }} }} }}"
    )

    small, large = (data(gitlab, template.format(first=size))["queryComplexity"] for size in (1, 100))

    # queryComplexity 3, project 1, issues 1, nodes 1, id 1, iid 1; a page of 100 counts the last four twice.
    assert small == {"score": 8, "limit": 250}
    assert large == {"score": 12, "limit": 250}


def test_more_complexity_than_250_is_refused(gitlab: GitLab) -> None:
    text = "{ " + " ".join(f"m{number}: metadata {{ version }}" for number in range(126)) + " }"

    answer = post(gitlab, text)

    assert answer.json() == {
        "errors": [{"message": "Query has complexity of 252, which exceeds max complexity of 250"}]
    }  # fmt: skip


def test_a_page_size_in_a_variable_counts_and_so_does_a_fragment(gitlab: GitLab) -> None:
    text = """
      query Issues($first: Int) { project(fullPath: "acme/tools/web") { issues(first: $first) { ...page } }
        queryComplexity { score } }
      fragment page on IssueConnection { nodes { id } }
    """

    assert data(gitlab, text, first=100)["queryComplexity"]["score"] == 9


def test_deeper_than_20_and_fields_nested_in_themselves_are_refused(gitlab: GitLab) -> None:
    def moved(times: int) -> str:
        return 'query { issue(id: "gid://gitlab/Issue/1") ' + "{ movedTo " * times + "{ id }" + " }" * times + " }"

    assert data(gitlab, moved(2)) == {"issue": None}
    assert messages(gitlab, moved(3)) == [
        'Recursive query - too many of fields \'{"movedTo"=>3}\' detected\nin single branch of the query")\n'
    ]
    assert "Query has depth of 22, which exceeds max depth of 20" in messages(gitlab, moved(20))


@pytest.mark.parametrize(
    ("text", "message", "code"),
    [
        ("{ nonsense }", "Field 'nonsense' doesn't exist on type 'Query'", "undefinedField"),
        (
            "mutation { timelogUpdate(input: {}) { errors } }",
            "Field 'timelogUpdate' doesn't exist on type 'Mutation'",
            "undefinedField",
        ),
        ("{ project { id } }", "Field 'project' is missing required arguments: fullPath", "missingRequiredArguments"),
        (
            '{ project(fullPath: "a", path: "b") { id } }',
            "Field 'project' doesn't accept argument 'path'",
            "argumentNotAccepted",
        ),
        (
            '{ project(fullPath: "a") }',
            "Field must have selections (field 'project' returns Project but has no selections)",
            "selectionMismatch",
        ),
        (
            'mutation { timelogDelete(input: {id: "gid://gitlab/Timelog/1", force: true}) { errors } }',
            "InputObject 'TimelogDeleteInput' doesn't accept argument 'force'",
            "argumentNotAccepted",
        ),
        (
            "mutation { timelogDelete(input: {}) { errors } }",
            "Argument 'id' on InputObject 'TimelogDeleteInput' is required. Expected type TimelogID!",
            "missingRequiredInputObjectAttribute",
        ),
        (
            "query Q($a: String) { metadata { version } }",
            "Variable $a is declared by Q but not used",
            "variableNotUsed",
        ),
        ("query Q { echo(text: $a) }", "Variable $a is used by Q but not declared", "variableNotDefined"),
        (
            "query Q($a: ID!) { issue(id: $a) { id } }",
            "Type mismatch on variable $a and argument id (ID! / IssueID!)",
            "variableMismatch",
        ),
        (
            "query Q($a: String) { echo(text: $a) }",
            "Nullability mismatch on variable $a and argument text (String / String!)",
            "variableMismatch",
        ),
    ],
)
def test_a_query_that_the_schema_refuses_is_answered_200_with_gitlabs_words_and_no_data(
    gitlab: GitLab, text: str, message: str, code: str
) -> None:
    answer = post(gitlab, text)

    error = answer.json()["errors"][0]
    assert answer.status_code == 200
    assert "data" not in answer.json()
    assert (error["message"], error["extensions"]["code"]) == (message, code)
    assert error["locations"]


def test_a_syntax_error_and_an_empty_query_are_answered_200_with_errors(gitlab: GitLab) -> None:
    assert messages(gitlab, "{ echo") == ["Expected Name, found <EOF>."]
    assert messages(gitlab, "") == ["No query string was present"]


def test_of_two_operations_one_must_be_named(gitlab: GitLab) -> None:
    text = 'query A { echo(text: "a") } query B { echo(text: "b") }'
    body = {"query": text, "operationName": "B"}
    headers = {"Authorization": "Bearer ada-token"}

    named = requests.post(f"{gitlab.url}/api/graphql", json=body, headers=headers, timeout=5)

    assert messages(gitlab, text) == ["An operation name is required"]
    assert named.json() == {"data": {"echo": '"ada" says: b'}}


@pytest.mark.parametrize(
    ("given", "ending"),
    [
        ({"timeSpent": 1800}, " for timeSpent (Could not coerce value 1800 to String)"),
        ({"summary": None}, " for summary (Expected value to not be null)"),
        ({"spent": "x"}, " for spent (Field is not defined on TimelogCreateInput)"),
        ({"issuableId": "12"}, ' for issuableId ("12" is not a valid Global ID)'),
        (
            {"issuableId": "gid://gitlab/Project/7"},
            ' for issuableId ("gid://gitlab/Project/7" does not represent an instance of Issuable)',
        ),
        ({"issuableId": "gid://other/Issue/7"}, ' for issuableId ("gid://other/Issue/7" is not a Gitlab Global ID)'),
        ({"spentAt": "yesterday"}, " for spentAt (argument out of range)"),
        ({"spentAt": "2026-11-20"}, ' for spentAt (no time information in "2026-11-20")'),
    ],
)
def test_a_variable_that_does_not_fit_is_named_with_the_reason(
    gitlab: GitLab, issue: Issuable, given: dict[str, Any], ending: str
) -> None:
    refused = messages(gitlab, CREATE, input=timelog_input(issue) | given)

    assert refused == [f"Variable $input of type TimelogCreateInput! was provided invalid value{ending}"]
    assert gitlab.timelogs == []


def test_a_missing_variable_is_refused(gitlab: GitLab) -> None:
    assert messages(gitlab, CREATE) == ["Variable $input of type TimelogCreateInput! was provided invalid value"]


def test_a_server_that_is_too_old_has_no_timelog_create(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.make_too_old()

    refused = messages(gitlab, CREATE, input=timelog_input(issue))

    assert refused[0] == "Field 'timelogCreate' doesn't exist on type 'Mutation'"
    assert data(gitlab, "{ metadata { version } }")["metadata"]["version"].startswith("14.")


def test_a_timelog_is_by_the_tokens_user_and_its_instant_is_kept_in_utc(gitlab: GitLab, issue: Issuable) -> None:
    answer = log(gitlab, issue, spentAt="2026-11-20T01:30:00+02:00", timeSpent="5400s", summary="[toggl:5] Work")

    assert answer == {
        "errors": [],
        "timelog": {
            "id": gitlab.timelogs[0].gid,
            "timeSpent": 5400,
            "spentAt": "2026-11-19T23:30:00Z",
            "summary": "[toggl:5] Work",
            "user": {"username": "ada"},
            "issue": {"id": issue.gid, "iid": "12"},
            "mergeRequest": None,
            "project": {"fullPath": "acme/tools/web"},
        },
    }
    assert gitlab.ledger() == [("acme/tools/web#12", 5400, "2026-11-19T23:30:00Z", "[toggl:5] Work", "ada")]


def test_time_without_an_instant_is_spent_now(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, spentAt=None)

    assert gitlab.timelogs[0].spent_at == NOW


def test_time_can_be_logged_on_merge_requests_and_on_issues_as_work_items(gitlab: GitLab, issue: Issuable) -> None:
    merge_request = gitlab.add_merge_request("acme/tools/web", "Login", iid=45)

    on_merge_request = log(gitlab, merge_request)["timelog"]
    log(gitlab, issue.gid.replace("Issue", "WorkItem"))

    assert (on_merge_request["issue"], on_merge_request["mergeRequest"]["iid"]) == (None, "45")
    assert [row.reference for row in gitlab.ledger()] == ["acme/tools/web!45", "acme/tools/web#12"]


def test_an_iid_is_not_an_id(gitlab: GitLab, issue: Issuable) -> None:
    assert issue.id != issue.iid
    assert log_refused(gitlab, f"gid://gitlab/Issue/{issue.iid}") == [NOT_AVAILABLE]


def test_logging_time_twice_logs_it_twice(gitlab: GitLab, issue: Issuable) -> None:
    first, second = log(gitlab, issue), log(gitlab, issue)

    assert first["timelog"]["id"] != second["timelog"]["id"]
    assert len(gitlab.timelogs) == 2


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"timeSpent": "soon"}, "Time spent must be formatted correctly. For example: 1h 30m."),
        ({"timeSpent": ""}, "Time spent must be formatted correctly. For example: 1h 30m."),
        ({"timeSpent": "0s"}, "Time spent can't be zero."),
        ({"timeSpent": "-1s"}, "Total time spent cannot be negative."),
        ({"timeSpent": "31557601s"}, "Total time spent cannot exceed a year."),
        ({"spentAt": "2026-11-21T12:00:01Z"}, "Spent at can't be a future date and time."),
        ({"summary": "x" * 256}, "Summary is too long (maximum is 255 characters)"),
    ],
)
def test_what_gitlab_rejects_comes_back_in_the_payload_and_is_not_logged(
    gitlab: GitLab, issue: Issuable, given: dict[str, Any], error: str
) -> None:
    assert log(gitlab, issue, **given) == {"errors": [error], "timelog": None}
    assert gitlab.timelogs == []


def test_a_summary_is_counted_in_characters_not_in_bytes(gitlab: GitLab, issue: Issuable) -> None:
    assert log(gitlab, issue, summary="\N{ALARM CLOCK}" * 255)["errors"] == []


def test_the_year_is_for_all_timelogs_of_an_issue_together(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, timeSpent="31557599s")

    assert log(gitlab, issue, timeSpent="1s")["errors"] == []
    assert log(gitlab, issue, timeSpent="1s", token="bob-token")["errors"] == ["Total time spent cannot exceed a year."]
    assert log(gitlab, gitlab.add_issue("acme/tools/web", "Other"), timeSpent="1s")["errors"] == []


def test_time_can_be_taken_back_down_to_zero(gitlab: GitLab, issue: Issuable) -> None:
    log(gitlab, issue, timeSpent="1h")

    assert log(gitlab, issue, timeSpent="-61m")["errors"] == ["Total time spent cannot be negative."]
    assert log(gitlab, issue, timeSpent="-60m")["errors"] == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5400s", 5400),
        ("1h 30m", 5400),
        ("1h30m", 5400),
        ("-1h 30m", -5400),
        ("1.5h", 5400),
        ("2", 7200),
        ("1d", 8 * 3600),
        ("1w", 40 * 3600),
        ("1mo", 160 * 3600),
        ("1 hour, 5 minutes", 3900),
        ("1h 30", None),
        ("h", None),
        ("1x", None),
        ("-", None),
    ],
)
def test_a_day_is_8_hours_a_week_5_days_a_month_4_weeks_and_a_bare_number_hours(text: str, seconds: int | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(("seconds", "text"), [(0, None), (5400, "1h 30m"), (34_200, "1d 1h 30m"), (-60, "-1m")])
def test_totals_are_written_in_the_same_units(seconds: int, text: str | None) -> None:
    assert print_duration(seconds) == text


@pytest.mark.parametrize(
    ("role", "may_log"), [(None, False), ("guest", False), ("planner", True), ("reporter", True), ("owner", True)]
)
def test_logging_time_needs_planner_or_above(gitlab: GitLab, issue: Issuable, role: str | None, may_log: bool) -> None:
    gitlab.set_role("acme/tools/web", "ada", role)

    answer = post(gitlab, CREATE, input=timelog_input(issue)).json()

    assert len(gitlab.timelogs) == may_log
    if not may_log:
        assert answer["data"] == {"timelogCreate": None}
        assert [(error["message"], error["path"]) for error in answer["errors"]] == [(NOT_AVAILABLE, ["timelogCreate"])]


def test_older_servers_want_a_reporter() -> None:
    with GitLab(timelog_role="reporter") as gitlab:
        gitlab.add_token("ada-token", "ada")
        gitlab.add_project("acme/web", roles={"ada": "planner"})

        assert log_refused(gitlab, gitlab.add_issue("acme/web", "x")) == [NOT_AVAILABLE]


def test_no_time_is_logged_on_what_is_archived_invisible_or_gone(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("acme/old", archived=True)
    gitlab.add_project("secret/plans", roles={"bob": "owner"})
    targets = [gitlab.add_issue("acme/old", "x"), gitlab.add_issue("secret/plans", "x"), issue]
    gitlab.delete_issue(issue)

    assert [log_refused(gitlab, target) for target in targets] == [[NOT_AVAILABLE]] * 3


def test_a_confidential_issue_is_hidden_from_guests_and_open_to_planners(gitlab: GitLab) -> None:
    hidden = gitlab.add_issue("acme/tools/web", "Leak", confidential=True)
    gitlab.set_role("acme/tools/web", "bob", "guest")

    text = f'{{ issue(id: "{hidden.gid}") {{ confidential }} }}'

    assert data(gitlab, text) == {"issue": {"confidential": True}}
    assert data(gitlab, text, "bob-token") == {"issue": None}


def test_closed_and_locked_issues_accept_time(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.close_issue(issue)
    locked = gitlab.add_issue("acme/tools/web", "Heated", discussion_locked=True)

    assert log(gitlab, issue)["errors"] == log(gitlab, locked)["errors"] == []


def test_logging_time_touches_the_issue(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.now = lambda: NOW + timedelta(hours=1)

    log(gitlab, issue)

    assert data(gitlab, f'{{ issue(id: "{issue.gid}") {{ createdAt updatedAt }} }}')["issue"] == {
        "createdAt": "2026-11-21T12:00:00Z",
        "updatedAt": "2026-11-21T13:00:00Z",
    }


def test_aliased_mutations_run_in_order_and_one_that_fails_does_not_undo_the_others(
    gitlab: GitLab, issue: Issuable
) -> None:
    text = """
      mutation Two($good: TimelogCreateInput!, $bad: TimelogCreateInput!) {
        a: timelogCreate(input: $good) { errors }
        b: timelogCreate(input: $bad) { errors }
        c: timelogCreate(input: $good) { errors }
      }
    """

    answer = post(gitlab, text, good=timelog_input(issue), bad=timelog_input("gid://gitlab/Issue/1")).json()

    assert answer["data"] == {"a": {"errors": []}, "b": None, "c": {"errors": []}}
    assert answer["errors"][0]["path"] == ["b"]
    assert len(gitlab.timelogs) == 2
    assert gitlab.count("timelogCreate") == 3


def test_a_timelog_is_deleted_by_its_author_or_a_maintainer_and_by_nobody_else(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_token("max-token", "max")
    mine, other = (gitlab.add_timelog(issue, "ada", 60, NOW) for _ in range(2))

    refused = messages(gitlab, DELETE, "bob-token", id=mine.gid)
    by_author = data(gitlab, DELETE, id=mine.gid)
    by_maintainer = data(gitlab, DELETE, "max-token", id=other.gid)

    assert refused == [NOT_AVAILABLE]
    assert by_author == {"timelogDelete": {"errors": [], "timelog": {"id": mine.gid}}}
    assert by_maintainer["timelogDelete"]["errors"] == []
    assert gitlab.timelogs == []


def test_a_timelog_that_is_gone_cannot_be_deleted(gitlab: GitLab, issue: Issuable) -> None:
    timelog = gitlab.add_timelog(issue, "ada", 60, NOW)
    data(gitlab, DELETE, id=timelog.gid)

    answer = post(gitlab, DELETE, id=timelog.gid).json()

    assert answer["data"] == {"timelogDelete": None}
    assert answer["errors"][0]["message"] == NOT_AVAILABLE


@pytest.mark.parametrize("variables", [{}, {"username": "bob"}, {"username": "ADA"}])
def test_a_list_of_timelogs_needs_a_project_a_group_or_ones_own_username(
    gitlab: GitLab, variables: dict[str, str]
) -> None:
    answer = post(gitlab, LEDGER, **variables).json()

    assert answer["data"] == {"timelogs": None}
    assert [error["message"] for error in answer["errors"]] == [
        "Non-admin users must provide a group_id, project_id, or current username"
    ]


def test_timelogs_of_others_show_by_project_and_by_group(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("other/web")
    gitlab.add_timelog(issue, "bob", 60, NOW, "bob's")
    gitlab.add_timelog(gitlab.add_issue("other/web", "x"), "bob", 60, NOW, "elsewhere")
    by_project = "query P($id: ProjectID!) { timelogs(projectId: $id) { nodes { summary } } }"
    by_group = "query G($id: GroupID!) { timelogs(groupId: $id) { nodes { summary } } }"

    in_project = data(gitlab, by_project, id="gid://gitlab/Project/7")
    in_group = data(gitlab, by_group, id=f"gid://gitlab/Group/{gitlab.group_id('acme')}")

    assert summaries(in_project) == summaries(in_group) == ["bob's"]
    assert messages(gitlab, by_group, id="gid://gitlab/Group/1") == [NOT_AVAILABLE]


def test_the_bounds_of_a_time_window_are_inclusive(gitlab: GitLab, issue: Issuable) -> None:
    for second in range(4):
        gitlab.add_timelog(issue, "ada", 60, f"2026-11-20T09:00:0{second}Z", str(second))

    found = data(gitlab, LEDGER, username="ada", start="2026-11-20T10:00:01+01:00", end="2026-11-20T09:00:02Z")

    assert summaries(found) == ["1", "2"]


def test_a_timelog_without_spent_at_never_matches_a_window(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "ada", 60, None, "by REST")
    gitlab.add_timelog(issue, "ada", 60, NOW, "by GraphQL")

    in_window = data(gitlab, LEDGER, username="ada", start="1970-01-01T00:00:00Z", end="2100-01-01T00:00:00Z")

    assert summaries(in_window) == ["by GraphQL"]
    assert summaries(data(gitlab, LEDGER, username="ada")) == ["by GraphQL", "by REST"]


def test_dates_stand_for_whole_days(gitlab: GitLab, issue: Issuable) -> None:
    for instant in ("2026-11-19T23:59:59Z", "2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z"):
        gitlab.add_timelog(issue, "ada", 60, instant, instant)

    text = """
      { timelogs(username: "ada", startDate: "2026-11-20T15:00:00Z", endDate: "2026-11-20T01:00:00Z") {
        nodes { summary } } }
    """

    assert summaries(data(gitlab, text)) == ["2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            'startTime: "2026-01-01T00:00:00Z", startDate: "2026-01-01T00:00:00Z"',
            "Provide either a start date or time, but not both",
        ),
        (
            'endTime: "2026-01-01T00:00:00Z", endDate: "2026-01-01T00:00:00Z"',
            "Provide either an end date or time, but not both",
        ),
        (
            'startTime: "2026-01-02T00:00:00Z", endTime: "2026-01-01T00:00:00Z"',
            "Start argument must be before End argument",
        ),
    ],
)
def test_a_contradictory_window_is_refused(gitlab: GitLab, arguments: str, message: str) -> None:
    assert messages(gitlab, f'{{ timelogs(username: "ada", {arguments}) {{ nodes {{ id }} }} }}') == [message]


def test_timelogs_are_sorted_by_spent_at_unless_told_otherwise(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "ada", 60, "2026-11-20T10:00:00Z", "late")
    gitlab.add_timelog(issue, "ada", 120, "2026-11-20T09:00:00Z", "early")

    orders = {
        sort: summaries(data(gitlab, LEDGER, username="ada", sort=sort))
        for sort in (None, "SPENT_AT_ASC", "SPENT_AT_DESC", "TIME_SPENT_ASC", "CREATED_DESC", "created_asc")
    }

    assert orders == {
        None: ["early", "late"],
        "SPENT_AT_ASC": ["early", "late"],
        "SPENT_AT_DESC": ["late", "early"],
        "TIME_SPENT_ASC": ["late", "early"],
        "CREATED_DESC": ["early", "late"],
        "created_asc": ["late", "early"],
    }


def test_a_page_has_at_most_100_rows_and_the_cursor_leads_on(gitlab: GitLab, issue: Issuable) -> None:
    for number in range(250):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))

    pages, after = [], None
    while not pages or pages[-1]["timelogs"]["pageInfo"]["hasNextPage"]:
        pages.append(data(gitlab, LEDGER, username="ada", first=500, after=after))
        after = pages[-1]["timelogs"]["pageInfo"]["endCursor"]

    assert [len(summaries(page)) for page in pages] == [100, 100, 50]
    assert [summary for page in pages for summary in summaries(page)] == [str(number) for number in range(250)]


def test_pages_neither_skip_nor_repeat_when_rows_come_and_go_between_them(gitlab: GitLab, issue: Issuable) -> None:
    rows = [gitlab.add_timelog(issue, "ada", 60, NOW + timedelta(minutes=number), str(number)) for number in range(4)]
    first = data(gitlab, LEDGER, username="ada", first=2)

    data(gitlab, DELETE, id=rows[1].gid)
    gitlab.add_timelog(issue, "ada", 60, NOW - timedelta(days=1), "earlier")
    rest = data(gitlab, LEDGER, username="ada", first=2, after=first["timelogs"]["pageInfo"]["endCursor"])

    assert (summaries(first), summaries(rest)) == (["0", "1"], ["2", "3"])
    assert rest["timelogs"]["pageInfo"]["hasNextPage"] is False


def test_pages_can_be_read_backwards_too(gitlab: GitLab, issue: Issuable) -> None:
    for number in range(4):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))
    text = """
      query Back($before: String) { timelogs(username: "ada", last: 3, before: $before) {
        nodes { summary } pageInfo { startCursor hasPreviousPage hasNextPage } } }
    """

    last = data(gitlab, text)
    previous = data(gitlab, text, before=last["timelogs"]["pageInfo"]["startCursor"])

    assert (summaries(last), summaries(previous)) == (["1", "2", "3"], ["0"])
    assert last["timelogs"]["pageInfo"]["hasPreviousPage"] is True
    assert previous["timelogs"]["pageInfo"]["hasPreviousPage"] is False


def test_a_cursor_that_is_none_is_refused(gitlab: GitLab) -> None:
    assert messages(gitlab, LEDGER, username="ada", after="nonsense") == ["Please provide a valid cursor"]


def test_what_the_user_may_no_longer_see_is_left_out_of_a_page_that_still_has_a_next_one(gitlab: GitLab) -> None:
    gitlab.add_project("acme/lost")
    gone = gitlab.add_issue("acme/lost", "x")
    kept = gitlab.add_issue("acme/tools/web", "y")
    for number, target in enumerate((gone, gone, kept)):
        gitlab.add_timelog(target, "ada", 60, NOW + timedelta(minutes=number), str(number))
    gitlab.set_role("acme/lost", "ada", None)

    page = data(gitlab, LEDGER, username="ada", first=2)
    rest = data(gitlab, LEDGER, username="ada", after=page["timelogs"]["pageInfo"]["endCursor"])

    assert page["timelogs"]["nodes"] == []
    assert page["timelogs"]["pageInfo"]["hasNextPage"] is True
    assert summaries(rest) == ["2"]


def test_a_list_of_timelogs_counts_and_sums_all_pages(gitlab: GitLab, issue: Issuable) -> None:
    for _ in range(3):
        gitlab.add_timelog(issue, "ada", 1800, NOW)

    found = data(
        gitlab,
        """{ timelogs(username: "ada", first: 1) {
          count few: count(limit: 1) totalSpentTime edges { cursor node { timeSpent } } } }""",
    )["timelogs"]

    assert (found["count"], found["few"], found["totalSpentTime"]) == (3, 2, "5400")
    assert [edge["node"]["timeSpent"] for edge in found["edges"]] == [1800]


def test_an_issue_knows_its_timelogs_and_their_sum(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "bob", 3600, NOW, "bob's")
    gitlab.add_timelog(issue, "ada", 1800, None, "ada's")
    text = f"""
      {{ issue(id: "{issue.gid}") {{
        totalTimeSpent humanTotalTimeSpent
        timelogs(first: 100) {{ nodes {{ summary spentAt user {{ username }} }} }} }} }}
    """

    found = data(gitlab, text)["issue"]

    assert (found["totalTimeSpent"], found["humanTotalTimeSpent"]) == (5400, "1h 30m")
    assert found["timelogs"]["nodes"] == [
        {"summary": "ada's", "spentAt": None, "user": {"username": "ada"}},
        {"summary": "bob's", "spentAt": "2026-11-21T12:00:00Z", "user": {"username": "bob"}},
    ]


def test_moving_an_issue_recreates_its_timelogs_under_new_ids(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("acme/api")
    old = gitlab.add_timelog(issue, "ada", 1800, NOW, "[toggl:1]")

    moved = gitlab.move_issue(issue, "acme/api")

    found = data(
        gitlab, f'{{ issue(id: "{issue.gid}") {{ state moved movedTo {{ id reference(full: true) projectId }} }} }}'
    )["issue"]
    assert found["movedTo"] == {
        "id": moved.gid, "reference": "acme/api#1", "projectId": gitlab.project("acme/api").id
    }  # fmt: skip
    assert (found["state"], found["moved"]) == ("closed", True)
    assert gitlab.ledger() == [("acme/api#1", 1800, "2026-11-21T12:00:00Z", "[toggl:1]", "ada")]
    assert gitlab.timelogs[0].id != old.id


def test_while_gitlab_still_copies_a_moved_issues_timelogs_both_issues_have_some(
    gitlab: GitLab, issue: Issuable
) -> None:
    gitlab.add_project("acme/api")
    for number in range(3):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))

    gitlab.move_issue(issue, "acme/api", copied=1)
    meanwhile = [(row.reference, row.summary) for row in gitlab.ledger()]
    gitlab.finish_moves()

    assert meanwhile == [*[("acme/tools/web#12", str(number)) for number in range(3)], ("acme/api#1", "0")]
    assert [(row.reference, row.summary) for row in gitlab.ledger()] == [("acme/api#1", str(n)) for n in range(3)]


def test_where_an_issue_moved_is_not_told_to_those_who_may_not_see_it(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("secret/plans", roles={"bob": "owner"})
    gitlab.move_issue(issue, "secret/plans")

    found = data(gitlab, f'{{ issue(id: "{issue.gid}") {{ moved movedTo {{ id }} }} }}')

    assert found == {"issue": {"moved": True, "movedTo": None}}


def test_a_project_is_found_by_its_path_whatever_its_case_and_answers_the_canonical_one(gitlab: GitLab) -> None:
    found = data(
        gitlab, '{ project(fullPath: "ACME/tools/WEB") { id fullPath name nameWithNamespace webUrl archived } }'
    )

    assert found["project"] == {
        "id": "gid://gitlab/Project/7",
        "fullPath": "acme/tools/web",
        "name": "Web",
        "nameWithNamespace": "Acme / Tools / Web",
        "webUrl": f"{gitlab.url}/acme/tools/web",
        "archived": False,
    }


def test_a_renamed_project_is_not_found_under_its_old_path(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.rename("acme/tools/web", "acme/site")

    assert data(gitlab, '{ project(fullPath: "acme/tools/web") { id } }') == {"project": None}
    assert data(gitlab, '{ project(fullPath: "acme/site") { id } }') == {"project": {"id": "gid://gitlab/Project/7"}}
    assert issue.reference == "acme/site#12"


def test_ids_turn_into_projects_and_invisible_ones_are_left_out(gitlab: GitLab) -> None:
    gitlab.add_project("secret/plans", id=8, roles={"bob": "owner"})
    text = "query Projects($ids: [ID!]) { projects(ids: $ids) { nodes { fullPath } } }"

    found = data(gitlab, text, ids=["gid://gitlab/Project/7", "gid://gitlab/Project/8", "gid://gitlab/Project/9"])

    assert found["projects"]["nodes"] == [{"fullPath": "acme/tools/web"}]
    assert data(gitlab, '{ project(fullPath: "secret/plans") { id } }') == {"project": None}
    assert messages(gitlab, text, ids=["7"]) == ["7 is not a valid GitLab ID."]
    assert messages(gitlab, text, ids=["gid://gitlab/Issue/7"]) == [
        "gid://gitlab/Issue/7 is not a valid ID for Project."
    ]


def test_projects_are_searched_by_name_and_by_membership(gitlab: GitLab) -> None:
    gitlab.add_project("acme/web-shop", public=True, roles={})
    text = """
      query Find($search: String, $membership: Boolean) {
        projects(search: $search, membership: $membership) { nodes { fullPath } } }
    """

    def paths(**variables: Any) -> list[str]:
        return [node["fullPath"] for node in data(gitlab, text, **variables)["projects"]["nodes"]]

    assert paths(search="WEB") == ["acme/web-shop", "acme/tools/web"]
    assert paths(search="WEB", membership=True) == ["acme/tools/web"]
    assert paths(search="tools") == []


def test_issues_are_found_by_100_iids_at_once(gitlab: GitLab) -> None:
    for number in range(1, 121):
        gitlab.add_issue("acme/tools/web", f"Issue {number}", iid=number)
    text = """
      query ByIid($iids: [String!]) { project(fullPath: "acme/tools/web") { issues(iids: $iids, first: 100) {
        count nodes { iid } pageInfo { hasNextPage } } } }
    """

    found = data(gitlab, text, iids=[str(number) for number in range(1, 101)])["project"]["issues"]
    too_many = data(gitlab, text, iids=[str(number) for number in range(1, 121)])["project"]["issues"]

    assert {node["iid"] for node in found["nodes"]} == {str(number) for number in range(1, 101)}
    assert found["pageInfo"]["hasNextPage"] is False
    assert (too_many["count"], len(too_many["nodes"]), too_many["pageInfo"]["hasNextPage"]) == (120, 100, True)


def test_iids_are_strings_and_those_that_are_missing_are_left_out(gitlab: GitLab, issue: Issuable) -> None:
    text = """
      query ByIid($iids: [String!]) { project(fullPath: "acme/tools/web") { issues(iids: $iids) { nodes { iid id } } } }
    """

    found = data(gitlab, text, iids=["12", "99", "x", "-1"])

    assert found["project"]["issues"]["nodes"] == [{"iid": "12", "id": issue.gid}]
    assert "Could not coerce value 12 to String" in messages(gitlab, text, iids=[12])[0]


def test_the_same_iid_in_two_projects_is_two_issues(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("acme/api")
    other = gitlab.add_issue("acme/api", "Other", iid=12)
    text = """
      { a: project(fullPath: "acme/tools/web") { issue(iid: "12") { id reference full: reference(full: true) webUrl } }
        b: project(fullPath: "acme/api") { issue(iid: "12") { id } } }
    """

    found = data(gitlab, text)

    assert found["a"]["issue"] == {
        "id": issue.gid,
        "reference": "#12",
        "full": "acme/tools/web#12",
        "webUrl": f"{gitlab.url}/acme/tools/web/-/issues/12",
    }
    assert found["b"]["issue"]["id"] == other.gid


def test_a_search_finds_words_in_the_title_and_more_than_the_equal_one(gitlab: GitLab) -> None:
    for title in ("Fix login", "fix the LOGIN page", "Fix logout"):
        gitlab.add_issue("acme/tools/web", title, description="login everywhere")
    gitlab.add_issue("acme/tools/web", "Login: fix", state="closed")
    text = """
      query Find($search: String) { project(fullPath: "acme/tools/web") {
        issues(search: $search, in: [TITLE], state: opened) { nodes { title } } } }
    """

    def titles(search: str) -> set[str]:
        return {node["title"] for node in data(gitlab, text, search=search)["project"]["issues"]["nodes"]}

    assert titles("Fix login") == {"Fix login", "fix the LOGIN page"}
    assert titles("!?") == set()


def test_issues_are_filtered_by_state_type_and_update(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_issue("acme/tools/web", "Closed", state="closed")
    gitlab.add_issue("acme/tools/web", "Locked", discussion_locked=True)
    gitlab.now = lambda: NOW + timedelta(hours=1)
    gitlab.add_issue("acme/tools/web", "Task", issue_type="TASK")

    def titles(arguments: str) -> list[str]:
        found = data(
            gitlab, f'{{ project(fullPath: "acme/tools/web") {{ issues({arguments}) {{ nodes {{ title }} }} }} }}'
        )
        return [node["title"] for node in found["project"]["issues"]["nodes"]]

    assert titles("state: opened") == ["Task", "Locked", "Fix the login"]
    assert titles("state: closed") == ["Closed"]
    assert titles("state: locked") == ["Locked"]
    assert titles("state: all, types: [TASK]") == ["Task"]
    assert titles('updatedAfter: "2026-11-21T12:30:00Z"') == ["Task"]
    assert titles('updatedBefore: "2026-11-21T12:30:00Z", iid: "12"') == [issue.title]


def test_a_work_item_of_another_type_is_found_as_an_issue_too(gitlab: GitLab) -> None:
    task = gitlab.add_issue("acme/tools/web", "Task", issue_type="TASK")

    found = data(gitlab, f'{{ issue(id: "gid://gitlab/WorkItem/{task.id}") {{ id webUrl }} }}')

    assert found == {"issue": {"id": task.gid, "webUrl": f"{gitlab.url}/acme/tools/web/-/work_items/{task.iid}"}}


def test_merge_requests_have_iids_of_their_own(gitlab: GitLab, issue: Issuable) -> None:
    merge_request = gitlab.add_merge_request("acme/tools/web", "Login", iid=issue.iid)
    text = """
      { project(fullPath: "acme/tools/web") { mergeRequest(iid: "12") { id title webUrl }
        mergeRequests(iids: ["12", "13"]) { nodes { iid } } } }
    """

    found = data(gitlab, text)["project"]

    assert found["mergeRequest"] == {
        "id": merge_request.gid, "title": "Login", "webUrl": f"{gitlab.url}/acme/tools/web/-/merge_requests/12"
    }  # fmt: skip
    assert found["mergeRequests"]["nodes"] == [{"iid": "12"}]


def test_a_project_lists_its_timelogs(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "bob", 60, NOW, "bob's")
    gitlab.add_timelog(gitlab.add_merge_request("acme/tools/web", "x"), "ada", 60, NOW, "ada's")

    found = data(gitlab, '{ project(fullPath: "acme/tools/web") { timelogs(username: "bob") { nodes { summary } } } }')

    assert summaries(found["project"]) == ["bob's"]


def test_a_created_issue_gets_the_next_iid_and_its_labels(gitlab: GitLab, issue: Issuable) -> None:
    given = {
        "projectPath": "acme/tools/web",
        "title": "  New ",
        "description": "Text",
        "labels": ["toggl-sync", "b", "b"],
    }

    created = data(gitlab, CREATE_ISSUE, input=given)["createIssue"]

    assert created["errors"] == []
    assert created["issue"] == {
        "id": gitlab.issues[-1].gid,
        "iid": str(issue.iid + 1),
        "title": "New",
        "description": "Text",
        "state": "opened",
        "labels": {"nodes": [{"title": "b"}, {"title": "toggl-sync"}]},
    }


@pytest.mark.parametrize(
    ("title", "error"),
    [(" ", "Title can't be blank"), ("x" * 256, "Title is too long (maximum is 255 characters)")],
)
def test_a_title_has_1_to_255_characters(gitlab: GitLab, title: str, error: str) -> None:
    created = data(gitlab, CREATE_ISSUE, input={"projectPath": "acme/tools/web", "title": title})

    assert created == {"createIssue": {"errors": [error], "issue": None}}
    assert gitlab.issues == []


def test_creating_an_issue_needs_a_role_in_a_project_that_is_not_archived(gitlab: GitLab) -> None:
    gitlab.add_project("acme/old", archived=True)
    gitlab.set_role("acme/tools/web", "ada", "guest")

    for path in ("acme/old", "acme/tools/web", "acme/none"):
        assert messages(gitlab, CREATE_ISSUE, input={"projectPath": path, "title": "x"}) == [NOT_AVAILABLE]


def test_lines_of_a_description_that_begin_with_a_slash_are_run(gitlab: GitLab) -> None:
    description = "Hello\n/close\n/spend 1h\n/assign @bob\nBye\n```\n/close\n@nobody\n```"

    created = data(
        gitlab, CREATE_ISSUE, input={"projectPath": "acme/tools/web", "title": "x", "description": description}
    )["createIssue"]["issue"]

    assert created["state"] == "closed"
    assert created["description"] == "Hello\nBye\n```\n/close\n@nobody\n```"
    assert [command for _reference, command in gitlab.quick_actions] == ["/close", "/spend 1h", "/assign @bob"]
    assert [(row.reference, row.seconds, row.username) for row in gitlab.ledger()] == [
        ("acme/tools/web#1", 3600, "ada")
    ]


def test_names_in_a_new_issues_title_or_description_ping_people(gitlab: GitLab) -> None:
    given = {"projectPath": "acme/tools/web", "title": "For @bob", "description": "cc @max, mail@example.org `@code`"}

    data(gitlab, CREATE_ISSUE, input=given)

    assert gitlab.mentions == [("acme/tools/web#1", "bob"), ("acme/tools/web#1", "max")]


def test_what_others_and_other_tools_logged_can_be_arranged(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "carol", 60)

    assert gitlab.ledger() == [("acme/tools/web#12", 60, None, None, "carol")]
    assert gitlab.issuable("acme/tools/web#12") is issue


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


def test_a_fault_can_be_for_one_entry_of_one_mutation_only(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.fail("internal_error", when=mutation("timelogCreate", "[toggl:7]"), times=9)
    gitlab.fail("maintenance", when=query("timelogs"), times=9)

    statuses = [
        post(gitlab, CREATE, input=timelog_input(issue, summary="[toggl:77] x")).status_code,
        post(gitlab, CREATE, input=timelog_input(issue, summary="[toggl:7] x")).status_code,
        post(gitlab, LEDGER, username="ada").status_code,
        post(gitlab, '{ echo(text: "[toggl:7]") }').status_code,
        post(gitlab, DELETE, id=gitlab.timelogs[0].gid).status_code,
    ]

    assert statuses == [200, 500, 503, 200, 200]


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


def test_operations_list_what_was_asked_so_that_reads_and_writes_can_be_counted(
    gitlab: GitLab, issue: Issuable
) -> None:
    post(gitlab, '{ currentUser { id } ...more } fragment more on Query { again: echo(text: "x") }')
    post(gitlab, CREATE, input=timelog_input(issue))
    post(gitlab, "{ broken")

    assert gitlab.operations == [("currentUser", "echo"), ("timelogCreate",), ()]
    assert (gitlab.count("timelogCreate"), gitlab.count("timelogs")) == (1, 0)
    assert root_fields(gitlab.requests[1]) == ("timelogCreate",)


def test_forty_at_once_lose_and_double_nothing(gitlab: GitLab, issue: Issuable) -> None:
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda number: log(gitlab, issue, summary=f"[toggl:{number}]"), range(200)))

    assert len({answer["timelog"]["id"] for answer in answers}) == 200
    assert {row.summary for row in gitlab.ledger()} == {f"[toggl:{number}]" for number in range(200)}
