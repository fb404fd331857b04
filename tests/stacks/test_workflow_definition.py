"""The state machine's definition: what becomes of each error, and what its expressions make of any data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import errors, limits
from contract.errors import (
    ENTRIES_FAILED,
    LAMBDA_CRASHES,
    LAMBDA_MAY_LIVE_ON,
    LAMBDA_NOT_INVOKED,
    LAMBDA_SERVICE_FAULTS,
    PASSING_ERRORS,
    SECRET_UNREADABLE,
    SETUP_ERRORS,
    STORAGE_FAULTS,
    WAIT_ERRORS,
    AmbiguousWrite,
    CallUnfinished,
    EntryRejected,
    GitLabRateLimited,
    GitLabUnavailable,
    InvalidInput,
    TogglQuotaExceeded,
    TogglUnavailable,
)
from stacks.expressions import CAUGHT_ERROR, CAUGHT_MESSAGE, CAUGHT_WAIT_SECONDS, literal
from tests.stacks.support import State, Synthesis, evaluate

SETUP = errors.names(SETUP_ERRORS)
WAITS = errors.names(WAIT_ERRORS)
PASSING = errors.names(PASSING_ERRORS)
AMBIGUOUS = [AmbiguousWrite.__name__, *LAMBDA_SERVICE_FAULTS, *LAMBDA_CRASHES, "KeyError", "Runtime.Unknown"]
ALL = "States.ALL"


@pytest.fixture(scope="session")
def reading(default: Synthesis) -> dict[str, State]:
    """The states that call a Lambda which only reads Toggl or GitLab."""
    return {name: lambda_calls(default)[name] for name in ("FetchEntries", "TransformEntries")}


@pytest.fixture(scope="session")
def writing(default: Synthesis) -> dict[str, State]:
    """The states that carry out one write."""
    return {name: lambda_calls(default)[name] for name in ("CreateIssue", "PostEntry")}


@pytest.fixture(scope="session")
def batch(default: Synthesis) -> State:
    """The state that carries out many."""
    return lambda_calls(default)["PostBatch"]


def retrier(state: State, error: str) -> dict[str, Any] | None:
    """The first retrier that takes an error, as Step Functions looks for it."""
    return next((one for one in state.get("Retry", []) if {error, ALL} & set(one["ErrorEquals"])), None)


def catcher(state: State, error: str) -> dict[str, Any]:
    return next(one for one in state["Catch"] if {error, ALL} & set(one["ErrorEquals"]))


def by_name(state: State, error: str) -> bool:
    """Whether an error has a catcher of its own, before the one for all others."""
    return error in catcher(state, error)["ErrorEquals"]


def after(default: Synthesis, name: str) -> set[str]:
    """The states that may come after a state is entered, itself included."""
    seen: set[str] = set()
    ahead = [name]
    while ahead:
        current = ahead.pop()
        if current in seen:
            continue
        seen.add(current)
        state = default.states[current]
        ahead += [state[key] for key in ("Next", "Default") if key in state]
        ahead += [choice["Next"] for choice in state.get("Choices", [])]
    return seen


def types(default: Synthesis, names: set[str]) -> set[str]:
    return {default.states[name]["Type"] for name in names}


def lambda_calls(default: Synthesis) -> dict[str, State]:
    return {name: state for role in ("fetch", "transform", "post") for name, state in default.calls(role).items()}


def test_the_lambdas_are_called_where_the_specification_says(default: Synthesis) -> None:
    assert {role: set(default.calls(role)) for role in ("fetch", "transform", "post")} == {
        "fetch": {"FetchEntries"},
        "transform": {"TransformEntries", "CollectOutcomes"},
        "post": {"CreateIssue", "PostEntry", "PostBatch"},
    }


# Times.


def test_every_task_has_a_timeout(default: Synthesis) -> None:
    tasks = {name: state for name, state in default.states.items() if state["Type"] == "Task"}

    assert [name for name, state in tasks.items() if not 0 < state.get("TimeoutSeconds", 0) <= 600] == []
    assert default.definition["TimeoutSeconds"] > 0


@pytest.mark.parametrize("role", ["fetch", "transform", "post"])
def test_a_lambda_reports_its_own_timeout_before_its_task_does(default: Synthesis, role: str) -> None:
    for state in default.calls(role).values():
        assert default.function(role)["Timeout"] < state["TimeoutSeconds"] <= default.function(role)["Timeout"] + 15


def delays(retrier: dict[str, Any]) -> list[float]:
    """What the attempts wait at most, in seconds: jitter only shortens."""
    interval, rate = retrier["IntervalSeconds"], retrier["BackoffRate"]
    return [min(interval * rate**number, retrier["MaxDelaySeconds"]) for number in range(retrier["MaxAttempts"])]


def test_every_retry_grows_has_a_bound_and_full_jitter(default: Synthesis) -> None:
    retriers = [one for state in default.states.values() for one in state.get("Retry", [])]
    # Going on is no repetition of what failed: each call does a part of it.
    going_on = [one for one in retriers if one["ErrorEquals"] == [CallUnfinished.__name__]]

    assert [(one["MaxAttempts"], one["MaxDelaySeconds"]) for one in going_on] == [
        (limits.UNFINISHED_FETCHES, 3),
        (limits.BATCH_WRITES, 2),
    ]
    for one in (one for one in retriers if one not in going_on):
        assert (one["BackoffRate"], one["JitterStrategy"]) == (2, "FULL")
        assert 1 <= one["MaxAttempts"] <= 5
        assert one["MaxDelaySeconds"] <= 60
        assert delays(one) == sorted(delays(one))


def test_retries_of_a_lambda_wait_as_long_as_the_comments_beside_them_say(
    reading: dict[str, State], writing: dict[str, State], batch: State
) -> None:
    assert {name: [sum(delays(one)) for one in state["Retry"]] for name, state in reading.items()} == {
        "FetchEntries": [40, 62, 15],
        "TransformEntries": [62, 15],
    }
    assert {name: [sum(delays(one)) for one in state["Retry"]] for name, state in writing.items()} == {
        "CreateIssue": [31],
        "PostEntry": [31],
    }
    assert [sum(delays(one)) for one in batch["Retry"]] == [50, 6]


def test_a_run_that_waits_as_often_and_as_long_as_it_may_still_ends_by_itself(default: Synthesis) -> None:
    """A run that the machine's own timeout ends has no cause, and keeps the lock."""
    longest_max_wait_seconds = 7200
    steps = [name for name in default.states if name.startswith(("MayWaitFor", "MayWaitTo")) and "Turn" not in name]
    assert len(steps) == 5
    # A run posts its entries one by one or in batches, not both.
    waits = (len(steps) - 1) * max(limits.WAITS_WHEN_READING, limits.WAITS_WHEN_POSTING)

    assert waits * longest_max_wait_seconds + 4 * 3600 < default.definition["TimeoutSeconds"]


