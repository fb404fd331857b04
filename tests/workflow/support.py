"""What the workflow tests work with: a person's view of a sync, and what a run shows."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from contract import names
from functions.shared.marker import marked_entry_id
from local.aws.executions import Run
from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Entry, Toggl
from tests.workflow.in_process import Machine

PROJECT = "studio/website"
PROJECT_ID = 1207
GITLAB_TOKEN = "glpat-Workflow-Tests-0001"
TOGGL_TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"
USER = "mira"

Definition = dict[str, Any]


def secret_text(token: str) -> str:
    return json.dumps({names.TOKEN_KEY: token})


def furnish(gitlab: GitLab) -> None:
    """The user, their token and their project."""
    gitlab.add_user(USER)
    gitlab.add_token(GITLAB_TOKEN, USER)
    gitlab.add_project(PROJECT, id=PROJECT_ID, roles={USER: "developer"})


@dataclass
class Person:
    """What somebody tracks, what GitLab shows of it, and runs, by whatever it is that runs."""

    toggl: Toggl
    gitlab: GitLab
    day: date
    runs: list[Run] = field(default_factory=list, kw_only=True)

    def issue(self, title: str = "Navigation menu", **how: Any) -> Issuable:
        return self.gitlab.add_issue(PROJECT, title, **how)

    def track(self, description: str, seconds: int = 1800, hour: int = 9, minute: int = 0, **how: Any) -> Entry:
        start = datetime(self.day.year, self.day.month, self.day.day, hour, minute, tzinfo=UTC)
        return self.toggl.add_entry(description, start, seconds, **how)

    def run(self, **run_input: Any) -> Run:
        """Run for the tracked day, or with just the given input when it has dates of its own."""
        has_dates = {"start_date", "end_date", "days_back", "scheduled_time"} & run_input.keys()
        return self.start(run_input if has_dates else self.tracked_day | run_input)

    @property
    def tracked_day(self) -> dict[str, str]:
        return {"start_date": self.day.isoformat(), "end_date": self.day.isoformat()}

    def start(self, run_input: Any) -> Run:
        """One run, from its start to its end."""
        raise NotImplementedError

    def posted(self) -> list[tuple[str, int, str, str]]:
        """What the user has on GitLab: issue, seconds, spent at, summary; oldest first."""
        return sorted(
            ((row.reference, row.seconds, row.spent_at or "", row.summary or "") for row in self.gitlab.ledger()),
            key=lambda row: row[2:],
        )

    def posted_ids(self) -> list[int]:
        """The entries whose time the user has on GitLab, as often as it is there; the oldest first."""
        ids = [marked_entry_id(summary) for _issue, _seconds, _spent_at, summary in self.posted()]
        return [entry_id for entry_id in ids if entry_id is not None]


@dataclass
class Sync(Person):
    """Runs in this process."""

    machine: Machine
    begun: list[str] = field(default_factory=list)

    def begin(self) -> str:
        """A run that has started and gets no further; returns its ARN."""
        self.begun.append(self.machine.begin({}))
        return self.begun[-1]

    def start(self, run_input: Any) -> Run:
        run = self.machine.run(run_input)
        self.runs.append(run)
        return run

    def item(self) -> dict[str, str]:
        """The lock's item, empty before the first run."""
        return self.machine.item()

    def change(self, state: str, change: Any) -> None:
        """Let all later runs have another definition: `change` gets the state's fields."""
        definition = json.loads(self.machine.definition)
        change(all_states(definition)[state])
        self.machine.definition = json.dumps(definition)


def all_states(definition: Definition) -> dict[str, Definition]:
    """The states by name, those inside of Maps included."""
    found: dict[str, Definition] = {}
    for name, state in definition["States"].items():
        found |= {name: state} | (all_states(state["ItemProcessor"]) if "ItemProcessor" in state else {})
    return found


def cause_of(run: Run) -> dict[str, Any]:
    """The Fail state's cause, which is JSON."""
    assert run.cause is not None
    cause: dict[str, Any] = json.loads(run.cause)
    return cause


def summary_of(run: Run) -> dict[str, Any]:
    """What Summarise put out, also of a run that failed."""
    for event in run.history:
        details = event.get("stateExitedEventDetails", {})
        if details.get("name") == "Summarise":
            output: dict[str, Any] = json.loads(details["output"])
            return output
    raise AssertionError("the run did not get to Summarise")


def states_of(run: Run) -> list[str]:
    """The names of the entered states, in order; those of Map iterations included."""
    return [event["stateEnteredEventDetails"]["name"] for event in run.history if "stateEnteredEventDetails" in event]


def errors_of(run: Run) -> list[str]:
    """The error of each failed attempt of a task, in order."""
    return [
        event[details]["error"]
        for event in run.history
        for details in ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails")
        if details in event
    ]


def attempts_of(run: Run) -> Counter[str]:
    """How often each Task state called what it calls, retries included."""
    state_at: dict[int, str] = {}
    attempts: Counter[str] = Counter()
    for event in run.history:
        entered = event.get("stateEnteredEventDetails", {}).get("name")
        state_at[event["id"]] = entered or state_at.get(event["previousEventId"], "")
        if event["type"] in {"TaskScheduled", "LambdaFunctionScheduled"}:
            attempts[state_at[event["id"]]] += 1
    return attempts


def rows_by_entry(output: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {row["entry_id"]: row for row in output["entries"]}
