"""Every expression of the state machine, evaluated by the reference engine (npm's jsonata) too.

Step Functions promises JSONata 2.0.6, and so the npm package has that version; everything here runs on a port of it to
Python, which takes what the reference refuses (a `$lookup` of null, for one). The examples are what the states really
get: whole executions on `local.aws.interpreter` with scripted answers; each expression is noted with its bindings.
What is undefined, or an error, would fail an execution with States.QueryEvaluationError.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jsonata.timebox import Timebox

from contract.aws_errors import LAMBDA_NOT_INVOKED
from contract.errors import EntryRejected, GitLabRateLimited, GitLabUnauthorized, InvalidInput, TogglUnavailable
from functions.shared.model.entry import Window
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Delete, IfRefused, Replace, Write
from functions.shared.model.timelog import Posted
from local.aws.interpreter import evaluation
from local.aws.interpreter.errors import StateError
from tests.chaos.core import play_seed
from tests.stacks.support import Synthesis
from tests.stacks.workflow.playing import (
    COLLECTED,
    FOR_EVER,
    HELD,
    IS_HELD,
    ITEM,
    NO_FAILURES,
    NO_QUOTA,
    NOW,
    NOW_MILLIS,
    REJECTED,
    TALLY,
    TARGET,
    TOLD,
    UNKNOWN,
    UNSENT,
    Json,
    Played,
    Run,
    create,
    plan,
    raised,
    row,
)
from tests.workflow.in_process import synthesised
from tools.definition import expressions


@dataclass
class Notes:
    """What was evaluated: (where, expression, bindings as JSON) -> the value as JSON, or what went wrong."""

    taken: dict[tuple[str, str, str], Json] = field(default_factory=dict)

    def take(self, where: str, expression: str, bindings: str, answer: Json) -> None:
        self.taken[where, expression, bindings] = answer

    def by_reference(self) -> list[Json]:
        """What the reference engine gives for each, in the same order."""
        lines = [
            f'{{"expression": {json.dumps(expression)}, "bindings": {bindings}}}'
            for _where, expression, bindings in self.taken
        ]
        result = subprocess.run(
            ["node", str(Path(__file__).with_name("jsonata_reference.mjs")), str(NOW_MILLIS)],
            input="\n".join(lines),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return [json.loads(line) for line in result.stdout.split("\n") if line]

    def differences(self) -> list[str]:
        """Where the engines differ, or an expression has no value, in words."""
        answers = self.by_reference()
        assert len(answers) == len(self.taken)
        return [
            f"{where}\n here: {json.dumps(here)[:400]}\n there: {json.dumps(reference)[:400]}\n for: {bindings[:900]}"
            for ((where, _expression, bindings), here), reference in zip(self.taken.items(), answers, strict=True)
            if "value" not in reference or _comparable(here) != _comparable(reference)
        ]


def _comparable(answer: Json) -> str:
    """Equal for equal JSON, where 1 is not true, and for texts of equal JSON: the port's `$string` escapes more."""
    value = answer.get("value")
    if isinstance(value, str) and value.startswith(("{", "[")):
        with suppress(ValueError):
            value = {"text of": json.loads(value)}
    return json.dumps(answer | {"value": value}, sort_keys=True)


def labelled(value: Any, where: str = "") -> Any:
    """A definition in which each expression begins with a comment that says where it stands."""
    match value:
        case str() if value.startswith("{%"):
            return f"{{% /*{where}*/ {value[2:-2].strip()} %}}"
        case dict():
            return {key: labelled(one, f"{where}/{key}" if where else key) for key, one in value.items()}
        case list():
            return [labelled(one, f"{where}/{number}") for number, one in enumerate(value)]
    return value


def noted(notes: Notes) -> Callable[[str, Mapping[str, Any]], Any]:
    """`evaluation.evaluate`, which takes notes."""
    evaluate = evaluation.evaluate

    def evaluated(labelled_expression: str, bindings: Mapping[str, Any]) -> Any:
        where, _, expression = labelled_expression.removeprefix("/*").partition("*/ ")
        as_json = json.dumps(bindings)
        try:
            value = evaluate(expression, bindings)
        except evaluation.EvaluationError as error:
            notes.take(where, expression, as_json, {"error": str(error)})
            raise
        notes.take(where, expression, as_json, {"value": value})
        return value

    return evaluated