# What becomes of each error.


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


def test_the_lambdas_errors_in_the_definition_are_those_of_the_contract(default: Synthesis) -> None:
    known = {*SETUP, *WAITS, *PASSING, AmbiguousWrite.__name__, EntryRejected.__name__, LAMBDA_NOT_INVOKED}
    known |= {SECRET_UNREADABLE, CallUnfinished.__name__, *STORAGE_FAULTS}
    known |= {*LAMBDA_SERVICE_FAULTS, *LAMBDA_CRASHES, ALL}
    named = {
        error
        for state in lambda_calls(default).values()
        for one in [*state["Retry"], *state["Catch"]]
        for error in one["ErrorEquals"]
    }

    assert named - known == set()


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
        [may_wait] = choice["Choices"]
        wait = default.states[may_wait["Next"]]
        assert (wait["Type"], wait["Next"]) == ("Wait", name)
        assert "wait_seconds" in wait["Seconds"]
        assert name not in after(default, choice["Default"])


@pytest.mark.parametrize("error", [*PASSING, *LAMBDA_SERVICE_FAULTS, LAMBDA_NOT_INVOKED, *LAMBDA_CRASHES])
def test_what_passes_is_retried_when_reading_and_then_ends_the_run(
    default: Synthesis, reading: dict[str, State], error: str
) -> None:
    for name, state in reading.items():
        assert retrier(state, error) is not None
        way = after(default, catcher(state, error)["Next"])
        assert "Failed" in way
        assert name not in way


@pytest.mark.parametrize("error", [GitLabUnavailable.__name__, LAMBDA_NOT_INVOKED])
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
        [may_look] = choice["Choices"]
        assert '"look_first": true' in caught["Output"]
        assert (settle["Type"], settle["Seconds"], may_look["Next"]) == ("Wait", 70, name)
        assert choice["Default"] == f"Record{name}Failure"


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
    seen = {"batch": 3, "look_first": False, "catches": 0, "error": None}
    states = {"input": seen, "errorOutput": caught(error, "words")}

    went_on = evaluate(catcher(batch, error)["Output"], states=states)

    assert (settle["Type"], settle["Seconds"]) == ("Wait", 70)
    assert went_on == seen | {
        "look_first": True,
        "catches": 1,
        "error": {"name": error, "message": "words", "cause": "words"},
    }
    assert choice["Choices"][0]["Next"] == "PostBatch"
    assert choice["Default"] == "RecordPostBatchFailure"


@pytest.mark.parametrize(("batches", "catches"), [(1, 60), (21, 60), (26, 50), (100, 13), (400, 3), (2000, 3)])
def test_a_batch_goes_on_as_often_as_the_history_has_room(
    default: Synthesis, batch: State, batches: int, catches: int
) -> None:
    run = {"handed_over": {"batches": batches}}
    for error in ("AmbiguousWrite", "GitLabRateLimited"):
        ahead = default.states[catcher(batch, error)["Next"]]
        choice = ahead if ahead["Type"] == "Choice" else default.states[ahead["Next"]]
        condition = choice["Choices"][0]["Condition"]

        assert evaluate(condition, states={"input": {"catches": catches, "wait_seconds": 1}}, run=run) is True
        assert evaluate(condition, states={"input": {"catches": catches + 1, "wait_seconds": 1}}, run=run) is False


