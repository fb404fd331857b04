"""The files of JSONata, their placeholders, and what is made of a caught error."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import (
    GitLabRateLimited,
    InvalidInput,
    TogglQuotaExceeded,
)
from contract.writes import Recorded
from stacks.workflow.expressions import expression, literal, path
from tests.stacks.support import ROOT, Synthesis, evaluate
from tests.stacks.workflow.support import caught, lambda_cause
from tools.definition import expressions

STACKS = ROOT / "stacks"
TEXT = "Toggl asks to slow down."


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (lambda_cause(InvalidInput(TEXT)), TEXT),
        (lambda_cause(InvalidInput("Größe 木 😀")), json.dumps("Größe 木 😀")[1:-1]),
        (json.dumps({"errorMessage": "Größe 木 😀"}, ensure_ascii=False), "Größe 木 😀"),
        (json.dumps({"errorMessage": TEXT}, separators=(",", ":")), TEXT),
        (json.dumps({"errorType": "x", "errorMessage": TEXT}), TEXT),
        ('{"errorMessage": "cut in the mid', "cut in the mid"),
        (
            "RequestId: 5bd7 Error: Task timed out after 60.00 seconds",
            "RequestId: 5bd7 Error: Task timed out after 60.00 seconds",
        ),
        ("{not json", "{not json"),
        ('"errorMessage" alone', '"errorMessage" alone'),
        ("x" * 5000, "x" * 500),
        ("", "Lambda.Unknown"),
        (None, "Lambda.Unknown"),
    ],
)
def test_the_message_of_a_caught_error_is_what_a_person_can_read_of_it(cause: Any, message: str) -> None:
    states = {"errorOutput": caught("Lambda.Unknown", cause)}

    assert evaluate(expression("error_message"), states=states) == message
    assert evaluate(expression("error_caught"), states=states)["name"] == "Lambda.Unknown"


@pytest.mark.parametrize(
    "cause", ["", None, "x" * 5000, '"' * 5000, "\\\n\u0001😀" * 2000, lambda_cause(InvalidInput(TEXT))]
)
def test_at_most_500_characters_of_a_cause_are_kept(cause: Any) -> None:
    kept = evaluate(expression("error_caught"), states={"errorOutput": caught("Lambda.Unknown", cause)})

    assert kept.keys() == {"name", "message", "cause"}
    assert kept["cause"] == (cause or "Lambda.Unknown")[:500]
    assert len(kept["message"]) <= 500


@pytest.mark.parametrize(
    ("cause", "wait_seconds"),
    [
        (lambda_cause(GitLabRateLimited(TEXT, 0, 3600, 0)), 0),
        (lambda_cause(GitLabRateLimited(TEXT, 61, 3600, 0)), 61),
        (lambda_cause(TogglQuotaExceeded("x" * 5000, 3600, 3600, 0)), 3600),
        (lambda_cause(TogglQuotaExceeded(TEXT, 3601, 3600, 0)), -1),
        (lambda_cause(InvalidInput(TEXT)), -1),
        ("no JSON. Waiting 12 s.", 12),
        ("Waiting long", -1),
        ('{"errorMessage": "Waiting 6', -1),
        ("", -1),
        (None, -1),
    ],
)
def test_the_wait_of_a_caught_error_is_what_it_asks_for(cause: Any, wait_seconds: int) -> None:
    assert evaluate(expression("error_wait_seconds"), states={"errorOutput": caught("x", cause)}) == wait_seconds


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=2000) | st.none())
@settings(max_examples=30, deadline=None)
def test_any_cause_gives_a_message_and_a_wait(cause: str | None) -> None:
    states = {"errorOutput": caught("Lambda.Unknown", cause)}

    assert len(evaluate(expression("error_message"), states=states)) <= 500
    assert evaluate(expression("error_wait_seconds"), states=states) >= -1


@pytest.mark.parametrize("value", ["", 'a "b" \\ \n', "木😀", ["a", 1, None, True], {"k": ["v"]}])
def test_a_python_value_is_the_same_in_jsonata(value: Any) -> None:
    assert evaluate(literal(value)) == value


@given(
    st.sampled_from(["EntryRejected", "GitLabRateLimited", "Sandbox.Timedout"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
    | st.builds("{} Waiting {} s.".format, st.text("words ", max_size=300), st.integers(0, 10**6)),
)
@settings(max_examples=30, deadline=None)
def test_the_state_machine_and_the_lambda_keep_the_same_of_an_error(name: str, message: str) -> None:
    states = {"input": {"error": {"name": name, "message": message, "cause": message}}}

    assert evaluate(expression("error_recorded"), states=states) == Recorded.of(name, message).to_json()


@pytest.mark.parametrize("text", ["$states.input", "$locked", "$run.handed_over.folder"])
def test_a_path_is_written_where_it_is_used(text: str) -> None:
    assert path(text) == f"{{% {text} %}}"


@pytest.mark.parametrize("text", ["$a + 1", "$not($a)", "a.b", "[$a]", "$a[0]", "$a.b = 1"])
def test_whatever_is_more_than_a_path_has_a_file(text: str) -> None:
    with pytest.raises(ValueError, match="more than a path"):
        path(text)


def test_a_placeholder_without_a_value_stops_the_synth() -> None:
    with pytest.raises(KeyError, match="LOOKS"):
        expression("write_may_look")


def test_what_is_included_stays_one_value_and_is_filled_in_too() -> None:
    text = expression("batch_may_wait", CATCHES_AT_LEAST=3, CATCHES_AT_MOST=60, CATCHES_IN_HISTORY=1300)
    seen = {"wait_seconds": -1, "looks": 0, "waits": 0}

    assert evaluate(text, states={"input": seen}, run={"handed_over": {"batches": 1}}) is False


def test_no_jsonata_is_written_beside_its_files() -> None:
    loader = STACKS / "workflow" / "expressions" / "__init__.py"
    found = [file for file in STACKS.rglob("*.py") if file != loader and "{%" in file.read_text(encoding="utf-8")]

    assert found == []


def test_every_file_of_jsonata_is_in_the_definition(default: Synthesis) -> None:
    there = "\n".join(text for _where, text in expressions(default.definition))
    files = {one.stem: one.read_text(encoding="utf-8") for one in STACKS.rglob("*.jsonata")}
    longest_parts = {name: max(re.split("@[^@]+@", text), key=len).strip() for name, text in files.items()}

    assert files
    assert [name for name, part in longest_parts.items() if part not in there] == []
