"""What becomes of each error of a write: an issue, an entry or a batch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.aws_errors import (
    LAMBDA_CRASHES,
    LAMBDA_MAY_LIVE_ON,
    LAMBDA_NOT_INVOKED,
    LAMBDA_SERVICE_FAULTS,
    LAMBDA_SETS_UP,
)
from contract.errors import AmbiguousWrite, GitLabRateLimited, GitLabUnavailable
from contract.writes import Then, family_of
from tests.stacks.support import State, Synthesis, evaluate
from tests.stacks.workflow.support import (
    PASSING,
    SETUP,
    WAITS,
    after,
    by_name,
    catcher,
    caught,
    failed_write,
    lambda_cause,
    retrier,
)

AMBIGUOUS = [AmbiguousWrite.__name__, *LAMBDA_SERVICE_FAULTS, *LAMBDA_CRASHES, "KeyError", "Runtime.Unknown"]


@pytest.mark.parametrize("error", [GitLabUnavailable.__name__, LAMBDA_NOT_INVOKED, *LAMBDA_SETS_UP])
def test_a_write_that_was_not_sent_is_retried_as_it_is_and_then_recorded(
    default: Synthesis, writing: dict[str, State], error: str
) -> None:
    for name, state in writing.items():
        assert retrier(state, error) is not None
        assert after(default, catcher(state, error)["Next"]) == {f"Record{name}Failure"}


def settled(default: Synthesis, caught: dict[str, Any], error: str) -> State:
    """The settle time after an error, and before it the time in which a function may live on that nobody hears of."""
    first = default.states[caught["Next"]]
    if error not in LAMBDA_MAY_LIVE_ON:
        return first
    assert (first["Type"], first["Seconds"]) == ("Wait", default.function("post")["Timeout"])
    return default.states[first["Next"]]


@pytest.mark.parametrize("error", AMBIGUOUS)
def test_a_write_of_unknown_outcome_is_never_retried_blindly(
    default: Synthesis, writing: dict[str, State], error: str
) -> None:
    for name, state in writing.items():
        assert retrier(state, error) is None
        caught = catcher(state, error)
        settle = settled(default, caught, error)
        choice = default.states[settle["Next"]]
        may_look, otherwise = choice["Choices"]
        assert '"look_first": true' in caught["Output"]
        assert (settle["Type"], settle["Seconds"], may_look["Next"]) == ("Wait", 70, name)
        assert otherwise["Next"] == f"Record{name}Failure"


def test_a_rejected_write_is_recorded_and_nothing_else(default: Synthesis, writing: dict[str, State]) -> None:
    for name, state in writing.items():
        assert retrier(state, "EntryRejected") is None
        assert by_name(state, "EntryRejected")
        assert after(default, catcher(state, "EntryRejected")["Next"]) == {f"Record{name}Failure"}


@pytest.mark.parametrize("error", [*SETUP, *PASSING, "EntryRejected", *AMBIGUOUS])
def test_a_batch_that_stopped_half_way_is_settled_and_goes_on_with_a_look(
    default: Synthesis, batch: State, error: str
) -> None:
    settle = settled(default, catcher(batch, error), error)
    choice = default.states[settle["Next"]]
    seen = {"batch": 3, "look_first": False, "looks": 0, "waits": 0, "error": None}
    states = {"input": seen, "errorOutput": caught(error, "words")}

    went_on = evaluate(catcher(batch, error)["Output"], states=states)

    assert (settle["Type"], settle["Seconds"]) == ("Wait", 70)
    assert went_on == seen | {
        "look_first": True,
        "looks": 1,
        "error": {"name": error, "message": "words", "cause": "words"},
    }
    assert [rule["Next"] for rule in choice["Choices"]] == ["PostBatch", "RecordPostBatchFailure"]


def test_a_failed_write_ends_its_own_iteration_only(default: Synthesis, writing: dict[str, State]) -> None:
    for name in writing:
        assert default.states[f"Record{name}Failure"]["Type"] == "Pass"
        assert default.states[f"Record{name}Failure"]["End"] is True


def test_a_write_of_unknown_outcome_is_looked_for_three_times_at_most(
    default: Synthesis, writing: dict[str, State]
) -> None:
    for state in writing.values():
        catching = catcher(state, AmbiguousWrite.__name__)
        settle = default.states[catching["Next"]]
        condition = default.states[settle["Next"]]["Choices"][0]["Condition"]
        seen = failed_write()
        looks = 0
        while True:
            states = {"input": seen, "errorOutput": caught("AmbiguousWrite", lambda_cause(AmbiguousWrite("perhaps")))}
            seen = evaluate(catching["Output"], states=states)
            if not evaluate(condition, states={"input": seen}):
                break
            looks += 1
        assert looks == 3
        assert (seen["look_first"], seen["error"]["name"]) == (True, "AmbiguousWrite")
        assert seen["write"] == failed_write()["write"]


@pytest.mark.parametrize(("wait_seconds", "waits"), [(0, True), (1, True), (3600, True), (3601, False)])
def test_a_wait_that_is_longer_than_allowed_is_not_waited_for(
    default: Synthesis, writing: dict[str, State], wait_seconds: int, waits: bool
) -> None:
    cause = lambda_cause(GitLabRateLimited("Slow down.", wait_seconds, 3600, asked_at=0))
    for state in writing.values():
        catching = catcher(state, "GitLabRateLimited")
        choice = default.states[catching["Next"]]
        states = {"input": failed_write(), "errorOutput": caught("GitLabRateLimited", cause)}

        after_catch = evaluate(catching["Output"], states=states)

        assert evaluate(choice["Choices"][0]["Condition"], states={"input": after_catch}) is waits
        assert (after_catch["waits"], after_catch["look_first"]) == (1, True)
        if waits:
            assert after_catch["wait_seconds"] == wait_seconds


@pytest.mark.parametrize("waits", [3, 4])
def test_a_write_waits_as_often_as_it_is_allowed(default: Synthesis, writing: dict[str, State], waits: int) -> None:
    for state in writing.values():
        choice = default.states[catcher(state, "GitLabRateLimited")["Next"]]
        seen = failed_write(waits=waits, waits_allowed=3, wait_seconds=60)

        assert evaluate(choice["Choices"][0]["Condition"], states={"input": seen}) is (waits == 3)


def test_the_three_writes_differ_in_no_more_than_they_are_meant_to(
    default: Synthesis, writing: dict[str, State], batch: State
) -> None:
    # A batch records by itself which of its writes failed, so no error of the call gives it up at once.
    alike = {**writing, "PostBatch": batch}

    def ways(name: str) -> list[tuple[list[str], str]]:
        return [(one["ErrorEquals"], one["Next"].replace(name, "X")) for one in alike[name]["Catch"]]

    by_record, *others = ways("PostEntry")
    assert ways("CreateIssue") == [by_record, *others]
    assert ways("PostBatch") == others
    assert [following for _, following in ways("PostEntry")] == ["RecordXFailure", "MayWaitToX", "LetXEnd", "SettleX"]
    for state in ("SettleX", "LetXEnd", "WaitToX"):
        found = [json.dumps(default.states[state.replace("X", name)]).replace(name, "X") for name in alike]
        assert len(set(found)) == 1


@pytest.mark.parametrize(
    "error", [*SETUP, *WAITS, *PASSING, "EntryRejected", LAMBDA_NOT_INVOKED, *LAMBDA_SETS_UP, *AMBIGUOUS]
)
def test_the_definition_does_with_an_error_what_its_family_says(writing: dict[str, State], error: str) -> None:
    starts = {
        Then.RECORD: "Record",
        Then.WAIT: "MayWaitTo",
        Then.SETTLE: "Settle",
        Then.LET_END_AND_SETTLE: "Let",
    }
    family = family_of(error)

    for state in writing.values():
        retried = retrier(state, error)
        assert catcher(state, error)["Next"].startswith(starts[family.then])
        assert (retried["MaxAttempts"] if retried else 0) == family.retries
