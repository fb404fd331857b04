"""What the end of an execution says to a person."""

from __future__ import annotations

import pytest

from cli.executions.ended import message_in


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        ('{"message": "Set the token."}', "Set the token."),
        ('{"errorMessage": "Boom", "errorType": "E"}', "Boom"),
        ('{"message": 5}', '{"message": 5}'),
        ("[1]", "[1]"),
        ("plain words", "plain words"),
        (None, ""),
    ],
)
def test_a_causes_message_is_what_it_says_to_a_person(cause: str | None, message: str) -> None:
    assert message_in(cause) == message