FREE = {"Item": {key: value for key, value in ITEM.items() if key not in {"holder", "taken_at"}}}
ALMOST_NOTHING = {"Item": {"id": ITEM["id"]}}
NEW_ITEM = {"Attributes": ITEM | {"synced_through": {"S": ""}, "posted_by": {"S": ""}}}
THROTTLED = StateError("DynamoDB.ThrottlingException", "Rate exceeded")
NO_TOPIC = StateError("SNS.NotFoundException", "Topic does not exist")
DENIED = StateError("DynamoDB.AccessDeniedException", "")
TIMED_OUT = StateError("Sandbox.Timedout", "RequestId: 5bd7 Error: Task timed out after 60.00 seconds")
CRASHED = StateError("Runtime.ExitError", '{"errorType": "Runtime.ExitError", "errorMessage": "RequestId: 5bd7 Error"}')
TOLD_TOO_LONG = raised(GitLabRateLimited("GitLab asks to slow down.", 4000, 3600, NOW.timestamp()))
REFUSED = raised(GitLabUnauthorized("GitLab refuses the token."))
OLD = (Posted("gid://gitlab/Timelog/1", NOW), Posted("gid://gitlab/Timelog/2", NOW))
TOLD_BEFORE = create(1, pending=IfRefused(NOW, "The issue is locked: größer 木 😀"))
PENDING = {"id": 8, "at": "2026-11-17T16:00:00Z", "reason": "no_permission"}
LEFT_OUT = {"subject": "1 entry left out", "text": 'größer "木" 😀\n', "told": '[[5,"2026-11-18T18:00:00Z"]]'}
INVISIBLE = row(97, "failed", reason="project_not_visible", tracked_seconds=1700)
NOWHERE = row(99, "failed", reason="project_not_visible", issue=None)
FAILED_IN_PLAN = {
    "count": 1,
    "rows": [INVISIBLE.to_output()],
    "invisible": ["a/b"],
    "errors": [{"name": "EntriesFailed", "message": ""}],
}
NEW = {key: NewIssue(key, "a/b", f'Größe "{key}" 木 😀') for key in ("k1", "k2", "k3")}
SETTLED = (
    row(90, "kept"),
    row(91, "kept", warning="differs"),
    row(92, "kept", reason="too_short", warning="posted_but_filtered"),
    row(93, "kept", warning="not_in_toggl", gone=True),
    row(94, "skipped", reason="too_short", issue=None, warning="duration_mismatch"),
    row(95, "skipped", reason="no_issue", issue=None),
    row(96, "skipped", reason="no_issue", issue=None),
)


def replace(entry_id: int, target: Target | NewIssue = TARGET) -> Replace:
    return Replace(row(entry_id, "replaced", issue=target.name, warning="duration_mismatch"), target, "text", OLD)


def large_plan(batches: int, *writes: Write, failed: Json | None = None, **changes: Any) -> Json:
    """What TransformEntries answers when the plan is in S3. writes: those of which the new issues are."""
    entries = None if batches else "runs/monday/entries.jsonl"
    handed_over = {
        "folder": "5bd7",
        "batches": batches,
        "entries": entries,
        "tally": TALLY | {"kept": 3, "skipped": 1, "fetched": 4},
        "skipped_by_reason": {"no_issue": 1},
        "warnings": {},
        "failed": failed or NO_FAILURES,
    }
    return plan(*writes) | {"writes": [], "planned": 50 * batches, "handed_over": handed_over} | changes


def collected(count: int, *names: str, reason: str = "words", pending: Sequence[Json] = ()) -> Json:
    """What CollectOutcomes answers when so many entries failed, with errors of these names."""
    rows = [row(number, "failed", issue="a/b#1", reason=reason).to_output() for number in range(min(count, 50))]
    errors = [{"name": name, "message": "do this"} for name in names]
    invisible = ["a/b"] if reason == "project_not_visible" else []
    failed = {"count": count, "rows": rows, "invisible": invisible, "errors": errors}
    tally = TALLY | {"failed": count, "fetched": count}
    payload = COLLECTED | {"tally": tally, "failed": failed, "pending": list(pending), "holding": count}
    return {"StatusCode": 200, "Payload": payload}


