"""Runs whose history is written down event by event, and what a person sees of them."""

from __future__ import annotations

import io
import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console, RenderableType

from cli.executions.accounts import KEYS
from cli.executions.following import follow
from cli.executions.progress import states_table
from cli.executions.summary import show
from cli.executions.timeline import Timeline

ARN = "arn:aws:states:us-east-1:111122223333:execution:toggl-gitlab-sync-prod:run"
BEGAN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold red]#12[/] \u202eevil\x00 \ud800"

DEFINITION = {
    "StartAt": "FetchEntries",
    "States": {
        "Failed": {"Type": "Fail"},
        "Summarise": {"Type": "Pass", "Next": "AnythingFailed"},
        "AnythingFailed": {"Type": "Choice", "Choices": [{"Next": "Failed"}], "Default": "Synced"},
        "Synced": {"Type": "Succeed"},
        "PostEntries": {
            "Type": "Map",
            "Next": "Summarise",
            "ItemProcessor": {
                "StartAt": "PostEntry",
                "States": {
                    "SettlePostEntry": {"Type": "Wait", "Next": "PostEntry"},
                    "PostEntry": {
                        "Type": "Task",
                        "Catch": [{"Next": "LetPostEntryEnd"}, {"Next": "SettlePostEntry"}],
                        "End": True,
                    },
                    "LetPostEntryEnd": {"Type": "Wait", "Next": "SettlePostEntry"},
                },
            },
        },
        "WaitForToggl": {"Type": "Wait", "Next": "FetchEntries"},
        "FetchEntries": {
            "Type": "Task",
            "Comment": "reads the Toggl entries",
            "Catch": [{"Next": "WaitForToggl"}],
            "Next": "TransformEntries",
        },
        "TransformEntries": {"Type": "Task", "Next": "IsHandedOver"},
        "IsHandedOver": {"Type": "Choice", "Choices": [{"Next": "PostBatches"}], "Default": "PostEntries"},
        "PostBatches": {
            "Type": "Map",
            "Next": "CollectOutcomes",
            "ItemProcessor": {
                "StartAt": "PostBatch",
                "States": {
                    "PostBatch": {
                        "Type": "Task",
                        "Catch": [{"Next": "LetPostBatchEnd"}, {"Next": "SettlePostBatch"}],
                        "End": True,
                    },
                    "LetPostBatchEnd": {"Type": "Wait", "Next": "SettlePostBatch"},
                    "SettlePostBatch": {"Type": "Wait", "Next": "PostBatch"},
                },
            },
        },
        "CollectOutcomes": {"Type": "Task", "Next": "Summarise"},
    },
}

BUCKET = "handover-of-prod"
KEY = "runs/run/entries.jsonl"
WHERE = f"aws s3 cp --region us-east-1 s3://{BUCKET}/{KEY} entries.jsonl"


class Recorded:
    """A Step Functions client over a history that is written down event by event; pages are as small as asked for."""

    def __init__(self, definition: dict[str, Any] | None = None) -> None:
        self.definition = deepcopy(definition or DEFINITION)
        self.events: list[dict[str, Any]] = []
        self.execution: dict[str, Any] = {"status": "RUNNING"}
        self.pages_read = 0
        self.add("ExecutionStarted", previous=0)

    def add(self, kind: str, details: dict[str, Any] | None = None, *, previous: int | None = None) -> int:
        """Append an event a second after the one before; it follows that one unless printed otherwise."""
        number = len(self.events) + 1
        event = {
            "id": number,
            "previousEventId": number - 1 if previous is None else previous,
            "type": kind,
            "timestamp": BEGAN + timedelta(seconds=number - 1),
        }
        if details is not None:
            event[f"{kind[0].lower()}{kind[1:]}EventDetails"] = details
        self.events.append(event)
        return number

    def enter(self, kind: str, name: str, *, previous: int | None = None) -> int:
        return self.add(f"{kind}StateEntered", {"name": name}, previous=previous)

    def leave(self, kind: str, name: str, output: Any = None, *, previous: int | None = None) -> int:
        return self.add(f"{kind}StateExited", {"name": name, "output": json.dumps(output)}, previous=previous)

    def succeed(self, output: dict[str, Any]) -> None:
        self.add("ExecutionSucceeded", {"output": json.dumps(output)})
        self.execution = {"status": "SUCCEEDED", "output": json.dumps(output)}

    def fail(self, error: str, cause: str) -> None:
        self.add("ExecutionFailed", {"error": error, "cause": cause})
        self.execution = {"status": "FAILED", "error": error, "cause": cause}

    def timeline(self) -> Timeline:
        timeline = Timeline(self.definition)
        for event in self.events:
            timeline.observe(event)
        return timeline

    def describe_state_machine_for_execution(self, **_asked: str) -> dict[str, Any]:
        return {"definition": json.dumps(self.definition)}

    def describe_execution(self, **_asked: str) -> dict[str, Any]:
        return self.execution

    def get_execution_history(self, *, maxResults: int, nextToken: str = "0", **_asked: Any) -> dict[str, Any]:  # noqa: N803
        self.pages_read += 1
        start = int(nextToken)
        page = self.events[::-1][start : start + maxResults]
        more = {"nextToken": str(start + maxResults)} if start + maxResults < len(self.events) else {}
        return {"events": page, **more}


