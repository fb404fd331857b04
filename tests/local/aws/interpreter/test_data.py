"""The size that data may have between states."""

from __future__ import annotations

from tests.local.aws.support import LIMIT_BYTES, Machines, invoke


def test_a_result_over_the_limit_fails_past_a_catch_of_all_errors(machines: Machines) -> None:
    catch_all = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    states = {"Call": invoke(Catch=catch_all), "Caught": {"Type": "Succeed"}}

    run = machines.run(states, {"do": "big", "size": LIMIT_BYTES})

    assert run.error == "States.DataLimitExceeded"


def test_a_result_over_the_limit_can_be_caught_by_its_name(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Caught", "Output": "caught"}]
    states = {"Call": invoke(Catch=catch), "Caught": {"Type": "Succeed"}}

    run = machines.run(states, {"do": "big", "size": LIMIT_BYTES})

    assert run.output == "caught"


def test_the_limit_counts_the_bytes_of_a_states_output(machines: Machines) -> None:
    within = machines.evaluate("$pad('', 100000, 'ü')")
    beyond = machines.evaluate("$pad('', 140000, 'ü')")

    assert within.status == "SUCCEEDED"
    assert beyond.error == "States.DataLimitExceeded"