EVERY_KIND = (
    create(1),
    create(2, known=OLD),
    create(3, NEW["k1"]),
    replace(4),
    replace(5, NEW["k1"]),
    Delete(row(6, "deleted", reason="too_short"), OLD),
    Delete(row(7, "kept"), OLD),
    Delete(row(8, "deleted", gone=True, issue=None), OLD[:1]),
)
ONE_OF_EACH_ISSUE = tuple(create(number, NEW[key]) for number, key in enumerate(NEW, start=1))
RUNS = {
    "nothing at all, for the first time": Run("Synced", plan(), {"AcquireLock": [NEW_ITEM]}),
    "nothing to write": Run("Synced", plan(settled=SETTLED, progress=None), {"ReadState": [FREE]}),
    "nothing to write, little in the state": Run("Synced", plan(), {"ReadState": [ALMOST_NOTHING]}),
    "nothing to write, settled one": Run("Synced", plan(settled=SETTLED[:1]), {"ReadState": [FREE]}),
    "one write by a first user": Run("Synced", plan(create(1)), {"AcquireLock": [NEW_ITEM]}),
    "one write by another user": Run("Synced", plan(create(1), username="noor"), {"ReadState": [FREE]}),
    "one deletion": Run("Synced", plan(Delete(row(6, "deleted", reason="weekend"), OLD[:1]))),
    "every kind of write": Run("Synced", plan(*EVERY_KIND, settled=SETTLED)),
    "several new issues": Run("Synced", plan(*ONE_OF_EACH_ISSUE, create(4, NEW["k1"]), create(5))),
    "by hand": Run(
        "Synced",
        plan(
            create(1), window=Window(NOW, NOW, "Europe/Berlin", ("2026-10-01", "2026-10-02")).to_json(), progress=None
        ),
        run_input={"start_date": "2026-11-01", "skip_terms": ["a", "b"], "toggl_workspace_id": 1, "dry_run": None},
    ),
    "a dry run of nothing": Run("Synced", plan(dry_run=True, progress=None)),
    "a dry run of one": Run("Synced", plan(create(1), dry_run=True, progress=None), run_input={"dry_run": True}),
    "a dry run": Run("Synced", plan(*EVERY_KIND, settled=SETTLED, dry_run=True, progress=None)),
    # Issues.
    "no issue is made": Run(
        "EntriesFailed",
        plan(*ONE_OF_EACH_ISSUE),
        {"CreateIssue k1": [REJECTED], "CreateIssue k2": [UNKNOWN] * FOR_EVER, "CreateIssue k3": [TOLD_TOO_LONG]},
    ),
    "some issues are made": Run(
        "EntriesFailed",
        plan(
            *ONE_OF_EACH_ISSUE,
            *(create(10 + number, NEW["k1"]) for number in range(2)),
            replace(4, NEW["k3"]),
            create(5),
        ),
        {"CreateIssue k1": [UNSENT] * FOR_EVER, "CreateIssue k3": [TOLD, UNKNOWN]},
    ),
    "the only issue is not made": Run("GitLabUnauthorized", plan(create(1, NEW["k1"])), {"CreateIssue k1": [REFUSED]}),
    # Posts.
    "the only post is rejected": Run("EntriesFailed", plan(create(1)), {"PostEntry 1": [REJECTED]}),
    "posts fail for every reason": Run(
        "EntriesFailed",
        plan(*EVERY_KIND, settled=SETTLED),
        {
            "PostEntry 1": [REJECTED],
            "PostEntry 2": [UNSENT] * FOR_EVER,
            "PostEntry 3": [UNKNOWN] * FOR_EVER,
            "PostEntry 4": [TOLD] * FOR_EVER,
            "PostEntry 5": [TOLD_TOO_LONG],
            "PostEntry 6": [TIMED_OUT, CRASHED],
            "PostEntry 8": [StateError(LAMBDA_NOT_INVOKED, "Rate Exceeded."), REFUSED],
        },
    ),
    "60 posts are rejected": Run(
        "EntriesFailed",
        plan(*(create(number) for number in range(60))),
        {f"PostEntry {number}": [raised(EntryRejected('wörds 😀 "\\' * 40))] for number in range(60)},
    ),
    # Large ones.
    "nothing is left to do of a large plan": Run("Synced", large_plan(0)),
    "a large dry run": Run("Synced", large_plan(0, dry_run=True, planned=500, progress=None)),
    "one batch": Run("Synced", large_plan(1), {"AcquireLock": [NEW_ITEM]}),
    "several batches": Run("Synced", large_plan(3)),
    "a new issue and batches": Run("Synced", large_plan(2, create(1, NEW["k1"]))),
    "new issues of which some fail, and batches": Run(
        "EntriesFailed",
        large_plan(2, *ONE_OF_EACH_ISSUE),
        {"CreateIssue k1": [REJECTED], "CreateIssue k2": [REFUSED], "CollectOutcomes": [collected(1, "EntryRejected")]},
    ),
    "batches that stop half-way": Run(
        "Synced", large_plan(3), {"PostBatch 0": [UNKNOWN, TOLD], "PostBatch 1": [TIMED_OUT], "PostBatch 2": [TOLD]}
    ),
    "batches that are given up": Run(
        "EntriesFailed",
        large_plan(3),
        {
            "PostBatch 0": [CRASHED] * FOR_EVER,
            "PostBatch 1": [TOLD] * FOR_EVER,
            "CollectOutcomes": [collected(100, "Runtime.ExitError", "GitLabRateLimited")],
        },
    ),
    "the only batch is given up": Run(
        "GitLabRateLimited",
        large_plan(1),
        {"PostBatch 0": [TOLD_TOO_LONG], "CollectOutcomes": [collected(50, "GitLabRateLimited")]},
    ),
    "60 entries of a large run fail": Run(
        "GitLabUnauthorized", large_plan(2), {"CollectOutcomes": [collected(60, "GitLabUnauthorized")]}
    ),
    "the outcomes cannot be collected": Run(
        "Runtime.ExitError", large_plan(2), {"CollectOutcomes": [CRASHED] * FOR_EVER}
    ),
    # Reading.
    "Toggl asks to wait": Run("Synced", plan(), {"FetchEntries": [NO_QUOTA]}),
    "Toggl asks for ever": Run("TogglQuotaExceeded", plan(), {"FetchEntries": [NO_QUOTA] * FOR_EVER}),
    "Toggl is away": Run(
        "TogglUnavailable", plan(), {"FetchEntries": [raised(TogglUnavailable("Toggl is away."))] * FOR_EVER}
    ),
    "the input is wrong": Run(
        "InvalidInput", plan(), {"FetchEntries": [raised(InvalidInput("dry_run: maybe"))]}, {"dry_run": "maybe"}
    ),
    "GitLab asks to wait": Run("Synced", plan(), {"TransformEntries": [TOLD]}),
    "GitLab asks for ever": Run("GitLabRateLimited", plan(), {"TransformEntries": [TOLD] * FOR_EVER}),
    "GitLab asks for too much": Run("GitLabRateLimited", plan(), {"TransformEntries": [TOLD_TOO_LONG]}),
    "GitLab refuses": Run("GitLabUnauthorized", plan(), {"TransformEntries": [REFUSED], "ReadState": [FREE]}),
    # The lock.
    "the state cannot be read": Run("DynamoDB.AccessDeniedException", plan(), {"ReadState": [DENIED]}),
    "nor is it known whether it was": Run(
        "DynamoDB.ThrottlingException",
        plan(),
        {"AcquireLock": [THROTTLED] * FOR_EVER, "GiveLockBack": [IS_HELD]},
    ),
    "the lock cannot be taken": Run("DynamoDB.ThrottlingException", plan(), {"AcquireLock": [THROTTLED] * FOR_EVER}),
    "the holder cannot be read": Run(
        "DynamoDB.AccessDeniedException", plan(), {"AcquireLock": [IS_HELD], "ReadHolder": [DENIED]}
    ),
    "the holder cannot be described": Run(
        "Sfn.AccessDeniedException",
        plan(),
        {
            "AcquireLock": [IS_HELD],
            "ReadHolder": [HELD],
            "DescribeHolder": [StateError("Sfn.AccessDeniedException", "is not authorized")],
        },
    ),
    "the lock is given back in the meantime": Run(
        "Synced", plan(), {"AcquireLock": [IS_HELD, IS_HELD], "ReadHolder": [FREE, {}]}
    ),
    "its turn comes": Run(
        "Synced",
        plan(),
        {
            "AcquireLock": [IS_HELD, IS_HELD],
            "ReadHolder": [HELD, HELD],
            "DescribeHolder": [
                {"Status": "RUNNING"},
                {"Status": "PENDING_REDRIVE", "StopDate": "2026-11-20T08:00:00Z"},
            ],
        },
    ),
    "its turn does not come": Run(
        "SyncAlreadyRunning",
        plan(),
        {
            "AcquireLock": [IS_HELD] * FOR_EVER,
            "ReadHolder": [HELD] * FOR_EVER,
            "DescribeHolder": [{"Status": "RUNNING"}] * FOR_EVER,
        },
    ),
    "the holder is not known any more, and another was faster": Run(
        "DynamoDB.AccessDeniedException",
        plan(),
        {
            "AcquireLock": [IS_HELD],
            "ReadHolder": [HELD] * 3,
            "DescribeHolder": [StateError("Sfn.ExecutionDoesNotExistException", "Execution Does Not Exist")] * 3,
            "TakeOverLock": [IS_HELD, DENIED],
        },
    ),
    **{
        f"the holder was stopped at {stopped}": Run(
            "Synced",
            plan(),
            {
                "AcquireLock": [IS_HELD],
                "ReadHolder": [HELD] * 2,
                "DescribeHolder": [{"Status": "ABORTED", "StopDate": stopped}] * 2,
            },
        )
        for stopped in (
            "2026-11-20T08:59:59.999Z",
            "2026-11-20T08:59:30Z",
            "2026-11-20T09:59:30.5+01:00",
            "2026-11-13T09:00:00.1Z",
            "2026-11-20T09:00:31.000Z",
        )
    },
    "the holder is redriven while its writes land": Run(
        "Synced",
        plan(),
        {
            "AcquireLock": [IS_HELD],
            "ReadHolder": [HELD] * 2,
            "DescribeHolder": [{"Status": "FAILED", "StopDate": "2026-11-20T08:59:30Z"}, {"Status": "RUNNING"}],
        },
    ),
    "the holder was too young to be known": Run(
        "Synced",
        plan(),
        {
            "AcquireLock": [IS_HELD],
            "ReadHolder": [HELD] * 2,
            "DescribeHolder": [
                StateError("Sfn.ExecutionDoesNotExistException", "Execution Does Not Exist"),
                {"Status": "RUNNING"},
            ],
        },
    ),
    # The beginning.
    **{
        f"the first run, of {run_input}": Run("Synced", plan(create(1)), {"ReadState": [{}]}, run_input=run_input)
        for run_input in (
            {},
            {"scheduled_time": "2026-11-20T09:00:00Z"},
            {"scheduled_time": "2026-11-20T10:00:00.5+01:00", "days_back": " 7 "},
            {"days_back": 3, "dry_run": "False"},
            {"scheduled_time": "2026-02-30T09:00:00Z"},
            {"scheduled_time": None},
            {"dry_run": True},
            {"days_back": "many"},
            {"start_date": "2026-11-19"},
            ["no", "input"],
        )
    },
    **{
        f"the input of a first run is refused, {what}": Run(
            "InvalidInput",
            plan(),
            {"ReadState": [item], "FetchEntries": [raised(InvalidInput("days_bak"))], **forgetting},
        )
        for what, item, forgetting in (
            ("and forgotten", {}, {}),
            ("and cannot be forgotten", {}, {"ForgetFirstRun": [DENIED]}),
            ("after another has begun", FREE, {}),
        )
    },
    "the first run cannot be kept": Run(
        "DynamoDB.AccessDeniedException", plan(), {"ReadState": [{}], "BeginSync": [DENIED]}
    ),
    # What is told once.
    "a refusal that was told": Run("Synced", plan(TOLD_BEFORE), {"PostEntry 1": [REJECTED]}),
    "a refusal that was told, and new ones": Run(
        "EntriesFailed",
        plan(TOLD_BEFORE, *(create(number, pending=IfRefused(NOW)) for number in (2, 3)), pending=[PENDING]),
        {f"PostEntry {number}": [REJECTED] for number in (1, 2)} | {"PostEntry 3": [REFUSED]},
    ),
    "one that was refused fails otherwise": Run("GitLabUnauthorized", plan(TOLD_BEFORE), {"PostEntry 1": [REFUSED]}),
    "a refused issue": Run(
        "EntriesFailed",
        plan(create(1, NEW["k1"], pending=IfRefused(NOW))),
        {"CreateIssue k1": [REJECTED]},
    ),
    "more are refused than are kept": Run(
        "EntriesFailed", plan(TOLD_BEFORE, pending=[PENDING] * 200), {"PostEntry 1": [REJECTED]}
    ),
    "a project is not visible": Run("EntriesFailed", plan(settled=(*SETTLED, INVISIBLE, NOWHERE))),
    "two projects are not visible, in a dry run": Run(
        "EntriesFailed",
        plan(settled=(INVISIBLE, row(98, "failed", issue="c/d!7", reason="project_not_visible")), dry_run=True),
    ),
    "many are not visible, and more are refused than are kept": Run(
        "EntriesFailed",
        plan(
            TOLD_BEFORE,
            settled=[
                row(number, "failed", issue=f"a/b{number % 7}#1", reason="project_not_visible") for number in range(60)
            ],
            pending=[PENDING] * 200,
        ),
        {"PostEntry 1": [REJECTED]},
    ),
    "a project is not visible in a large run": Run(
        "EntriesFailed",
        large_plan(2, failed=FAILED_IN_PLAN),
        {"CollectOutcomes": [collected(1, "EntriesFailed", reason="project_not_visible")]},
    ),
    "a project is not visible in a large run without writes": Run(
        "EntriesFailed", large_plan(0, failed=FAILED_IN_PLAN)
    ),
    "refusals of a large run": Run(
        "Synced",
        large_plan(2, pending=[PENDING]),
        {"CollectOutcomes": [collected(0, pending=[PENDING] * 3)]},
    ),
    # The mail about what is left out.
    "a mail about what is left out": Run("Synced", plan(create(1), settled=SETTLED, left_out=LEFT_OUT)),
    "a mail about what a large run left out": Run("Synced", large_plan(2, left_out=LEFT_OUT)),
    "a mail that cannot be sent": Run("Synced", plan(left_out=LEFT_OUT), {"TellLeftOut": [NO_TOPIC]}),
    "no mail, since the days are not done": Run(
        "EntriesFailed", plan(create(1), left_out=LEFT_OUT), {"PostEntry 1": [UNKNOWN] * FOR_EVER}
    ),
    # The end.
    "the user cannot be recorded": Run(
        "DynamoDB.AccessDeniedException", plan(create(1), username="noor"), {"RecordUser": [DENIED]}
    ),
    "the lock cannot be given back": Run("DynamoDB.AccessDeniedException", plan(), {"ReleaseLock": [DENIED]}),
    "nor can it after a failure, nor a mail be sent": Run(
        "EntriesFailed",
        plan(create(1)),
        {
            "PostEntry 1": [REJECTED],
            "ReleaseLock": [DENIED],
            "NotifyFailure": [NO_TOPIC],
        },
    ),
}
CAUSES = {
    "JSON": json.dumps({"errorMessage": "Toggl asks to slow down.", "errorType": "x", "stackTrace": ["a\n"]}),
    "JSON without spaces": '{"errorMessage":"Größe \\u6728 😀","errorType":"x"}',
    "JSON that was cut": '{"errorMessage": "cut in the mid',
    "a wait": json.dumps({"errorMessage": "Slow down. Waiting 61 s."}),
    "a wait that was cut": '{"errorMessage": "Slow down. Waiting 6',
    "long": "x" * 5000,
    "long and outside of the BMP": "😀" * 5000,
    "quotes": '"' * 600,
    "text": "RequestId: 5bd7 Error: Task timed out after 60.00 seconds",
    "empty": "",
    "missing": None,
}