def output(*rows: dict[str, Any], outcome: str = "synced") -> dict[str, Any]:
    return {
        "outcome": outcome,
        "window": {
            "start": "2026-11-23T00:00:00+01:00",
            "end": "2026-11-24T00:00:00+01:00",
            "timezone": "Europe/Berlin",
            "gap": None,
            "changes_since": None,
        },
        "dry_run": False,
        "totals": totals(fetched=len(rows), created=len(rows), seconds_logged=5_400),
        "skipped_by_reason": {"too_short": 3},
        "warnings": {"duration_mismatch": 1},
        "entries": list(rows),
    }


def totals(**values: int) -> dict[str, int]:
    """A run's totals: these, and nothing else happened."""
    counts = ("fetched", "created", "replaced", "deleted", "kept", "skipped", "failed")
    keys = (*counts, "duplicates_removed", "issues_created", "seconds_logged", *KEYS)
    return dict.fromkeys(keys, 0) | values


def row(entry_id: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "entry_id": entry_id,
        "outcome": "created",
        "reason": None,
        "warning": None,
        "gone": False,
        "issue": "studio/website#12",
        "seconds": 5_400,
        "tracked_seconds": 5_340,
        "spent_at": "2026-11-23T08:00:00Z",
        **changes,
    }


def happy(result: dict[str, Any], description: str = "#12 Navigation") -> Recorded:
    states = Recorded()
    states.enter("Task", "FetchEntries")
    states.add("TaskScheduled", {})
    states.leave("Task", "FetchEntries", {"entries": [{"id": 1, "description": description}]})
    states.enter("Map", "PostEntries")
    started = states.add("MapStateStarted", {"length": 4})
    for index in range(4):
        states.add("MapIterationStarted", {"name": "PostEntries", "index": index}, previous=started)
        states.enter("Task", "PostEntry")
        states.add("TaskScheduled", {})
        states.leave("Task", "PostEntry", {})
        states.add("MapIterationSucceeded", {"name": "PostEntries", "index": index})
    states.leave("Map", "PostEntries")
    states.enter("Pass", "Summarise")
    states.leave("Pass", "Summarise", result)
    states.succeed(result)
    return states


def large(planned: int = 430, batches: int = 9) -> Recorded:
    """A run that has handed its entries over and entered PostBatches."""
    states = Recorded()
    states.enter("Task", "FetchEntries")
    handover = {"bucket": BUCKET, "prefix": "runs/run/"}
    parameters = {"FunctionName": "toggl-gitlab-sync-prod-fetch", "Payload": {"handover": handover}}
    states.add("TaskScheduled", {"parameters": json.dumps(parameters)})
    states.leave("Task", "FetchEntries", {"entries": [], "handed_over": True})
    states.enter("Task", "TransformEntries")
    states.add("TaskScheduled", {"parameters": "{}"})
    plan = {"planned": planned, "handed_over": {"batches": batches, "batch_writes": 50, "entries": None}}
    states.leave("Task", "TransformEntries", plan)
    if batches:
        states.enter("Map", "PostBatches")
        states.add("MapStateStarted", {"length": batches})
    return states


def begin_batch(states: Recorded, number: int) -> None:
    started = next(event["id"] for event in states.events if event["type"] == "MapStateStarted")
    states.add("MapIterationStarted", {"name": "PostBatches", "index": number}, previous=started)
    states.enter("Task", "PostBatch")
    states.add("TaskScheduled", {})


def post_batch(states: Recorded, number: int) -> None:
    begin_batch(states, number)
    states.leave("Task", "PostBatch", {"created": 50})
    states.add("MapIterationSucceeded", {"name": "PostBatches", "index": number})


def summarised(states: Recorded, **changes: Any) -> Recorded:
    """A large run that ended well: what is in its output, and that its rows are not."""
    result = output() | {"entries": KEY} | changes
    states.enter("Pass", "Summarise")
    states.leave("Pass", "Summarise", result)
    states.succeed(result)
    return states


def failed_in(states: Recorded, failed: list[dict[str, Any]], more: int) -> Recorded:
    """A large run that ended red, with entries that failed."""
    result = output(outcome="failed") | {"entries": KEY}
    cause = {"message": f"{len(failed) + more} failed.", "failed": failed, "more": more, "entries": KEY}
    states.enter("Pass", "Summarise")
    states.leave("Pass", "Summarise", result)
    states.fail("EntriesFailed", json.dumps(cause))
    return states


def waiting() -> Recorded:
    states = Recorded()
    states.enter("Task", "FetchEntries")
    states.add("TaskScheduled", {})
    states.add("TaskFailed", {"error": "TogglUnavailable", "cause": "connection refused"})
    states.add("TaskScheduled", {})
    cause = json.dumps(
        {"errorMessage": "The hourly quota is used up. Waiting 40 s.", "errorType": "TogglQuotaExceeded"}
    )
    states.add("TaskFailed", {"error": "TogglQuotaExceeded", "cause": cause})
    states.leave("Task", "FetchEntries")
    states.enter("Wait", "WaitForToggl")
    return states


def text_of(states: Recorded, *, terminal: bool = False, width: int = 150) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=terminal, markup=False, emoji=False, highlight=False)
    show(follow(states, ARN, console, poll_seconds=0), console)
    return file.getvalue()


def table_text(states: Recorded, seconds: float = 60, *, verbose: bool = True) -> str:
    console = Console(file=io.StringIO(), width=150, markup=False)
    with console.capture() as capture:
        console.print(states_table(states.timeline(), BEGAN + timedelta(seconds=seconds), verbose=verbose))
    return capture.get()


def text_lines(shown: RenderableType, console: Console) -> list[str]:
    return ["".join(one.text for one in line) for line in console.render_lines(shown)]


def line_with(text: str, *parts: str) -> str:
    return next(line for line in text.splitlines() if all(part in line for part in parts))
