"""What the lock's item keeps between runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract.state import ATTRIBUTES, SyncState
from stacks.workflow.expressions import expression
from tests.stacks.support import Synthesis, evaluate

NO_STATE = dict.fromkeys(ATTRIBUTES, "")
REFUSED = {"id": 7, "at": "2026-11-18T10:00:00Z", "reason": "no_permission"}
EARNED = {"items": [], "holds": False}
HELD = {"items": [], "holds": True}
STARTED = "2026-11-20T09:00:00.123Z"


def progress(through: str, day_before: str, **more: Any) -> dict[str, Any]:
    nothing = {"has_gap": False, "begins": None, "changes_seen": None, "seen": []}
    return {"through": through, "day_before": day_before} | nothing | more


def released(default: Synthesis, value: str, **variables: Any) -> Any:
    """What ReleaseLock writes for a value of its update expression."""
    state = NO_STATE | variables.pop("synced", {})
    written = default.states["ReleaseLock"]["Arguments"]["ExpressionAttributeValues"][value]["S"]
    return evaluate(written, **({"synced": state, "progress": None, "pending": EARNED} | variables))


@pytest.mark.parametrize(
    ("old", "of_run", "pending", "through"),
    [
        ("2026-11-19", progress("2026-11-20", "2026-11-18"), EARNED, "2026-11-20"),
        ("2026-11-18", progress("2026-11-20", "2026-11-18"), EARNED, "2026-11-20"),
        ("2026-11-17", progress("2026-11-20", "2026-11-18"), EARNED, "2026-11-17"),
        ("2026-11-17", progress("2026-11-20", "2026-11-18", has_gap=True), EARNED, "2026-11-20"),
        ("2026-11-21", progress("2026-11-20", "2026-11-18"), EARNED, "2026-11-21"),
        ("2026-11-19", progress("2026-11-20", "2026-11-18"), HELD, "2026-11-19"),
        ("2026-11-19", None, EARNED, "2026-11-19"),
        ("", None, EARNED, ""),
        # It begins with the first run without dates, whatever became of that one.
        ("", progress("2026-11-20", "2026-11-18", begins="2026-11-18"), EARNED, "2026-11-20"),
        ("", progress("2026-11-20", "2026-11-18", begins="2026-11-18"), HELD, "2026-11-18"),
        ("", progress("2026-11-20", "2026-11-18", begins="2026-11-12"), EARNED, "2026-11-12"),
        ("", progress("2026-11-20", "2026-11-18"), EARNED, ""),
    ],
)
def test_synced_through_moves_forward_only_without_a_gap_and_when_nothing_holds_it(
    default: Synthesis, old: str, of_run: Any, pending: Any, through: str
) -> None:
    assert released(default, ":through", synced={"synced_through": old}, progress=of_run, pending=pending) == through


@pytest.mark.parametrize(
    ("old", "new", "pending", "day_before", "seen"),
    [
        ("2026-11-19T09:00:00Z", "2026-11-20T09:00:00Z", EARNED, "2026-11-18", "2026-11-20T09:00:00Z"),
        ("", "2026-11-20T09:00:00Z", EARNED, "2026-11-18", "2026-11-20T09:00:00Z"),
        ("2026-11-20T09:00:01Z", "2026-11-20T09:00:00Z", EARNED, "2026-11-18", "2026-11-20T09:00:01Z"),
        ("2026-11-19T09:00:00Z", None, EARNED, "2026-11-18", "2026-11-19T09:00:00Z"),
        ("2026-11-19T09:00:00Z", "2026-11-20T09:00:00Z", HELD, "2026-11-18", "2026-11-19T09:00:00Z"),
        ("2026-11-19T09:00:00Z", "2026-11-20T09:00:00Z", EARNED, "2026-11-20", "2026-11-19T09:00:00Z"),
    ],
)
def test_changes_seen_moves_under_the_same_conditions_and_its_versions_with_it(
    default: Synthesis, *, old: str, new: str | None, pending: Any, day_before: str, seen: str
) -> None:
    of_run = progress("2026-11-19", day_before, changes_seen=new, seen=[[9, "2026-11-20T08:58:00Z"]])
    synced = {"synced_through": "2026-11-19", "changes_seen": old, "seen": '[[7, "2026-11-19T08:58:00Z"]]'}
    variables = {"synced": synced, "progress": of_run, "pending": pending}

    versions = json.loads(released(default, ":seen", **variables))

    assert released(default, ":changes_seen", **variables) == seen
    assert versions == ([[9, "2026-11-20T08:58:00Z"]] if seen != old else [[7, "2026-11-19T08:58:00Z"]])


@pytest.mark.parametrize("count", [0, 1, 2, 200, 201, 400])
def test_at_most_200_are_kept_as_pending_and_each_reads_back(default: Synthesis, count: int) -> None:
    items = [REFUSED | {"id": number, "reason": 'größer "木" 😀'} for number in range(count)]

    text = released(default, ":pending", pending={"items": items, "holds": False})

    kept = SyncState.from_texts({"pending": text}).pending
    assert [one.id for one in kept] == list(range(min(count, 200)))
    assert {one.reason for one in kept} == ({'größer "木" 😀'} if count else set())


def test_what_is_pending_stays_so_when_a_run_does_not_get_to_its_totals(default: Synthesis) -> None:
    before = default.states["ReadState"]["Assign"]["pending"]

    text = released(default, ":pending", synced={"pending": "[before]"}, pending=evaluate(before))

    assert text == "[before]"
    assert evaluate(before)["holds"] is True


def test_what_was_told_is_kept_as_it_is_when_the_lock_is_given_back(default: Synthesis) -> None:
    assert released(default, ":told", synced={"told": "[before]"}) == "[before]"
    assert "told = :told" in default.states["ReleaseLock"]["Arguments"]["UpdateExpression"]


def test_giving_the_lock_back_may_be_repeated_but_takes_it_from_no_other(default: Synthesis) -> None:
    arguments = default.states["ReleaseLock"]["Arguments"]

    assert "released_by = :me" in arguments["UpdateExpression"]
    assert arguments["ConditionExpression"] == ("holder = :me OR (attribute_not_exists(holder) AND released_by = :me)")


def test_the_item_is_read_as_the_last_run_has_written_it(default: Synthesis) -> None:
    reads = [state["Arguments"] for state in default.states.values() if "getItem" in state.get("Resource", "")]

    assert [one["ConsistentRead"] for one in reads] == [True, True]


def test_the_whole_item_is_read_with_empty_texts_for_what_it_has_not(default: Synthesis) -> None:
    item = {"id": {"S": "sync"}, "synced_through": {"S": "2026-11-18"}, "posted_by": {"S": "mira"}}
    expected = NO_STATE | {"synced_through": "2026-11-18", "posted_by": "mira"}

    for state, result in (("ReadState", {"Item": item}), ("AcquireLock", {"Attributes": item})):
        assert evaluate(default.states[state]["Assign"]["synced"], states={"result": result}) == expected
    assert evaluate(default.states["ReadState"]["Assign"]["synced"], states={"result": {}}) == NO_STATE


def begins(stack: Synthesis, run_input: Any, started: str = STARTED, **synced: str) -> Any:
    """What BeginSync keeps, or None when it is passed over."""
    choice = stack.states["NeedsBeginning"]["Choices"][0]
    states = {"context": {"Execution": {"Input": run_input, "StartTime": started}}}
    if not evaluate(choice["Condition"], states=states, synced=NO_STATE | synced):
        return None
    begin = stack.states[choice["Next"]]["Arguments"]
    assert begin["UpdateExpression"] == "SET first_run = if_not_exists(first_run, :first)"
    return SyncState.from_texts(
        {"first_run": evaluate(begin["ExpressionAttributeValues"][":first"]["S"], states=states)}
    )


@pytest.mark.parametrize(
    ("run_input", "now", "days_back"),
    [
        ({}, "2026-11-20T09:00:00+00:00", None),
        ({"scheduled_time": "2026-11-20T08:30:00Z"}, "2026-11-20T08:30:00+00:00", None),
        ({"scheduled_time": "2026-11-20T09:01:00Z"}, "2026-11-20T09:01:00+00:00", None),
        ({"scheduled_time": "2026-11-20T10:01:00+01:00"}, "2026-11-20T09:01:00+00:00", None),
        ({"scheduled_time": "2024-02-29T09:00:00Z"}, "2024-02-29T09:00:00+00:00", None),
        ({"days_back": 7}, "2026-11-20T09:00:00+00:00", 7),
        ({"days_back": " 0 ", "dry_run": "False"}, "2026-11-20T09:00:00+00:00", 0),
        ({"minimum_duration": 0, "dry_run": False}, "2026-11-20T09:00:00+00:00", None),
    ],
)
def test_the_first_real_run_without_dates_is_kept(
    default: Synthesis, run_input: Any, now: str, days_back: int | None
) -> None:
    first = begins(default, run_input).first_run

    assert (first.now.isoformat(), first.days_back) == (now, days_back)


@pytest.mark.parametrize(
    "run_input",
    [
        {"start_date": "2026-11-01"},
        {"dry_run": True},
        {"dry_run": "true"},
        {"dry_run": None},
        {"days_back": "many"},
        {"days_back": True},
        {"days_back": 1.5},
        {"scheduled_time": "2026-11-20T09:01:01Z"},
        {"scheduled_time": "2026-11-21T09:00:00+01:00"},
        {"scheduled_time": "2026-02-30T09:00:00Z"},
        {"scheduled_time": "2026-02-29T09:00:00Z"},
        {"scheduled_time": "2026-11-20T24:00:00Z"},
        {"scheduled_time": "soon"},
        {"scheduled_time": None},
        {"scheduled_time": 5},
        [],
        ["a", "b"],
        "text",
        None,
        7,
    ],
)
def test_what_is_no_real_run_without_dates_begins_nothing(default: Synthesis, run_input: Any) -> None:
    assert begins(default, run_input) is None


@pytest.mark.parametrize("synced", [{"synced_through": "2026-11-18"}, {"first_run": "{}"}])
def test_what_has_begun_does_not_begin_again(default: Synthesis, synced: dict[str, str]) -> None:
    assert begins(default, {}, **synced) is None


@pytest.mark.parametrize(
    ("waited", "read", "found", "again"),
    [(0, "a", "a", False), (0, "", "", False), (0, "a", "b", True), (15, "a", "a", True)],
)
def test_a_run_reads_again_what_another_has_worked_on_since(
    default: Synthesis, waited: int, read: str, found: str, *, again: bool
) -> None:
    result = {"Attributes": {"id": {"S": "sync"}} | ({"released_by": {"S": found}} if found else {})}
    assign = default.states["AcquireLock"]["Assign"]["reads_again"]

    value = evaluate(assign, states={"result": result}, turn_waited=waited, synced=NO_STATE | {"released_by": read})

    assert value is again
    assert default.states["TakeOverLock"]["Assign"]["reads_again"] is True
    assert [rule["Next"] for rule in default.states["MustReadAgain"]["Choices"]] == ["FetchEntries", "TransformEntries"]


def test_a_run_that_has_the_lock_takes_it_only_once(default: Synthesis) -> None:
    needs_none = default.states["NeedsLock"]["Choices"][0]

    assert needs_none["Next"] == "TransformEntries"
    for dry_run, locked in ((True, False), (False, True), (False, False)):
        value = evaluate(needs_none["Condition"], states={"input": {"dry_run": dry_run}}, locked=locked)
        assert value is (dry_run or locked)


@pytest.mark.parametrize(
    ("landed", "runs", "following"),
    [
        ("", False, "LetItsWritesLand"),
        ("arn:x 2026-11-20T08:00:00Z", False, "LetItsWritesLand"),
        ("arn:x 2026-11-20T08:59:00Z", False, "TakeOverLock"),
        ("arn:x 2026-11-20T08:59:00Z", True, "MayWaitForTurn"),
    ],
)
def test_a_holder_is_looked_at_again_after_the_wait_for_its_last_writes(
    default: Synthesis, landed: str, following: str, *, runs: bool
) -> None:
    seen = {"holder": "arn:x", "holder_stopped": "2026-11-20T08:59:00Z", "holder_runs": runs, "landed": landed}
    rules = default.states["DoesHolderRun"]["Choices"]

    assert next(rule["Next"] for rule in rules if evaluate(rule["Condition"], **seen)) == following
    assert default.states["LetItsWritesLand"]["Next"] == "ReadHolder"
    assert evaluate(default.states["LetItsWritesLand"]["Assign"]["landed"], **seen) == "arn:x 2026-11-20T08:59:00Z"


@pytest.mark.parametrize("name", ["CreateIssue", "PostEntry", "PostBatch"])
@pytest.mark.parametrize(("told", "redriven", "looks"), [(False, 0, False), (True, 0, True), (False, 1, True)])
def test_a_redriven_run_looks_before_every_write(
    default: Synthesis, name: str, *, told: bool, redriven: int, looks: bool
) -> None:
    look_first = default.states[name]["Arguments"]["Payload"]["look_first"]
    states = {"input": {"look_first": told}, "context": {"Execution": {"RedriveCount": redriven}}}

    assert evaluate(look_first, states=states) is looks


@pytest.mark.parametrize(("changed", "instant"), [(True, STARTED), (False, "2026-11-01T08:00:00Z")])
def test_a_new_user_is_recorded_with_since_when(default: Synthesis, instant: str, *, changed: bool) -> None:
    synced = NO_STATE | {"posted_by": "mira", "posted_by_id": "42", "user_changed_at": "2026-11-01T08:00:00Z"}
    run = {"username": "jonas", "user_id": "43", "user_changed": changed}
    context = {"context": {"Execution": {"StartTime": STARTED}}}
    record = default.states["RecordUser"]

    values = {
        key: evaluate(one["S"], run=run, synced=synced, states=context)
        for key, one in record["Arguments"]["ExpressionAttributeValues"].items()
        if key != ":me"
    }

    assert values == {":user": "jonas", ":id": "43", ":changed": instant}
    assert evaluate(record["Assign"]["synced"], run=run, synced=synced, states=context) == synced | {
        "posted_by": "jonas",
        "posted_by_id": "43",
        "user_changed_at": instant,
    }


@pytest.mark.parametrize(
    ("known", "planned", "dry_run", "records"),
    [
        (("mira", "42"), 1, False, False),
        (("mira", "42"), 0, False, False),
        (("mira", ""), 0, False, True),
        (("mira.v", "42"), 0, False, True),
        (("jonas", "43"), 0, False, True),
        (("jonas", "43"), 1, True, False),
        (("", ""), 0, False, False),
        (("", ""), 1, False, True),
    ],
)
def test_whose_token_posts_is_recorded_before_the_first_post_and_when_it_changes(
    default: Synthesis, known: tuple[str, str], planned: int, *, dry_run: bool, records: bool
) -> None:
    rule = default.states["AnythingToPost"]["Choices"][0]
    synced = NO_STATE | {"posted_by": known[0], "posted_by_id": known[1]}
    run = {"username": "mira", "user_id": "42", "user_changed": False}
    states = {"input": {"dry_run": dry_run, "planned": planned}}

    assert rule["Next"] == "RecordUser"
    assert evaluate(rule["Condition"], states=states, synced=synced, run=run) is records


def test_every_text_of_the_item_is_one_that_the_contract_has(default: Synthesis) -> None:
    written = " ".join(
        state["Arguments"]["UpdateExpression"]
        for state in default.states.values()
        if "UpdateExpression" in state.get("Arguments", {})
    )

    assert {name for name in ATTRIBUTES if name not in written} == set()
    assert json.dumps(list(ATTRIBUTES)) in expression("synced")