@pytest.fixture(scope="module")
def played(default: Synthesis) -> tuple[Notes, dict[str, str]]:
    """What all runs evaluated, and how each ended."""
    notes = Notes()
    definition = labelled(default.definition)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Timebox, "current_milli_time", lambda: NOW_MILLIS)
        patch.setattr(evaluation, "evaluate", noted(notes))
        ends = {name: Played(definition, run).end for name, run in RUNS.items()}
        seen: set[str] = set()
        for where, catcher in catchers(definition):
            catch(where, catcher, notes, [CAUSES["JSON"]] if _unlabelled(catcher) in seen else [*CAUSES.values()])
            seen.add(_unlabelled(catcher))
    return notes, ends


def catchers(definition: Json, where: str = "States") -> Iterator[tuple[str, Json]]:
    """Every catcher, with the place of its state."""
    for name, state in definition["States"].items():
        for one in state.get("Catch", []):
            yield f"{where}/{name}", one
        if state["Type"] == "Map":
            yield from catchers(state["ItemProcessor"], f"{where}/{name}/ItemProcessor/States")


def _unlabelled(catcher: Json) -> str:
    """What a catcher makes of an error, which is the same in many states."""
    return re.sub(r"/\*States/.*?\*/", "", json.dumps({key: catcher.get(key) for key in ("Output", "Assign")}))