def test_a_batch_that_is_given_up_stops_no_other(default: Synthesis) -> None:
    record = default.states["RecordPostBatchFailure"]
    seen = {"batch": 3, "error": {"name": "Sandbox.Timedout", "message": "It took too long.", "cause": "..."}}

    recorded = evaluate(record["Output"], states={"input": seen})

    assert (record["Type"], record["End"]) == ("Pass", True)
    assert recorded == {"stopped": {"batch": 3, "error": {"name": "Sandbox.Timedout", "message": "It took too long."}}}


@pytest.mark.parametrize("batches", [1, 2, 50])
def test_the_totals_of_batches_are_summed_and_those_given_up_are_named(default: Synthesis, batches: int) -> None:
    counts = {"fetched": 50, "created": 40, "replaced": 4, "deleted": 3, "kept": 2, "failed": 1}
    counts |= {"duplicates_removed": 7, "seconds_logged": 9000}
    stopped = [{"batch": 90 + number, "error": {"name": "X", "message": ""}} for number in range(batches - 1)]
    results = [counts] * batches + [{"stopped": one} for one in stopped]

    output = evaluate(default.states["PostBatches"]["Output"], states={"result": results})

    assert output == {"totals": {name: batches * count for name, count in counts.items()}, "stopped": stopped}


def test_2000_batches_fit_into_one_state(default: Synthesis) -> None:
    counts = dict.fromkeys(("fetched", "created", "replaced", "deleted", "kept", "failed"), 50)
    counts |= {"duplicates_removed": 150, "seconds_logged": 50 * 31_557_600}
    ways = evaluate(default.states["PostBatches"]["Items"], run={"handed_over": {"batches": limits.BATCHES_AT_MOST}})

    assert ways == list(range(2000))
    assert len(json.dumps([counts] * 2000, separators=(",", ":"))) < 262_144


def test_a_failed_write_ends_its_own_iteration_only(default: Synthesis, writing: dict[str, State]) -> None:
    for name in writing:
        assert default.states[f"Record{name}Failure"]["Type"] == "Pass"
        assert default.states[f"Record{name}Failure"]["End"] is True


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


# Counting waits and looks.


def failed_write(**changes: Any) -> dict[str, Any]:
    """A write's input after `changes`, as the iteration of a Map has it."""
    return {
        "write": {"done": {"row": row(1, "created")}},
        "look_first": False,
        "looks": 0,
        "waits": 0,
        "waits_allowed": 10,
    } | changes


def caught(error: str, cause: Any) -> dict[str, Any]:
    return {"Error": error} if cause is None else {"Error": error, "Cause": cause}


def lambda_cause(error: errors.SyncError) -> str:
    """The cause that Lambda makes of an exception."""
    return json.dumps(
        {
            "errorMessage": error.message,
            "errorType": type(error).__name__,
            "requestId": "5bd7f0b4",
            "stackTrace": ['  File "/var/task/functions/post/handler.py", line 38, in handle\n    carry_out(write)\n'],
        }
    )


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


def test_no_step_waits_for_ever(default: Synthesis, reading: dict[str, State], writing: dict[str, State]) -> None:
    for state in writing.values():
        condition = default.states[catcher(state, "GitLabRateLimited")["Next"]]["Choices"][0]["Condition"]
        assert evaluate(condition, states={"input": failed_write(wait_seconds=1, waits=10)}) is True
        assert evaluate(condition, states={"input": failed_write(wait_seconds=1, waits=11)}) is False
    for state in reading.values():
        catching = catcher(state, "TogglRateLimited")
        condition = default.states[catching["Next"]]["Choices"][0]["Condition"]
        [counter] = [name for name in catching["Assign"] if name.endswith("_waits")]
        assert evaluate(catching["Assign"][counter], **{counter: 10}) == 11
        assert evaluate(condition, wait_seconds=1, **{counter: 10}) is True
        assert evaluate(condition, wait_seconds=1, **{counter: 11}) is False


# What is kept of a caught error.

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

    assert evaluate(CAUGHT_MESSAGE, states=states) == message
    assert evaluate(CAUGHT_ERROR, states=states)["name"] == "Lambda.Unknown"


@pytest.mark.parametrize(
    "cause", ["", None, "x" * 5000, '"' * 5000, "\\\n\u0001😀" * 2000, lambda_cause(InvalidInput(TEXT))]
)
def test_at_most_500_characters_of_a_cause_are_kept(cause: Any) -> None:
    kept = evaluate(CAUGHT_ERROR, states={"errorOutput": caught("Lambda.Unknown", cause)})

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
    assert evaluate(CAUGHT_WAIT_SECONDS, states={"errorOutput": caught("x", cause)}) == wait_seconds


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=2000) | st.none())
@settings(max_examples=30, deadline=None)
def test_any_cause_gives_a_message_and_a_wait(cause: str | None) -> None:
    states = {"errorOutput": caught("Lambda.Unknown", cause)}

    assert len(evaluate(CAUGHT_MESSAGE, states=states)) <= 500
    assert evaluate(CAUGHT_WAIT_SECONDS, states=states) >= -1


