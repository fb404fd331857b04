"""States one after the other: what they see, what they give, and how they end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.local.aws.support import ROLE, WAIT_SCALE, Machines, types


def test_assign_and_output_see_the_variables_as_they_were_before(machines: Machines) -> None:
    start = {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Swap"}
    swap = {"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Output": "{% [$a, $b] %}", "Next": "After"}
    after = {"Type": "Succeed", "Output": "{% {'output': $states.input, 'then': [$a, $b]} %}"}

    run = machines.run({"Start": start, "Swap": swap, "After": after})

    assert run.output == {"output": [1, 2], "then": [2, 1]}
    exited = next(event["stateExitedEventDetails"] for event in run.history if event["type"] == "PassStateExited")
    assert exited["assignedVariables"] == {"a": "1", "b": "2"}


def test_the_context_has_what_aws_documents_and_nothing_else(machines: Machines) -> None:
    run = machines.evaluate("$states.context", {"start_date": "2026-11-01"})

    context = run.output
    assert set(context) == {"Execution", "StateMachine", "State"}
    assert context["Execution"]["Id"] == run.arn
    assert context["Execution"]["Name"] == run.arn.rsplit(":", 1)[1]
    assert context["Execution"]["Input"] == {"start_date": "2026-11-01"}
    assert context["Execution"]["RoleArn"] == ROLE
    assert context["Execution"]["StartTime"].endswith("Z")
    assert context["StateMachine"]["Id"].endswith(context["StateMachine"]["Name"])
    assert (context["State"]["Name"], context["State"]["RetryCount"]) == ("Only", 0)


def test_choices_pass_on_the_output_of_the_rule_that_matched(machines: Machines) -> None:
    rules = [
        {"Condition": "{% $states.input.n > 10 %}", "Next": "After", "Output": "many", "Assign": {"seen": True}},
        {"Condition": "{% $states.input.n > 1 %}", "Next": "After"},
    ]
    choice = {"Type": "Choice", "Choices": rules, "Default": "After", "Output": "few"}
    states = {"Choose": choice, "After": {"Type": "Succeed", "Output": "{% [$states.input, $exists($seen)] %}"}}

    assert machines.run(states, {"n": 11}).output == ["many", True]
    assert machines.run(states, {"n": 2}).output == [{"n": 2}, False]
    assert machines.run(states, {"n": 0}).output == ["few", False]


def test_a_choice_without_a_match_and_default_fails(machines: Machines) -> None:
    rules = [{"Condition": "{% false %}", "Next": "After"}]

    run = machines.run({"Choose": {"Type": "Choice", "Choices": rules}, "After": {"Type": "Succeed"}})

    assert run.error == "States.NoChoiceMatched"


def test_a_fail_state_takes_error_and_cause_from_expressions(machines: Machines) -> None:
    fail = {"Type": "Fail", "Error": "{% $states.input.name %}", "Cause": "{% $string({'failed': [1]}) %}"}

    run = machines.run({"End": fail}, {"name": "EntriesFailed"})

    assert (run.status, run.error, run.cause) == ("FAILED", "EntriesFailed", '{"failed":[1]}')
    assert types(run) == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]


def test_waits_are_scaled_also_by_a_fraction(machines: Machines) -> None:
    started = time.monotonic()

    run = machines.run(
        {"Pause": {"Type": "Wait", "Seconds": "{% $states.input.seconds %}", "End": True}}, {"seconds": 30}
    )

    assert run.status == "SUCCEEDED"
    assert 30 * WAIT_SCALE <= time.monotonic() - started < 30


@pytest.mark.parametrize("seconds", ["{% 1.5 %}", "{% -1 %}", "{% '1' %}"])
def test_a_wait_for_anything_but_whole_seconds_fails(machines: Machines, seconds: str) -> None:
    run = machines.run({"Pause": {"Type": "Wait", "Seconds": seconds, "End": True}})

    assert run.error == "States.QueryEvaluationError"


def test_a_wait_until_a_past_moment_ends_at_once(machines: Machines) -> None:
    run = machines.run({"Pause": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True}}, {"kept": 1})

    assert run.output == {"kept": 1}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Parallel", "Branches": [], "End": True},
        {"Type": "Pass", "QueryLanguage": "JSONPath", "End": True},
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Arguments": {}, "End": True},
    ],
)
def test_what_is_not_run_locally_fails_and_says_so(machines: Machines, state: dict[str, Any]) -> None:
    run = machines.run({"Only": state})

    assert run.error == "States.Runtime"
    assert "local AWS" in (run.cause or "")
