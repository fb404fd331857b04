"""A query that the schema refuses, and GitLab's words for why."""

from __future__ import annotations

import pytest
import requests

from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import messages, post


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
