"""The totals of a run, and how one with failures ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import ENTRIES_FAILED
from functions.shared.handover.tally import Tally
from functions.shared.model.outcome import WriteOutcome
from tests.stacks.support import Synthesis, evaluate
from tests.stacks.workflow.support import COUNTS, NOTHING, SETUP, WAITS, done, row, shown

COUNTED = ("created", "replaced", "deleted", "kept", "skipped", "failed")
HANDED_OVER = {
    "batches": 2,
    "entries": None,
    "tally": Tally().to_json() | {"fetched": 10, "kept": 4, "skipped": 6},
    "skipped_by_reason": {"no_issue": 6},
    "warnings": {"differs": 1},
    "failed": {"count": 0, "rows": [], "invisible": [], "errors": []},
}


INLINE: dict[str, Any] = {"handed_over": None, "settled": [], "pending": []}


def collected(count: int, failed_rows: list[Any], errors: list[Any]) -> dict[str, Any]:
    """What CollectOutcomes answers of a run of 100 creates."""
    counts = {
        "fetched": 100,
        "created": 100 - count,
        "failed": count,
        "duplicates_removed": 3,
        "seconds_logged": 90_000,
    }
    return {
        "entries": "runs/x/entries.jsonl",
        "tally": Tally().to_json() | counts,
        "warnings": {"differs": 1, "still_refused": 2},
        "failed": {"count": count, "rows": failed_rows, "invisible": [], "errors": errors},
        "pending": [],
        "holding": count,
    }


def summarise(default: Synthesis, results: Any, *, settled: list[Any] | None = None, **run: Any) -> dict[str, Any]:
    inline = {"settled": settled or [], "planned": len(results), "handed_over": None, "pending": []}
    run = {"window": {"gap": None}, "dry_run": False} | inline | run
    output: dict[str, Any] = evaluate(
        default.states["Summarise"]["Output"], states={"input": results}, run=run, issues_created=0
    )
    return output


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
    counts = {"fetched": 1, outcome: 1, "seconds_logged": seconds_logged, "seconds_tracked": 1700}
    there = {"seconds_on_gitlab": 1800, "seconds_rounding": 100}
    assert output["totals"] == NOTHING | counts | ({"seconds_left_out": 1700} if outcome == "deleted" else there)
    assert output["entries"] == [shown(row(1, outcome))]


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
        "seconds_tracked": 10 * 1700,
        "seconds_on_gitlab": 6 * 1800,
        "seconds_left_out": 4 * 1700,
        "seconds_failed": 0,
        "seconds_rounding": 6 * 100,
        "seconds_differing": 0,
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
        (done(row(1, "failed", reason="x")), False, "failed"),
        (done(row(1, "failed", reason="x"), row(2, "created")), False, "failed"),
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


ENTRIES = st.lists(
    st.tuples(
        st.sampled_from(["created", "replaced", "deleted", "kept", "skipped", "failed"]),
        st.sampled_from(["too_short", "no_issue"]),
        st.integers(0, 100_000),
        st.booleans(),
        st.integers(0, 3),
        st.tuples(st.integers(0, 9000), st.integers(0, 9000), st.none() | st.integers(0, 9000)),
    ),
    max_size=12,
)


@given(ENTRIES, st.integers(0, 12))
@settings(max_examples=30, deadline=None)
def test_the_totals_are_the_same_wherever_they_are_counted_and_account_for_every_entry(
    default: Synthesis, entries: list[tuple[str, str, int, bool, int, tuple[int, int, int | None]]], split: int
) -> None:
    outcomes = [
        {
            "row": row(number, outcome, reason=reason, seconds=seconds, gone=gone)
            | dict(zip(("tracked_seconds", "on_gitlab", "planned"), account, strict=True)),
            "duplicates_removed": doubles if number < split else 0,
        }
        for number, (outcome, reason, seconds, gone, doubles, account) in enumerate(entries)
    ]
    rows = [one["row"] for one in outcomes]
    tallies = [Tally(map(WriteOutcome.from_json, part)).to_json() for part in (outcomes[:split], outcomes[split:])]
    large = collected(0, [], []) | {"tally": tallies[0]}

    inline = summarise(default, outcomes[:split], settled=rows[split:])
    summed = summarise(default, large, handed_over=HANDED_OVER | {"tally": tallies[1]})

    assert inline["totals"] == Tally(map(WriteOutcome.from_json, outcomes)).to_json() | {"issues_created": 0}
    assert summed["totals"] == inline["totals"]
    assert inline["totals"]["fetched"] == len([one for one in rows if not one["gone"]])
    assert sum(inline["totals"][one] for one in COUNTED) == len(rows)
    of = {name.removeprefix("seconds_"): value for name, value in inline["totals"].items()}
    assert of["tracked"] + of["rounding"] == of["on_gitlab"] + of["left_out"] + of["failed"] - of["differing"]
    assert sorted(one["entry_id"] for one in inline["entries"]) == list(range(len(rows)))


def failed(entry_id: int, error: str, message: str = "words") -> dict[str, Any]:
    reason = message if error == "EntryRejected" else error
    return {
        "row": row(entry_id, "failed", reason=reason),
        "duplicates_removed": 0,
        "error": {"name": error, "message": message},
    }


def failure_of(default: Synthesis, results: list[Any]) -> Any:
    failure = default.states["Summarise"]["Assign"]["failure"]
    return evaluate(failure, states={"input": results}, run=INLINE)


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


def test_the_output_of_a_large_run_has_the_same_keys_and_the_sums(default: Synthesis) -> None:
    results = collected(41, [row(1, "failed", reason="x")], [{"name": "EntryRejected", "message": ""}])

    output = summarise(default, results, planned=100, handed_over=HANDED_OVER)

    assert output == {
        "outcome": "failed",
        "window": {"gap": None},
        "dry_run": False,
        "totals": NOTHING
        | {"fetched": 110, "created": 59, "kept": 4, "skipped": 6, "failed": 41}
        | {"duplicates_removed": 3, "seconds_logged": 90_000},
        "skipped_by_reason": {"no_issue": 6},
        "warnings": {"differs": 1, "still_refused": 2},
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
    states = {"input": collected(count, rows, errors)}
    assign = default.states["Summarise"]["Assign"]
    run = {"handed_over": HANDED_OVER, "settled": [], "pending": []}

    failures = evaluate(assign["failures"], states=states, run=run)
    failure = evaluate(assign["failure"], states=states, run=run)

    expected = [{"entry_id": n, "issue": "acme/shop#12", "reason": "GitLabUnauthorized"} for n in range(len(rows))]
    assert (failures["count"], failures["rows"], failures["entries"]) == (count, expected, "runs/x/entries.jsonl")
    assert failure == ({"name": "GitLabUnauthorized", "message": "do this"} if count else None)


def failures_of(default: Synthesis, entries: list[Any] | None) -> Any:
    """What the run's rows come to; None: it did not get to Summarise."""
    if entries is None:
        return evaluate(default.states["ReadState"]["Assign"]["failures"])
    results = [{"row": one, "error": {"name": "EntryRejected", "message": ""}} for one in entries]
    assign = default.states["Summarise"]["Assign"]["failures"]
    return evaluate(assign, states={"input": results}, run=INLINE)


