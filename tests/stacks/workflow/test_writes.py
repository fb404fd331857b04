"""The three Maps: what their iterations get, and what becomes of their results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract import limits
from contract.errors import (
    GitLabRateLimited,
)
from functions.post.tasks import TASKS
from tests.stacks.support import State, Synthesis, evaluate
from tests.stacks.workflow.support import COUNTS, catcher, done, row


@pytest.mark.parametrize(("batches", "catches"), [(1, 60), (21, 60), (26, 50), (100, 13), (400, 3), (2000, 3)])
def test_a_batch_goes_on_as_often_as_the_history_has_room(
    default: Synthesis, batch: State, batches: int, catches: int
) -> None:
    run = {"handed_over": {"batches": batches}}
    for error in ("AmbiguousWrite", "GitLabRateLimited"):
        ahead = default.states[catcher(batch, error)["Next"]]
        choice = ahead if ahead["Type"] == "Choice" else default.states[ahead["Next"]]
        condition = choice["Choices"][0]["Condition"]

        seen = {"looks": 1, "waits": catches - 1, "wait_seconds": 1}
        assert evaluate(condition, states={"input": seen}, run=run) is True
        assert evaluate(condition, states={"input": seen | {"looks": 2}}, run=run) is False


def test_a_batch_that_is_given_up_stops_no_other(default: Synthesis) -> None:
    record = default.states["RecordPostBatchFailure"]
    seen = {"batch": 3, "error": {"name": "Sandbox.Timedout", "message": "It took too long.", "cause": "..."}}

    recorded = evaluate(record["Output"], states={"input": seen})

    assert (record["Type"], record["End"]) == ("Pass", True)
    error = {"name": "Sandbox.Timedout", "message": "It took too long."}
    assert recorded == {"stopped": {"batch": 3, "reason": "Sandbox.Timedout", "error": error}}


@COUNTS
def test_the_batches_that_were_given_up_are_named(default: Synthesis, count: int) -> None:
    stopped = [{"batch": number, "reason": "X", "error": {"name": "X", "message": ""}} for number in range(count)]
    results = [{}, *({"stopped": one} for one in stopped), {}]

    assert evaluate(default.states["PostBatches"]["Output"], states={"result": results}) == stopped


def test_2000_batches_fit_into_one_state(default: Synthesis) -> None:
    numbers = evaluate(default.states["PostBatches"]["Items"], run={"handed_over": {"batches": limits.BATCHES_AT_MOST}})

    assert numbers == list(range(2000))
    # So however many totals a batch answers, the results of all of them stay small.
    assert default.states["PostBatch"]["Output"] == {}


def test_post_is_told_what_to_do_by_the_name_of_a_task_that_it_has(default: Synthesis) -> None:
    told = {name: state["Arguments"]["Payload"]["task"] for name, state in default.calls("post").items()}

    assert told == {"CreateIssue": "create_issue", "PostEntry": "post_entry", "PostBatch": "post_batch"}
    assert set(told.values()) == set(TASKS)


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
    ("writes", "issues", "allowed"),
    [(1, 0, 10), (150, 0, 10), (151, 0, 9), (400, 0, 3), (9000, 0, 3), (400, 100, 3), (400, 400, 1), (9000, 400, 1)],
)
def test_the_more_is_written_the_less_often_each_write_may_be_told_to_wait(
    default: Synthesis, writes: int, issues: int, allowed: int
) -> None:
    for name in ("CreateIssues", "PostEntries"):
        selected = default.states[name]["ItemSelector"]["waits_allowed"]

        assert evaluate(selected, run={"planned": writes, "new_issues": issues}) == allowed


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
        assert recorded["row"] == row(1, "created") | {"outcome": "failed", "reason": reason, "on_gitlab": 0}
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
        name: evaluate(
            default.states[name]["Choices"][-1]["Assign"]["failure"], failure={"name": "...", "message": told.message}
        )
        for name in ("MayWaitForToggl", "MayWaitForGitLab")
    }

    for failure in (recorded["error"], *reading.values()):
        assert failure["message"] == "Slow down. It asked for that again and again: start the run again later."


WORDS = {"letters": "w", "quotes": '"', "backslashes": "\\", "emoji": "😀", "kanji": "木", "control": "\u0001"}


@pytest.mark.parametrize("letter", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("error", ["EntryRejected", "AmbiguousWrite"])
@pytest.mark.parametrize("is_large", [False, True])
def test_what_400_refused_issues_leave_fits_into_one_state(
    default: Synthesis, letter: str, error: str, *, is_large: bool
) -> None:
    record = default.states["RecordCreateIssueFailure"]["Output"]
    seen = {"issue": {"key": "k" * 16}, "error": {"name": error, "message": letter * 480, "cause": ""}}
    refused = evaluate(record, states={"input": seen})
    results = [refused | {"key": f"{number:016}"} for number in range(400)]
    issue = "group/" + "subgroup/" * 4 + "project#new"
    write = {
        "new_issue": None,
        "done": {"row": row(4_127_734_914, "created", issue=issue)},
        "pending": {"at": "2026-11-20T09:00:00Z", "reason": None},
    }
    writes = [] if is_large else [write | {"new_issue": one["key"]} for one in results]
    assign = default.states["CreateIssues"]["Assign"]
    run = {"handed_over": {"batches": 9} if is_large else None}

    made = {
        name: evaluate(text, states={"input": {"writes": writes}, "result": results}, run=run)
        for name, text in assign.items()
    }

    assert len(made["issues"]) == (400 if is_large else 0)
    assert len(made["unposted"]) == (0 if is_large else 400)
    assert len(json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()) < 262_144
