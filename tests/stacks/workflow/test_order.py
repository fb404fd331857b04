"""The whole definition: where it leads, what takes time, and what becomes of any error."""

from __future__ import annotations

import pytest

from cli.executions.states import MAIN_WAY, states_in
from contract import aws_errors, errors, limits
from tests.stacks.support import Synthesis, evaluate
from tests.stacks.workflow.support import ALL, COUNTS, after, done, row


def test_the_lambdas_are_called_where_they_belong(default: Synthesis) -> None:
    assert {role: set(default.calls(role)) for role in ("fetch", "transform", "post")} == {
        "fetch": {"FetchEntries"},
        "transform": {"TransformEntries", "CollectOutcomes"},
        "post": {"CreateIssue", "PostEntry", "PostBatch"},
    }


@pytest.mark.parametrize("role", ["transform", "post"])
def test_a_lambda_of_several_states_knows_from_its_event_what_to_do(default: Synthesis, role: str) -> None:
    tasks = [state["Arguments"]["Payload"]["task"] for state in default.calls(role).values()]

    assert len(tasks) > 1
    assert len(set(tasks)) == len(tasks)


def test_the_steps_that_a_person_is_told_to_come_are_the_machines_in_its_order(default: Synthesis) -> None:
    states = [state.name for state in states_in(default.definition)]

    assert [name for name in states if name in MAIN_WAY] == list(MAIN_WAY)


def test_every_task_has_a_timeout(default: Synthesis) -> None:
    tasks = {name: state for name, state in default.states.items() if state["Type"] == "Task"}

    assert [name for name, state in tasks.items() if not 0 < state.get("TimeoutSeconds", 0) <= 600] == []
    assert default.definition["TimeoutSeconds"] > 0


def test_a_run_that_waits_as_often_and_as_long_as_it_may_still_ends_by_itself(default: Synthesis) -> None:
    """A run that the machine's own timeout ends has no cause, and keeps the lock."""
    longest_max_wait_seconds = 7200
    steps = [name for name in default.states if name.startswith(("MayWaitFor", "MayWaitTo")) and "Turn" not in name]
    assert len(steps) == 5
    # A run posts its entries one by one or in batches, not both. One that had to wait for its turn reads Toggl again.
    waits = (len(steps) - 1 + 1) * max(limits.WAITS_WHEN_READING, limits.WAITS_WHEN_POSTING)

    assert waits * longest_max_wait_seconds + 4 * 3600 < default.definition["TimeoutSeconds"]


def test_nothing_is_retried_for_just_any_reason(default: Synthesis) -> None:
    retried = {
        error for state in default.states.values() for one in state.get("Retry", []) for error in one["ErrorEquals"]
    }

    assert not retried & {ALL, "States.TaskFailed", "States.Runtime"}


def test_a_catch_of_all_errors_is_the_last_and_alone(default: Synthesis) -> None:
    for state in default.states.values():
        catchers = [one["ErrorEquals"] for one in state.get("Catch", [])]
        assert [one for one in catchers[:-1] if ALL in one] == []
        assert [one for one in catchers if ALL in one and len(one) > 1] == []


def test_whatever_else_a_task_or_a_map_meets_is_caught(default: Synthesis) -> None:
    for name, state in default.states.items():
        if state["Type"] in {"Task", "Map"}:
            assert state["Catch"][-1]["ErrorEquals"] == [ALL], name


def test_every_error_in_the_definition_is_one_of_the_contract(default: Synthesis) -> None:
    raised = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.SyncError)}
    of_aws = {name for one in vars(aws_errors).values() if isinstance(one, str | tuple) for name in listed(one)}
    named = {
        error
        for state in default.states.values()
        for one in [*state.get("Retry", []), *state.get("Catch", [])]
        for error in one["ErrorEquals"]
    }

    assert named - raised - of_aws == set()


def listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "state",
    [*("FetchEntries", "TransformEntries", "CreateIssues", "PostEntries"), *("PostBatches", "CollectOutcomes")],
)
def test_whatever_fails_after_the_lock_was_taken_gives_it_back(default: Synthesis, state: str) -> None:
    for one in default.states[state]["Catch"]:
        assert {"ReleaseLock", "Failed"} <= after(default, one["Next"])


def test_a_run_ends_in_one_of_two_states(default: Synthesis) -> None:
    ends = {name for name, state in default.definition["States"].items() if state["Type"] in {"Succeed", "Fail"}}

    assert ends == {"Synced", "Failed"}
    assert not [name for name, state in default.definition["States"].items() if state.get("End")]


@COUNTS
def test_a_dry_run_gives_the_totals_an_array_of_what_would_be_done(default: Synthesis, count: int) -> None:
    writes = [{"action": "create", "done": one} for one in done(*(row(number, "created") for number in range(count)))]

    output = evaluate(default.states["AnythingToPost"]["Choices"][-1]["Output"], states={"input": {"writes": writes}})

    assert output == [one["done"] for one in writes]


@pytest.mark.parametrize(("which", "expected"), [("default", 10), ("other", 3)])
def test_max_concurrency_bounds_every_map(request: pytest.FixtureRequest, which: str, expected: int) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    maps = [state for state in stack.states.values() if state["Type"] == "Map"]

    assert maps
    assert {state["MaxConcurrency"] for state in maps} == {expected}


@pytest.mark.parametrize(("which", "expected"), [("default", 70), ("other", 45)])
def test_settle_seconds_is_how_long_a_write_of_unknown_outcome_is_left_alone(
    request: pytest.FixtureRequest, which: str, expected: int
) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    waits = {name: state for name, state in stack.states.items() if name.startswith("Settle")}

    assert waits
    assert {(state["Type"], state["Seconds"]) for state in waits.values()} == {("Wait", expected)}


def test_the_state_machine_is_standard_traced_and_logged_without_what_people_wrote(default: Synthesis) -> None:
    machine = default.the("AWS::StepFunctions::StateMachine")

    assert machine["StateMachineType"] == "STANDARD"
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert default.definition["QueryLanguage"] == "JSONata"


def test_no_transition_depends_on_who_evaluates_what_a_choice_says_itself(default: Synthesis) -> None:
    """AWS's pages do not agree on whether a Choice's own Output and Assign count beside those of a rule."""
    choices = {name: state for name, state in default.states.items() if state["Type"] == "Choice"}

    assert choices
    assert {name for name, one in choices.items() if {"Default", "Output", "Assign"} & one.keys()} == set()
    assert {one["Choices"][-1]["Condition"] for one in choices.values()} == {"{% true %}"}
    assert [
        name for name, one in choices.items() if "{% true %}" in {r["Condition"] for r in one["Choices"][:-1]}
    ] == []
