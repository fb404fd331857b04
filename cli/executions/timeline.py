"""An execution as its history tells it, event by event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cli.executions.ended import RUNNING, message_in, object_in
from cli.executions.states import BATCHES_STATE, ENTRIES_STATE, OUTPUT_STATE, PLAN_STATE, State, states_in
from contract.errors import CallUnfinished
from contract.limits import BATCH_WRITES

_UNTIL_IT_ENDED = "until its function has surely ended"
"""What LetPostEntryEnd and its like wait for, after a failure in which a function may live on."""

_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"})


@dataclass
class Activity:
    """What happened in one state so far; in a Map, in all of its iterations together."""

    state: State
    began: datetime
    entered: int = 0
    exited: int = 0
    exited_in_error: int = 0
    last_exit_in_error: bool = False
    ended: datetime | None = None
    calls: int = 0
    failing: int = 0
    trouble: str = ""
    waits_for: str = ""
    items: int = 0
    items_done: int = 0
    writes: int = 0
    writes_done: int = 0
    continued: int = 0

    @property
    def running(self) -> int:
        return self.entered - self.exited

    @property
    def retries(self) -> int:
        return max(0, self.calls - self.entered - self.continued)

    @property
    def progress(self) -> tuple[int, int, str]:
        """Of a Map: how much is done, of how much, and both in words. A batch is done as a whole."""
        if not self.writes:
            return self.items_done, self.items, f"{self.items_done} of {self.items}"
        batches = f"{self.items_done} of {self.items} batches"
        return self.writes_done, self.writes, f"{batches}, {self.writes_done:,} of {self.writes:,} entries"


@dataclass(frozen=True)
class _Place:
    """Where an event belongs: its state, the Map around it, and the latest failure in its line of states."""

    state: str = ""
    map: str | None = None
    failure: str = ""
    failed_just_now: bool = False


class Timeline:
    """An execution as its history tells it: feed it the events in order, each once."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.states = {state.name: state for state in states_in(definition)}
        self.activities: dict[str, Activity] = {}
        self.began: datetime | None = None
        self.ended: datetime | None = None
        self.status = RUNNING
        self.output: dict[str, Any] | None = None
        self.descriptions: dict[int, str] = {}
        self.bucket: str | None = None
        self.planned = 0
        self.is_large = False
        self.batch_writes = BATCH_WRITES
        self._places: dict[int, _Place] = {0: _Place()}

    def observe(self, event: Mapping[str, Any]) -> None:
        """Take in one event, as boto3's `get_execution_history` gives it."""
        kind: str = event["type"]
        before = self._places.get(event.get("previousEventId", 0), _Place())
        details = details_of(event)
        place = before
        if kind.endswith("StateEntered"):
            place = self._enter(kind.removesuffix("StateEntered"), details, before, event["timestamp"])
        elif kind.endswith("StateExited"):
            place = self._exit(details, before, event["timestamp"])
        elif kind.startswith(("Map", "Execution")):
            place = self._progress(kind, details, before, event["timestamp"])
        elif kind in {"TaskScheduled", "LambdaFunctionScheduled"}:
            place = self._call(details, before)
        elif details.get("error") == CallUnfinished.__name__:
            place = self._continue(before)
        elif "error" in details:
            place = self._fail(details, before)
        self._places[event["id"]] = place

    def place_of(self, event: Mapping[str, Any]) -> tuple[str, str | None]:
        """The state and the Map of an event that was observed."""
        place = self._places[event["id"]]
        return place.state, place.map

    def _enter(self, kind: str, details: Mapping[str, Any], before: _Place, at: datetime) -> _Place:
        name = details["name"]
        state = self.states.get(name) or State(name, kind, "", before.map)
        activity = self.activities.setdefault(name, Activity(state, at))
        activity.entered += 1
        activity.waits_for = _waits_for(name, before.failure) if kind == "Wait" else ""
        return _Place(name, state.map, before.failure)

    def _exit(self, details: Mapping[str, Any], before: _Place, at: datetime) -> _Place:
        name = details["name"]
        activity = self.activities[name]
        activity.exited += 1
        activity.ended = at
        activity.last_exit_in_error = before.failed_just_now and before.state == name
        if activity.last_exit_in_error:
            activity.failing -= 1
            activity.exited_in_error += 1
        if name == OUTPUT_STATE:
            self.output = object_in(details.get("output"))
        if name == ENTRIES_STATE:
            self.descriptions = _descriptions_in(details.get("output"))
        if name == PLAN_STATE and (plan := object_in(details.get("output"))):
            self.planned = plan.get("planned", 0)
            if isinstance(handed_over := plan.get("handed_over"), dict):
                self.is_large = True
                self.batch_writes = handed_over.get("batch_writes", BATCH_WRITES)
        # What a task went through is over once it is left in peace; a caught failure is what comes next is about.
        failure = before.failure if before.failed_just_now or activity.state.kind != "Task" else ""
        return _Place(name, activity.state.map, failure)

    def _progress(self, kind: str, details: Mapping[str, Any], before: _Place, at: datetime) -> _Place:
        if kind == "ExecutionStarted":
            self.began = at
        elif kind in _ENDS:
            self.ended, self.status = at, kind.removeprefix("Execution").upper()
        elif kind == "MapStateStarted":
            activity = self.activities[before.state]
            activity.items += details["length"]
            activity.writes = self.planned if before.state == BATCHES_STATE else 0
        elif kind in {"MapIterationSucceeded", "MapIterationFailed", "MapIterationAborted"}:
            activity = self.activities[details["name"]]
            activity.items_done += 1
            # The last batch may be smaller.
            size = self.batch_writes
            activity.writes_done += max(0, min(size, activity.writes - details["index"] * size))
            return _Place(details["name"])
        elif kind == "MapIterationStarted":
            return _Place(before.state, before.state)
        return before

    def _call(self, details: Mapping[str, Any], before: _Place) -> _Place:
        if self.bucket is None:
            self.bucket = _bucket_in(details.get("parameters"))
        activity = self.activities[before.state]
        activity.calls += 1
        if before.failed_just_now:
            activity.failing -= 1
        return _Place(before.state, before.map, before.failure)

    def _continue(self, before: _Place) -> _Place:
        """A step that needs another call to get done is not trouble."""
        self.activities[before.state].continued += 1
        return _Place(before.state, before.map, before.failure)

    def _fail(self, details: Mapping[str, Any], before: _Place) -> _Place:
        failure = ": ".join(filter(None, (details["error"], message_in(details.get("cause")))))
        if activity := self.activities.get(before.state):
            activity.failing += not before.failed_just_now
            activity.trouble = failure
        return _Place(before.state, before.map, failure, failed_just_now=True)


def _waits_for(name: str, failure: str) -> str:
    """Why a Wait state waits, in words; nothing without a failure before it."""
    if not failure:
        return ""
    if name.startswith("Let") and name.endswith("End"):
        return f"{_UNTIL_IT_ENDED}, after {failure}"
    return f"for {failure}"


def _bucket_in(parameters: str | None) -> str | None:
    """The bucket of the hand-over in what a Lambda is called with; other tasks have none."""
    payload = (object_in(parameters) or {}).get("Payload")
    handover = payload.get("handover") if isinstance(payload, dict) else None
    bucket = handover.get("bucket") if isinstance(handover, dict) else None
    return bucket if isinstance(bucket, str) else None


def _descriptions_in(output: str | None) -> dict[int, str]:
    entries = (object_in(output) or {}).get("entries")
    if not isinstance(entries, list):
        return {}
    return {entry["id"]: entry["description"] or "(no description)" for entry in entries}


def details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an event has under its own kind's key."""
    found = [value for key, value in event.items() if key.endswith("EventDetails")]
    details: Mapping[str, Any] = found[0] if found else {}
    return details