def catch(where: str, catcher: Json, notes: Notes, causes: Sequence[str | None]) -> None:
    """Evaluate a catcher for some causes, with what its state had when a run came by."""
    bindings = next(json.loads(seen) for place, _, seen in notes.taken if place.startswith(f"{where}/"))
    states = bindings.pop("states")
    for cause in causes:
        output = {"Error": "Lambda.Unknown"} if cause is None else {"Error": "Lambda.Unknown", "Cause": cause}
        seen = {"input": states["input"], "context": states["context"], "errorOutput": output}
        for _, expression in expressions({key: catcher.get(key) for key in ("Output", "Assign")}):
            evaluation.evaluate(expression[2:-2].strip(), bindings | {"states": seen})


def test_the_runs_end_as_they_are_meant_to(played: tuple[Notes, dict[str, str]]) -> None:
    _notes, ends = played

    assert ends == {name: run.end for name, run in RUNS.items()}


def test_every_expression_of_the_definition_has_an_example(
    default: Synthesis, played: tuple[Notes, dict[str, str]]
) -> None:
    notes, _ends = played

    assert {where for where, _expression in expressions(default.definition)} == {where for where, *_ in notes.taken}


def test_every_expression_has_a_value_and_both_engines_give_the_same(played: tuple[Notes, dict[str, str]]) -> None:
    notes, _ends = played

    assert "\n".join(notes.differences()[:5]) == ""


def test_both_engines_give_the_same_for_what_real_runs_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Notes()
    monkeypatch.setattr(Timebox, "current_milli_time", lambda: NOW_MILLIS)
    monkeypatch.setattr(evaluation, "evaluate", noted(notes))

    for seed in range(1, 4):
        play_seed(seed, json.dumps(labelled(json.loads(synthesised()))))

    assert len(notes.taken) > 200
    assert "\n".join(notes.differences()[:5]) == ""


@pytest.mark.parametrize("expression", ['$exists($lookup({"a": 1}, null))', "$count(null)", "$states.input.nothing"])
def test_what_only_the_port_takes_and_what_has_no_value_is_found(expression: str) -> None:
    notes = Notes()
    with suppress(evaluation.EvaluationError):
        noted(notes)(f"/*here*/ {expression}", {"states": {"input": {}}})

    assert len(notes.differences()) == 1