def cause_of(default: Synthesis, entries: list[Any] | None, message: str = "Fix this.") -> str:
    cause: str = evaluate(
        default.states["Failed"]["Cause"],
        states={"input": {} if entries is None else {"totals": NOTHING}},
        failure={"name": "EntriesFailed", "message": message},
        failures=failures_of(default, entries),
    )
    return cause


def test_a_run_that_failed_before_any_entry_has_a_cause_of_the_same_shape(default: Synthesis) -> None:
    assert json.loads(cause_of(default, None)) == {
        "message": "Fix this.",
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
    failure = {"name": "EntriesFailed", "message": "Fix this."}

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
    assert "Fix this." in text
    assert "arn:run" in text
    assert "It has no totals: its history shows how far it got." in early
    assert ("s3://" in early, "\n\n\n" in early, "\n\n\n" in text) == (False, False, False)
    lines = early.split("\n")
    assert [number for number, line in enumerate(lines) if not line] == [1, 3, 5]


@pytest.mark.parametrize(("left_out", "end"), [(900, "EntriesFailed"), (901, "and left out more than it logged")])
def test_the_mails_first_line_says_when_more_was_left_out_than_logged(
    default: Synthesis, left_out: int, end: str
) -> None:
    message = default.states["NotifyFailure"]["Arguments"]["Message"]
    context = {"Execution": {"Id": "arn:run", "Name": "run"}, "StateMachine": {"Name": "machine"}}
    totals = NOTHING | {"seconds_on_gitlab": 900, "seconds_left_out": left_out}

    text = evaluate(
        message,
        states={"input": {"totals": totals}, "context": context},
        failure={"name": "EntriesFailed", "message": "Fix this."},
        failures=failures_of(default, [row(1, "failed", reason="no_permission")]),
    )

    assert text.split("\n")[0].endswith(end)


MAIL = {"subject": "s", "text": "t", "told": '[[5,"2026-11-18T18:00:00Z"]]'}
FINISHES = {
    "locked": True,
    "run": {"left_out": MAIL},
    "progress": {"through": "2026-11-19", "day_before": "2026-11-18", "has_gap": False, "begins": None},
    "pending": {"items": [], "holds": False},
    "synced": {"synced_through": "2026-11-18", "told": ""},
}


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({}, True),
        ({"run": {}}, False),
        ({"run": {"left_out": None}}, False),
        ({"progress": None}, False),
        ({"pending": {"items": [], "holds": True}}, False),
        ({"synced": {"synced_through": "2026-11-17"}}, False),
    ],
)
def test_what_is_left_out_is_told_before_the_lock_is_given_back_when_the_days_are_finished(
    default: Synthesis, changes: Any, *, is_told: bool
) -> None:
    choices = default.states["HoldsLock"]["Choices"]

    first = next(one for one in choices if evaluate(one["Condition"], **FINISHES | changes))

    assert first["Next"] == ("TellLeftOut" if is_told else "ReleaseLock")
    assert default.states["TellLeftOut"]["Next"] == "ReleaseLock"


def test_a_run_without_the_lock_is_asked_for_nothing_that_it_may_not_have(default: Synthesis) -> None:
    choices = default.states["HoldsLock"]["Choices"]

    assert [evaluate(one["Condition"], locked=False) for one in choices] == [False, False, True]


def test_only_a_mail_that_was_sent_counts_as_told_and_none_fails_a_run(default: Synthesis) -> None:
    tell = default.states["TellLeftOut"]
    [catcher] = tell["Catch"]

    told = evaluate(tell["Assign"]["synced"], synced=FINISHES["synced"], run=FINISHES["run"])

    assert told == {"synced_through": "2026-11-18", "told": MAIL["told"]}
    assert (catcher["ErrorEquals"], catcher["Next"]) == (["States.ALL"], "ReleaseLock")
    assert "Assign" not in catcher
    arguments = tell["Arguments"]
    assert arguments["TopicArn"] == default.states["NotifyFailure"]["Arguments"]["TopicArn"]
    assert [evaluate(arguments[key], run=FINISHES["run"]) for key in ("Subject", "Message")] == ["s", "t"]