@pytest.mark.parametrize("value", ["", 'a "b" \\ \n', "木😀", ["a", 1, None, True], {"k": ["v"]}])
def test_a_python_value_is_the_same_in_jsonata(value: Any) -> None:
    assert evaluate(literal(value)) == value


# Arrays stay arrays.


def row(entry_id: int, outcome: str, **changes: Any) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "outcome": outcome,
        "reason": None,
        "warning": None,
        "gone": False,
        "issue": "acme/shop#12",
        "seconds": 1800,
        "spent_at": f"2026-11-20T{entry_id % 24:02}:00:00Z",
    } | changes


def done(*rows: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"row": one, "duplicates_removed": 0} | more for one in rows]


COUNTS = pytest.mark.parametrize("count", [0, 1, 2, 7])


@COUNTS
def test_the_settled_rows_travel_as_an_array(default: Synthesis, count: int) -> None:
    settled = [row(number, "kept") for number in range(count)]
    window = {"start": "a", "end": "b"}
    payload = {"settings": {"x": []}, "window": window, "dry_run": False, "username": "mira", "settled": settled}
    payload |= {"progress": None, "writes": [], "issues": [], "new_issues": 0, "planned": 0, "handed_over": None}

    run = evaluate(default.states["TransformEntries"]["Assign"]["run"], states={"result": {"Payload": payload}})

    assert run["settled"] == settled
    assert (run["window"], run["username"], run["dry_run"]) == (window, "mira", False)
    assert (run["planned"], run["new_issues"], run["handed_over"]) == (0, 0, None)


@COUNTS
def test_a_dry_run_gives_the_totals_an_array_of_what_would_be_done(default: Synthesis, count: int) -> None:
    writes = [{"action": "create", "done": one} for one in done(*(row(number, "created") for number in range(count)))]

    output = evaluate(default.states["AnythingToPost"]["Output"], states={"input": {"writes": writes}})

    assert output == [one["done"] for one in writes]


@COUNTS
@pytest.mark.parametrize(("state", "key"), [("PostEntries", "writes"), ("CreateIssues", "issues")])
def test_a_map_gets_an_array_of_its_items(default: Synthesis, count: int, state: str, key: str) -> None:
    items = [{"number": number, "old": []} for number in range(count)]

    assert evaluate(default.states[state]["Items"], states={"input": {key: items}}) == items


@COUNTS
@pytest.mark.parametrize("unposted", [0, 1, 2])
def test_what_was_posted_and_what_could_not_be_come_together(default: Synthesis, count: int, unposted: int) -> None:
    results = done(*(row(number, "created") for number in range(count)))
    others = done(*(row(100 + number, "failed") for number in range(unposted)))

    output = evaluate(default.states["PostEntries"]["Output"], states={"result": results}, unposted=others)

    assert output == results + others


# New issues, and how far the sync has come.


@pytest.mark.parametrize("copies", [0, 1, 2])
def test_writes_get_their_new_issues_and_those_without_one_fail(default: Synthesis, copies: int) -> None:
    def write(number: int, new_issue: str | None) -> dict[str, Any]:
        [entry] = done(row(number, "created", issue="acme/shop#new"))
        return {"new_issue": new_issue, "target": None, "old": [], "done": entry}

    made = {"gid": "gid://gitlab/Issue/1", "name": "acme/shop#7"}
    plain, filled = [write(n, None) for n in range(copies)], [write(10 + n, "made") for n in range(copies)]
    rejected, unknown = (
        [write(20 + n, "rejected") for n in range(copies)],
        [write(30 + n, "lost") for n in range(copies)],
    )
    error = {"name": "EntryRejected", "message": ""}
    results = [
        {"key": "made", "target": made},
        {"key": "rejected", "target": None, "reason": "no_permission", "error": error},
        {"key": "lost", "target": None, "reason": "AmbiguousWrite", "error": error | {"name": "AmbiguousWrite"}},
    ]
    states = {"result": results, "input": {"writes": [*plain, *filled, *rejected, *unknown]}}
    create = default.states["CreateIssues"]

    writes = evaluate(create["Output"], states=states)["writes"]
    unposted = evaluate(create["Assign"]["unposted"], states=states)

    assert evaluate(create["Assign"]["issues_created"], states=states) == 1
    assert [one["done"]["row"]["entry_id"] for one in writes] == [*range(copies), *range(10, 10 + copies)]
    assert [one["target"] for one in writes] == [None] * copies + [made] * copies
    assert {one["done"]["row"]["issue"] for one in writes[copies:]} == ({"acme/shop#7"} if copies else set())
    assert [one["row"]["reason"] for one in unposted] == ["no_permission"] * copies + ["AmbiguousWrite"] * copies
    assert {one["row"]["outcome"] for one in unposted} == ({"failed"} if copies else set())


