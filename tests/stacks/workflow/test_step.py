"""The states that call a Lambda, above all those that only read."""

from __future__ import annotations

import pytest

from contract import limits
from contract.aws_errors import LAMBDA_CRASHES, LAMBDA_NOT_INVOKED, LAMBDA_SERVICE_FAULTS, LAMBDA_SETS_UP
from contract.errors import CallUnfinished, GitLabUnavailable, TogglUnavailable
from tests.stacks.support import State, Synthesis, evaluate
from tests.stacks.workflow.support import (
    PASSING,
    SETUP,
    WAITS,
    after,
    by_name,
    catcher,
    delays,
    failed_write,
    lambda_calls,
    retrier,
)


@pytest.mark.parametrize("role", ["fetch", "transform", "post"])
def test_a_lambda_reports_its_own_timeout_before_its_task_does(default: Synthesis, role: str) -> None:
    for state in default.calls(role).values():
        assert default.function(role)["Timeout"] < state["TimeoutSeconds"] <= default.function(role)["Timeout"] + 15


def test_every_retry_grows_has_a_bound_and_full_jitter(default: Synthesis) -> None:
    retriers = [one for state in default.states.values() for one in state.get("Retry", [])]
    # Going on is no repetition of what failed: each call does a part of it.
    going_on = [one for one in retriers if one["ErrorEquals"] == [CallUnfinished.__name__]]

    # A function that is set up again is ready at one time, whoever asks; sooner is too early.
    setting_up = [one for one in retriers if one["ErrorEquals"] == list(LAMBDA_SETS_UP)]

    assert [(one["MaxAttempts"], one["MaxDelaySeconds"]) for one in going_on] == [
        (limits.UNFINISHED_FETCHES, 3),
        (limits.BATCH_WRITES, 2),
    ]
    for one in (one for one in retriers if one not in [*going_on, *setting_up]):
        assert (one["BackoffRate"], one["JitterStrategy"]) == (2, "FULL")
        is_about_room = one["ErrorEquals"] == [LAMBDA_NOT_INVOKED]
        assert 1 <= one["MaxAttempts"] <= (12 if is_about_room else 5)
        assert one["MaxDelaySeconds"] <= (300 if is_about_room else 60)
        assert delays(one) == sorted(delays(one))


def test_retries_of_a_lambda_wait_as_long_as_the_comments_beside_them_say(
    reading: dict[str, State], writing: dict[str, State], batch: State
) -> None:
    assert {name: [sum(delays(one)) for one in state["Retry"]] for name, state in reading.items()} == {
        "FetchEntries": [155, 1_710, 40, 62, 15],
        "TransformEntries": [155, 1_710, 62, 15],
    }
    assert {name: [sum(delays(one)) for one in state["Retry"]] for name, state in writing.items()} == {
        "CreateIssue": [155, 1_710, 31],
        "PostEntry": [155, 1_710, 31],
    }
    assert [sum(delays(one)) for one in batch["Retry"]] == [155, 360, 6, 50]


@pytest.mark.parametrize(
    "error",
    [
        "Lambda.CodeArtifactUserPendingException",
        "Lambda.CodeArtifactUserDeletedException",
        "Lambda.ResourceNotReadyException",  # in a network
        "Lambda.ENINotReadyException",
        "Lambda.ResourceConflictException",  # its state is Pending
    ],
)
def test_a_function_that_nobody_called_for_weeks_has_the_time_to_be_set_up_again(
    default: Synthesis, error: str
) -> None:
    for state in lambda_calls(default).values():
        found = retrier(state, error)
        assert found is not None
        assert delays(found) == [5, 10, 20, 40, 80]
        assert found["JitterStrategy"] == "NONE"


@pytest.mark.parametrize("error", SETUP)
def test_wrong_input_or_setup_ends_the_run_without_a_retry(
    default: Synthesis, reading: dict[str, State], writing: dict[str, State], error: str
) -> None:
    for name, state in reading.items():
        assert retrier(state, error) is None
        way = after(default, catcher(state, error)["Next"])
        assert "Failed" in way
        assert name not in way
    for name, state in writing.items():
        assert retrier(state, error) is None
        assert by_name(state, error)
        assert after(default, catcher(state, error)["Next"]) == {f"Record{name}Failure"}


@pytest.mark.parametrize("error", WAITS)
def test_what_asks_to_wait_waits_as_long_as_it_said_and_comes_again(
    default: Synthesis, reading: dict[str, State], writing: dict[str, State], error: str
) -> None:
    for name, state in {**reading, **writing}.items():
        assert retrier(state, error) is None
        assert by_name(state, error)
        choice = default.states[catcher(state, error)["Next"]]
        may_wait, otherwise = choice["Choices"]
        wait = default.states[may_wait["Next"]]
        assert (wait["Type"], wait["Next"]) == ("Wait", name)
        assert "wait_seconds" in wait["Seconds"]
        assert name not in after(default, otherwise["Next"])


@pytest.mark.parametrize(
    "error", [*PASSING, *LAMBDA_SERVICE_FAULTS, LAMBDA_NOT_INVOKED, *LAMBDA_SETS_UP, *LAMBDA_CRASHES]
)
def test_what_passes_is_retried_when_reading_and_then_ends_the_run(
    default: Synthesis, reading: dict[str, State], error: str
) -> None:
    for name, state in reading.items():
        assert retrier(state, error) is not None
        way = after(default, catcher(state, error)["Next"])
        assert "Failed" in way
        assert name not in way


def test_no_step_waits_forever(default: Synthesis, reading: dict[str, State], writing: dict[str, State]) -> None:
    for state in writing.values():
        condition = default.states[catcher(state, "GitLabRateLimited")["Next"]]["Choices"][0]["Condition"]
        assert evaluate(condition, states={"input": failed_write(wait_seconds=1, waits=10)}) is True
        assert evaluate(condition, states={"input": failed_write(wait_seconds=1, waits=11)}) is False
    for state in reading.values():
        catching = catcher(state, "TogglRateLimited")
        condition = default.states[catching["Next"]]["Choices"][0]["Condition"]
        assert evaluate(catching["Assign"]["waits"], waits=10) == 11
        assert evaluate(condition, wait_seconds=1, waits=10) is True
        assert evaluate(condition, wait_seconds=1, waits=11) is False


def test_each_reading_step_counts_its_own_waits(default: Synthesis) -> None:
    assert default.states["ReadState"]["Assign"]["waits"] == 0
    assert default.states["FetchEntries"]["Assign"]["waits"] == 0


def test_passing_errors_of_the_contract_have_the_names_that_these_tests_use() -> None:
    assert [TogglUnavailable.__name__, GitLabUnavailable.__name__] == PASSING
