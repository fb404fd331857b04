"""Retry and Catch do as on AWS."""

from __future__ import annotations

import itertools
import json

import pytest

from local.aws.interpreter.retries import matches, retry_delay_seconds
from tests.local.aws.support import WAIT_SCALE, Machines, invoke


def test_retries_wait_at_most_max_delay_and_count_in_the_context(machines: Machines) -> None:
    retry = {
        "ErrorEquals": ["Rejected"],
        "IntervalSeconds": 1,
        "BackoffRate": 1000,
        "MaxDelaySeconds": 5,
        "MaxAttempts": 3,
    }
    payload = {"do": "raise", "retry": "{% $states.context.State.RetryCount %}"}

    run = machines.run({"Call": invoke(payload=payload, Retry=[retry])})

    assert run.error == "Rejected"
    calls = [event for event in run.history if event["type"] == "TaskScheduled"]
    sent = [json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]["retry"] for event in calls]
    assert sent == [0, 1, 2, 3]
    pauses = [(b["timestamp"] - a["timestamp"]).total_seconds() for a, b in itertools.pairwise(calls)]
    # 1, 5 and 5 s, scaled; without the limit the second alone is 20 s.
    assert all(expected * WAIT_SCALE <= pause < 2 for pause, expected in zip(pauses, [1, 5, 5], strict=True))


def test_retry_delays_grow_to_the_limit_and_full_jitter_spreads_them_from_zero() -> None:
    retrier = {"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 20}

    delays = [retry_delay_seconds(retrier, tries) for tries in range(4)]
    jittered = [retry_delay_seconds({**retrier, "JitterStrategy": "FULL"}, 1) for _ in range(500)]

    assert delays == [2, 6, 18, 20]
    assert 0 <= min(jittered) < 1
    assert 5 < max(jittered) <= 6


@pytest.mark.parametrize(
    ("error_equals", "error", "expected"),
    [
        (["States.ALL"], "Rejected", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.QueryEvaluationError", True),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "Rejected", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.DataLimitExceeded", False),
        (["Rejected"], "Other", False),
    ],
)
def test_wildcards_match_what_aws_lets_them_match(*, error_equals: list[str], error: str, expected: bool) -> None:
    assert matches(error_equals, error) is expected


def test_a_catch_has_an_output_and_variables_of_its_own(machines: Machines) -> None:
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Output": {"error": "{% $states.errorOutput.Error %}", "of": "{% $states.input.do %}"},
        "Assign": {"cause": "{% $substring($states.errorOutput.Cause, 0, 15) %}"},
        "Next": "After",
    }
    after = {"Type": "Succeed", "Output": "{% $merge([$states.input, {'cause': $cause}]) %}"}

    run = machines.run({"Call": invoke(Catch=[caught]), "After": after}, {"do": "raise"})

    assert run.output == {"error": "Rejected", "of": "raise", "cause": '{"errorMessage"'}


def test_a_catch_without_output_gives_on_the_error(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "After"}]

    run = machines.run({"Call": invoke(Catch=catch), "After": {"Type": "Succeed"}}, {"do": "exit"})

    assert set(run.output) == {"Error", "Cause"}