@pytest.mark.parametrize(
    ("old", "progress", "failure", "through"),
    [
        ("", ("2026-11-20", "2026-11-18"), None, "2026-11-20"),
        ("2026-11-19", ("2026-11-20", "2026-11-18"), None, "2026-11-20"),
        ("2026-11-18", ("2026-11-20", "2026-11-18"), None, "2026-11-20"),
        ("2026-11-17", ("2026-11-20", "2026-11-18"), None, "2026-11-17"),
        ("2026-11-21", ("2026-11-20", "2026-11-18"), None, "2026-11-21"),
        ("2026-11-19", ("2026-11-20", "2026-11-18"), {"name": "EntriesFailed"}, "2026-11-19"),
        ("2026-11-19", None, None, "2026-11-19"),
        ("", None, None, ""),
    ],
)
def test_synced_through_moves_forward_only_without_a_gap_and_after_success(
    default: Synthesis, old: str, progress: tuple[str, str] | None, failure: Any, through: str
) -> None:
    run = {"progress": progress and {"through": progress[0], "day_before": progress[1]}}
    value = default.states["ReleaseLock"]["Arguments"]["ExpressionAttributeValues"][":through"]["S"]

    assert evaluate(value, synced={"synced_through": old}, run=run, failure=failure) == through
    assert evaluate(value, synced={"synced_through": old}, run={}, failure=failure) == old


# The totals.


def summarise(
    default: Synthesis, results: list[Any], *, settled: list[Any] | None = None, **run: Any
) -> dict[str, Any]:
    inline = {"settled": settled or [], "planned": len(results), "handed_over": None}
    run = {"window": {"gap": None}, "dry_run": False} | inline | run
    output: dict[str, Any] = evaluate(
        default.states["Summarise"]["Output"], states={"input": results}, run=run, issues_created=0
    )
    return output


NOTHING = dict.fromkeys(
    (
        *("fetched", "created", "replaced", "deleted", "kept", "skipped", "failed"),
        *("duplicates_removed", "issues_created", "seconds_logged"),
    ),
    0,
)


def test_an_empty_run_has_every_key(default: Synthesis) -> None:
    assert summarise(default, []) == {
        "outcome": "nothing_to_sync",
        "window": {"gap": None},
        "dry_run": False,
        "totals": NOTHING,
        "skipped_by_reason": {},
        "warnings": {},
        "entries": [],
    }


@pytest.mark.parametrize(
    ("outcome", "seconds_logged"), [("created", 1800), ("replaced", 1800), ("deleted", 0), ("kept", 0)]
)
def test_a_run_of_one_write_counts_it_once(default: Synthesis, outcome: str, seconds_logged: int) -> None:
    output = summarise(default, done(row(1, outcome)))

    assert output["outcome"] == "synced"
    assert output["totals"] == NOTHING | {"fetched": 1, outcome: 1, "seconds_logged": seconds_logged}
    assert output["entries"] == [row(1, outcome)]


def test_a_run_of_many_accounts_for_every_entry(default: Synthesis) -> None:
    settled = [
        row(1, "kept"),
        row(2, "kept", warning="differs"),
        row(3, "skipped", reason="too_short"),
        row(4, "skipped", reason="too_short", warning="duration_mismatch"),
        row(5, "skipped", reason="no_issue"),
        row(6, "kept", warning="not_in_toggl", gone=True),
    ]
    results = [
        *done(row(10, "created"), row(9, "created", warning="duration_mismatch"), row(8, "replaced", seconds=900)),
        *done(row(11, "kept"), duplicates_removed=2),
        *done(row(12, "deleted", gone=True), row(13, "deleted", reason="too_short")),
    ]

    output = summarise(default, results, settled=settled)

    assert output["outcome"] == "synced"
    assert output["totals"] == {
        "fetched": 10,
        "created": 2,
        "replaced": 1,
        "deleted": 2,
        "kept": 4,
        "skipped": 3,
        "failed": 0,
        "duplicates_removed": 2,
        "issues_created": 0,
        "seconds_logged": 4500,
    }
    assert output["skipped_by_reason"] == {"too_short": 2, "no_issue": 1}
    assert output["warnings"] == {"differs": 1, "duration_mismatch": 2, "not_in_toggl": 1}
    assert [one["entry_id"] for one in output["entries"]] == [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13]


@pytest.mark.parametrize(
    ("results", "dry_run", "outcome"),
    [
        ([], False, "nothing_to_sync"),
        ([], True, "nothing_to_sync"),
        (done(row(1, "created")), False, "synced"),
        (done(row(1, "created")), True, "dry_run"),
        (done(row(1, "failed")), False, "failed"),
        (done(row(1, "failed"), row(2, "created")), False, "failed"),
    ],
)
def test_the_outcome_is_one_word(default: Synthesis, results: list[Any], dry_run: bool, outcome: str) -> None:
    assert summarise(default, results, dry_run=dry_run)["outcome"] == outcome


