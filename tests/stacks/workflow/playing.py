"""Whole executions on the local interpreter, without any AWS: tasks answer what a script says."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.aws_errors import LOCK_IS_HELD
from contract.errors import (
    AmbiguousWrite,
    EntryRejected,
    GitLabRateLimited,
    GitLabUnavailable,
    SyncError,
    TogglQuotaExceeded,
)
from contract.settings import Settings
from functions.shared.model.entry import Window
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, IfRefused, Write, write_to_json
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted
from local.aws.interpreter import tasks
from local.aws.interpreter.errors import StateError
from local.aws.interpreter.line import Line
from local.aws.interpreter.states import run_states

Json = dict[str, Any]
Answer = Any
"""What a task answers: its result, or the StateError that it ends with."""
NOW = datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC)
NOW_MILLIS = int(NOW.timestamp() * 1000)
CONTEXT = {
    "Execution": {
        "Id": "arn:aws:states:us-east-1:111122223333:execution:toggl-gitlab-sync-prod:monday",
        "Input": {},
        "Name": "monday",
        "RoleArn": "arn:aws:iam::111122223333:role/workflow",
        "StartTime": "2026-11-20T09:00:00.123Z",
        "RedriveCount": 0,
    },
    "StateMachine": {
        "Id": "arn:aws:states:us-east-1:111122223333:stateMachine:toggl-gitlab-sync-prod",
        "Name": "toggl-gitlab-sync-prod",
    },
}


@dataclass(frozen=True)
class Run:
    """An execution. script: what tasks answer, in order; then, and elsewhere, they answer what they should.

    The keys of the script are states' names, for the tasks in a Map with the item's key (`PostEntry 7`).
    """

    end: str
    plan: Json
    script: Mapping[str, Sequence[Answer]] = field(default_factory=dict)
    run_input: Json = field(default_factory=dict)


class Played:
    """A run on the local machine, without any AWS. end: `Synced`, or the name of the error that it failed with."""

    def __init__(self, definition: Json, run: Run) -> None:
        self._run = run
        self._script = {name: iter(answers) for name, answers in run.script.items()}
        self._task = threading.local()
        self._call = tasks.call
        self.events: list[Json] = []
        context = CONTEXT | {"Execution": CONTEXT["Execution"] | {"Input": run.run_input}}
        line = Line({"status": "RUNNING", "events": self.events}, "JSONata", context)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tasks, "call", self._called)
            patch.setattr(tasks.stepfunctions, "_invoke_resource_with_timeout", self._answer)
            patch.setattr(tasks.stepfunctions, "_SFN_WAIT_SCALE", 0)
            try:
                run_states(definition, run.run_input, line)
                self.end = "Synced"
            except StateError as error:
                self.end = error.error

    def _called(self, state: Json, data: Any, line: Line) -> Any:
        self._task.name = line.state
        return self._call(state, data, line)

    def _answer(self, _resource: str, arguments: Json, _timeout_seconds: int) -> Any:
        name = self._task.name
        payload = arguments.get("Payload", {})
        match name:
            case "CreateIssue":
                name = f"CreateIssue {payload['issue']['key']}"
            case "PostEntry":
                name = f"PostEntry {payload['write']['done']['row']['entry_id']}"
            case "PostBatch":
                name = f"PostBatch {payload['batch']}"
        answer = next(self._script.get(name, iter(())), None)
        if isinstance(answer, StateError):
            raise answer
        return self._expected(name, payload) if answer is None else answer

    def _expected(self, name: str, payload: Json) -> Json:
        match name.split():
            case ["FetchEntries"]:
                answer = fetched(self._run.plan)
            case ["TransformEntries"]:
                answer = self._run.plan
            case ["CreateIssue", key]:
                answer = {"key": key, "target": Target(f"gid://gitlab/Issue/{key}", "a/b#9").to_json()}
            case ["PostEntry", _entry_id]:
                answer = payload["write"]["done"]
            case ["PostBatch", _number]:
                answer = COUNTS
            case ["CollectOutcomes"]:
                answer = COLLECTED
            case _:
                return {"Attributes": ITEM} if name.endswith(("Lock", "User", "Sync")) else {}
        return {"StatusCode": 200, "Payload": answer}


HOLDER = CONTEXT["Execution"]["Id"].replace("monday", "sunday")
ITEM = {
    "id": {"S": "sync"},
    "holder": {"S": CONTEXT["Execution"]["Id"]},
    "taken_at": {"S": "2026-11-20T09:00:01.000Z"},
    "synced_through": {"S": "2026-11-18"},
    "posted_by": {"S": "mira"},
    "posted_by_id": {"S": "42"},
    "user_changed_at": {"S": "2026-11-01T08:00:00Z"},
    "changes_seen": {"S": "2026-11-19T09:00:01Z"},
    "seen": {"S": '[[7, "2026-11-19T08:59:00Z"]]'},
    "pending": {"S": '[{"id": 8, "at": "2026-11-17T16:00:00Z", "reason": "no_permission"}]'},
    "first_run": {"S": '{"now": "2026-10-01T09:00:00Z", "days_back": null}'},
    "released_by": {"S": HOLDER},
    "told": {"S": '[[5,"2026-11-18T18:00:00Z"]]'},
}
HELD = {"Item": ITEM | {"holder": {"S": HOLDER}}}
IS_HELD = StateError(LOCK_IS_HELD, "The conditional request failed (Service: DynamoDb, Status Code: 400)")


def raised(error: SyncError) -> StateError:
    """What Lambda makes of an exception; its runtime for Python 3.13 escapes no more than it has to."""
    cause = {"errorMessage": error.message, "errorType": type(error).__name__, "requestId": "5bd7", "stackTrace": []}
    return StateError(type(error).__name__, json.dumps(cause, ensure_ascii=False))


REJECTED = raised(EntryRejected("The issue is locked: größer 木 😀"))
NOT_READY = StateError("Lambda.CodeArtifactUserPendingException", "The function is being set up.")
NO_ROOM = StateError("Lambda.TooManyRequestsException", "Rate Exceeded.")
UNSENT = raised(GitLabUnavailable("GitLab cannot be reached."))
UNKNOWN = raised(AmbiguousWrite("GitLab answered 503, and may have written."))
TOLD = raised(GitLabRateLimited("GitLab asks to slow down.", 60, 3600, NOW.timestamp()))
NO_QUOTA = raised(TogglQuotaExceeded("Toggl's quota is used up.", 1800, 3600, NOW.timestamp()))
FOR_EVER = 99


def row(entry_id: int, outcome: str, **changes: Any) -> Row:
    spent_at = NOW - timedelta(days=1, minutes=entry_id % 7)
    return Row(
        **{"entry_id": entry_id, "outcome": outcome, "issue": "a/b#12", "seconds": 1800, "spent_at": spent_at} | changes
    )


TARGET = Target("gid://gitlab/Issue/77", "a/b#12")


def create(
    entry_id: int,
    target: Target | NewIssue = TARGET,
    known: tuple[Posted, ...] = (),
    pending: IfRefused | None = None,
    **changes: Any,
) -> Create:
    new = row(entry_id, "created", issue=target.name, tracked_seconds=1700, on_gitlab=1800, planned=1800, **changes)
    return Create(new, target, f"[toggl:{entry_id}] Größe 木", known, pending)


def plan(*writes: Write, settled: Sequence[Row] = (), **changes: Any) -> Json:
    """What TransformEntries answers."""
    issues = {one.target.key: one.target for one in writes if isinstance(getattr(one, "target", None), NewIssue)}
    return {
        "settings": Settings().to_json(),
        "window": Window(NOW - timedelta(days=1), NOW, "UTC").to_json(),
        "dry_run": False,
        "progress": {
            "through": "2026-11-19",
            "day_before": "2026-11-18",
            "has_gap": False,
            "begins": None,
            "changes_seen": "2026-11-20T09:00:00Z",
            "seen": [[9, "2026-11-20T08:58:00Z"]],
        },
        "username": "mira",
        "user_id": "42",
        "user_changed": False,
        "pending": [],
        "left_out": None,
        "issues": [] if changes.get("dry_run") else [issue.to_json() for issue in issues.values()],
        "new_issues": len(issues),
        "writes": [write_to_json(write) for write in writes],
        "planned": len(writes),
        "settled": [one.to_json() for one in settled],
        "handed_over": None,
    } | changes


def fetched(planned: Json) -> Json:
    """What FetchEntries answers before that."""
    same = {key: planned[key] for key in ("settings", "window", "dry_run", "progress")}
    return same | {
        "overrides": [],
        "accept_new_user": False,
        "allow_removals": False,
        "deleted_ids": [],
        "entries": [{"id": number, "description": "木", "stop": None} for number in range(len(planned["writes"]))],
        "handed_over": planned["handed_over"] is not None,
        "toggl_quota_left": None,
    }


TALLY = dict.fromkeys(
    (
        *("fetched", "created", "replaced", "deleted", "kept", "skipped", "failed"),
        *("seconds_logged", "duplicates_removed"),
        *("seconds_tracked", "seconds_on_gitlab", "seconds_left_out"),
        *("seconds_failed", "seconds_rounding", "seconds_differing"),
    ),
    0,
)
COUNTS = TALLY | {"fetched": 50, "created": 50}
NO_FAILURES = {"count": 0, "rows": [], "invisible": [], "errors": []}
COLLECTED = {
    "entries": "runs/monday/entries.jsonl",
    "tally": TALLY,
    "warnings": {},
    "failed": NO_FAILURES,
    "pending": [],
    "holding": 0,
}