@COUNTS
@pytest.mark.parametrize("settled", [0, 1, 2])
def test_the_entries_of_the_output_are_an_array(default: Synthesis, count: int, settled: int) -> None:
    output = summarise(
        default,
        done(*(row(number, "created") for number in range(count))),
        settled=[row(100 + number, "skipped", reason="no_issue") for number in range(settled)],
    )

    assert len(output["entries"]) == output["totals"]["fetched"] == count + settled
    assert output["skipped_by_reason"] == ({"no_issue": settled} if settled else {})


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["created", "replaced", "deleted", "kept", "skipped", "failed"]),
            st.sampled_from(["too_short", "no_issue"]),
            st.integers(0, 100_000),
            st.booleans(),
        ),
        max_size=12,
    ),
    st.integers(0, 12),
)
@settings(max_examples=30, deadline=None)
def test_what_was_fetched_is_the_sum_of_what_became_of_it(
    default: Synthesis, entries: list[tuple[str, str, int, bool]], split: int
) -> None:
    rows = [
        row(number, outcome, reason=reason, seconds=seconds, gone=gone)
        for number, (outcome, reason, seconds, gone) in enumerate(entries)
    ]

    output = summarise(default, done(*rows[:split]), settled=rows[split:])

    here = [one for one in rows if not one["gone"]]
    assert output["totals"]["fetched"] == len(here)
    assert sum(output["totals"][one] for one in ("created", "replaced", "deleted", "kept", "skipped", "failed")) == len(
        rows
    )
    assert output["totals"]["seconds_logged"] == sum(
        one["seconds"] for one in rows if one["outcome"] in {"created", "replaced"}
    )
    assert sorted(one["entry_id"] for one in output["entries"]) == list(range(len(rows)))


@pytest.mark.parametrize(
    ("writes", "issues", "allowed"),
    [(1, 0, 10), (150, 0, 10), (151, 0, 9), (400, 0, 3), (9000, 0, 3), (400, 100, 3), (400, 400, 1), (9000, 400, 1)],
)
def test_the_more_is_written_the_less_often_each_write_may_be_told_to_wait(
    default: Synthesis, writes: int, issues: int, allowed: int
) -> None:
    for name in ("CreateIssues", "PostEntries"):
        selected = default.states[name]["ItemSelector"]["waits_allowed"]

        assert evaluate(selected, run={"planned": writes, "new_issues": issues}) == allowed


@pytest.mark.parametrize("waits", [3, 4])
def test_a_write_waits_as_often_as_it_is_allowed(default: Synthesis, writing: dict[str, State], waits: int) -> None:
    for state in writing.values():
        choice = default.states[catcher(state, "GitLabRateLimited")["Next"]]
        seen = failed_write(waits=waits, waits_allowed=3, wait_seconds=60)

        assert evaluate(choice["Choices"][0]["Condition"], states={"input": seen}) is (waits == 3)


# How a run with failures ends.


def failed(entry_id: int, error: str, message: str = "words") -> dict[str, Any]:
    reason = message if error == "EntryRejected" else error
    return {
        "row": row(entry_id, "failed", reason=reason),
        "duplicates_removed": 0,
        "error": {"name": error, "message": message},
    }


@pytest.mark.parametrize("name", ["CreateIssue", "PostEntry"])
@pytest.mark.parametrize(
    ("error", "message"), [("EntryRejected", "no_permission"), ("AmbiguousWrite", "perhaps"), ("KeyError", "'x'")]
)
def test_a_failed_write_is_recorded_with_its_error(default: Synthesis, name: str, error: str, message: str) -> None:
    what = {"CreateIssue": "issue", "PostEntry": "write"}[name]
    item = {"key": "0123", "done": {"row": row(1, "created"), "duplicates_removed": 2}}
    seen = {what: item, "error": {"name": error, "message": message, "cause": "..."}}
    reason = "no_permission" if error == "EntryRejected" else error

    recorded = evaluate(default.states[f"Record{name}Failure"]["Output"], states={"input": seen})

    assert recorded["error"] == {"name": error, "message": "" if error == "EntryRejected" else message}
    if name == "PostEntry":
        assert recorded["row"] == row(1, "failed", reason=reason)
        assert recorded["duplicates_removed"] == 0
    else:
        assert (recorded["key"], recorded["target"], recorded["reason"]) == ("0123", None, reason)


@pytest.mark.parametrize("error", ["EntryRejected", "AmbiguousWrite"])
def test_400_failed_writes_with_long_words_fit_into_one_state(default: Synthesis, error: str) -> None:
    issue = "group/" + "subgroup/" * 8 + "project#12345"
    item = {"done": {"row": row(4_127_734_914, "created", issue=issue), "duplicates_removed": 0}}
    seen = {"write": item, "error": {"name": error, "message": "w" * 480, "cause": "c" * 500}}

    recorded = evaluate(default.states["RecordPostEntryFailure"]["Output"], states={"input": seen})

    assert len(json.dumps(recorded, separators=(",", ":"))) < 262_144 // 400


def test_a_write_that_waited_in_vain_does_not_say_that_it_waits(default: Synthesis) -> None:
    told = GitLabRateLimited("Slow down.", 60, 3600, 0)
    item = {"done": {"row": row(1, "created"), "duplicates_removed": 0}}
    seen = {"write": item, "error": {"name": "GitLabRateLimited", "message": told.message, "cause": "..."}}

    recorded = evaluate(default.states["RecordPostEntryFailure"]["Output"], states={"input": seen})
    reading = {
        name: evaluate(default.states[name]["Assign"]["failure"], failure={"name": "...", "message": told.message})
        for name in ("MayWaitForToggl", "MayWaitForGitLab")
    }

    for failure in (recorded["error"], *reading.values()):
        assert failure["message"] == "Slow down. It asked for that again and again: start again later."


def failure_of(default: Synthesis, results: list[Any]) -> Any:
    failure = default.states["Summarise"]["Assign"]["failure"]
    return evaluate(failure, states={"input": results}, run={"handed_over": None})


@COUNTS
def test_a_run_without_failed_entries_has_no_failure(default: Synthesis, count: int) -> None:
    assert failure_of(default, done(*(row(number, "created") for number in range(count)))) is None


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("error", [*SETUP, *WAITS])
def test_entries_that_all_failed_for_one_setup_or_wait_error_fail_the_run_by_its_name(
    default: Synthesis, error: str, count: int
) -> None:
    results = [*done(row(100, "created")), *(failed(number, error, "do this") for number in range(count))]

    assert failure_of(default, results) == {"name": error, "message": "do this"}


@pytest.mark.parametrize(
    "names",
    [
        ["EntryRejected"],
        ["AmbiguousWrite", "AmbiguousWrite"],
        ["GitLabUnavailable"],
        ["Lambda.Unknown"],
        ["GitLabUnauthorized", "EntryRejected"],
        ["GitLabUnauthorized", "GitLabRateLimited"],
    ],
)
def test_entries_that_failed_otherwise_fail_the_run_as_entries_failed(default: Synthesis, names: list[str]) -> None:
    failure = failure_of(default, [failed(number, name) for number, name in enumerate(names)])

    assert failure["name"] == ENTRIES_FAILED
    assert failure["message"].startswith(f"{len(names)} of the entries")
    assert "start the run again" in failure["message"]


# A large run, whose rows are in S3.


TALLY = {"fetched": 10, "created": 0, "replaced": 0, "deleted": 0, "kept": 4, "skipped": 6, "failed": 0}
HANDED_OVER = {
    "batches": 2,
    "entries": None,
    "tally": TALLY | {"seconds_logged": 0, "duplicates_removed": 0},
    "skipped_by_reason": {"no_issue": 6},
    "warnings": {"differs": 1},
}


def posted(count: int, failed_rows: list[Any], errors: list[Any], tallies: list[Any]) -> dict[str, Any]:
    totals = {"fetched": 100, "created": 100 - count, "replaced": 0, "deleted": 0, "kept": 0, "failed": count}
    return {
        "totals": totals | {"duplicates_removed": 3, "seconds_logged": 90_000},
        "collected": {
            "entries": "runs/x/entries.jsonl",
            "tallies": tallies,
            "failed": {"count": count, "rows": failed_rows, "errors": errors},
        },
    }


def test_the_output_of_a_large_run_has_the_same_keys_and_the_sums(default: Synthesis) -> None:
    given_up = {"fetched": 50, "created": 10, "replaced": 0, "deleted": 0, "kept": 0, "skipped": 0, "failed": 40}
    tallies = [given_up | {"seconds_logged": 9000, "duplicates_removed": 0}]
    results = posted(1, [row(1, "failed")], [{"name": "EntryRejected", "message": ""}], tallies)

    output = summarise(default, results, planned=150, handed_over=HANDED_OVER)

    assert output == {
        "outcome": "failed",
        "window": {"gap": None},
        "dry_run": False,
        "totals": NOTHING
        | {"fetched": 160, "created": 109, "kept": 4, "skipped": 6, "failed": 41}
        | {"duplicates_removed": 3, "seconds_logged": 99_000},
        "skipped_by_reason": {"no_issue": 6},
        "warnings": {"differs": 1},
        "entries": "runs/x/entries.jsonl",
    }


@pytest.mark.parametrize(
    ("planned", "dry_run", "outcome"),
    [(0, False, "nothing_to_sync"), (9, True, "dry_run"), (0, True, "nothing_to_sync")],
)
def test_a_large_run_without_batches_is_what_transform_has_counted(
    default: Synthesis, planned: int, dry_run: bool, outcome: str
) -> None:
    there = HANDED_OVER | {"batches": 0, "entries": "runs/x/entries.jsonl"}

    output = summarise(default, [], planned=planned, dry_run=dry_run, handed_over=there)

    assert (output["outcome"], output["entries"]) == (outcome, "runs/x/entries.jsonl")
    assert output["totals"] == NOTHING | {"fetched": 10, "kept": 4, "skipped": 6}


@pytest.mark.parametrize("count", [0, 1, 2, 60])
def test_what_failed_in_a_large_run_is_told_as_in_a_small_one(default: Synthesis, count: int) -> None:
    rows = [row(number, "failed", reason="GitLabUnauthorized") for number in range(min(count, 50))]
    errors = [{"name": "GitLabUnauthorized", "message": "do this"}][: min(count, 1)]
    states = {"input": posted(count, rows, errors, [])}
    assign = default.states["Summarise"]["Assign"]
    run = {"handed_over": HANDED_OVER}

    failures = evaluate(assign["failures"], states=states, run=run)
    failure = evaluate(assign["failure"], states=states, run=run)

    expected = [{"entry_id": n, "issue": "acme/shop#12", "reason": "GitLabUnauthorized"} for n in range(len(rows))]
    assert (failures["count"], failures["rows"], failures["entries"]) == (count, expected, "runs/x/entries.jsonl")
    assert failure == ({"name": "GitLabUnauthorized", "message": "do this"} if count else None)


# The cause of a failed run.


def failures_of(default: Synthesis, entries: list[Any] | None) -> Any:
    """What the run's rows come to; None: it did not get to Summarise."""
    if entries is None:
        return evaluate(default.states["ReadState"]["Assign"]["failures"])
    results = [{"row": one, "error": {"name": "EntryRejected", "message": ""}} for one in entries]
    assign = default.states["Summarise"]["Assign"]["failures"]
    return evaluate(assign, states={"input": results}, run={"handed_over": None})


def cause_of(default: Synthesis, entries: list[Any] | None, message: str = "Mend this.") -> str:
    cause: str = evaluate(
        default.states["Failed"]["Cause"],
        states={"input": {} if entries is None else {"totals": NOTHING}},
        failure={"name": "EntriesFailed", "message": message},
        failures=failures_of(default, entries),
    )
    return cause


def test_a_run_that_failed_before_any_entry_has_a_cause_of_the_same_shape(default: Synthesis) -> None:
    assert json.loads(cause_of(default, None)) == {
        "message": "Mend this.",
        "totals": None,
        "failed": [],
        "more": 0,
        "entries": None,
    }


@pytest.mark.parametrize("count", [0, 1, 2, 50, 51, 400])
def test_the_cause_lists_the_first_50_failed_entries_and_counts_the_others(default: Synthesis, count: int) -> None:
    entries = [row(1000, "created"), *(row(number, "failed", reason="no_permission") for number in range(count))]

    cause = json.loads(cause_of(default, entries))

    assert cause["totals"] == NOTHING
    assert cause["failed"] == [
        {"entry_id": number, "issue": "acme/shop#12", "reason": "no_permission"} for number in range(min(count, 50))
    ]
    assert cause["more"] == max(count - 50, 0)


def test_an_entry_without_an_issue_is_listed_with_null(default: Synthesis) -> None:
    [listed] = json.loads(cause_of(default, [row(1, "failed", issue=None, reason="x")]))["failed"]

    assert listed["issue"] is None


WORST = {
    "letters": "x",
    "quotes": '"',
    "backslashes": "\\",
    "emoji": "😀",
    "control": "\u0001",
    "new lines": "\n",
    "all of them": 'x"\\😀\u0001\n',
}


@pytest.mark.parametrize("text", WORST.values(), ids=WORST)
def test_the_cause_is_json_of_at_most_30_000_characters_whatever_failed(default: Synthesis, text: str) -> None:
    entries = [row(10**15 + n, "failed", reason=(text * 500)[:500], issue=(text * 500)[:500]) for n in range(400)]

    cause = cause_of(default, entries, message=(text * 500)[:500])

    assert len(cause) <= 30_000
    assert len(cause.encode()) <= 32_768 * 4
    read = json.loads(cause)
    assert read["failed"]
    assert len(read["failed"]) + read["more"] == 400
    assert read["failed"][0]["reason"] == (text * 500)[:250]


def test_the_mail_about_a_failed_run_names_entries_and_what_to_do(default: Synthesis) -> None:
    message = default.states["NotifyFailure"]["Arguments"]["Message"]
    context = {"Execution": {"Id": "arn:run", "Name": "run"}, "StateMachine": {"Name": "machine"}}
    entries = [row(number, "failed", reason="no_permission") for number in range(52)]
    failure = {"name": "EntriesFailed", "message": "Mend this."}

    text = evaluate(
        message,
        states={"input": {"totals": NOTHING}, "context": context},
        failure=failure,
        failures=failures_of(default, entries),
    )
    early = evaluate(
        message, states={"input": {}, "context": context}, failure=failure, failures=failures_of(default, None)
    )

    assert "- entry 0 on acme/shop#12: no_permission" in text
    assert "- and 2 more" in text
    assert "Mend this." in text
    assert "arn:run" in text
    assert "It has no totals: its history shows how far it got." in early


# Everything that is evaluated.


def expressions(value: Any) -> Iterator[str]:
    if isinstance(value, str) and value.startswith("{%"):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from expressions(item)


def test_every_placeholder_of_an_expression_is_filled_in(default: Synthesis) -> None:
    found = list(expressions(default.definition))

    assert found
    assert [one for one in found if "@" in one] == []


def test_passing_errors_of_the_contract_have_the_names_that_these_tests_use() -> None:
    assert [TogglUnavailable.__name__, GitLabUnavailable.__name__] == PASSING
