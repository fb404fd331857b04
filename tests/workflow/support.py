"""What the workflow tests work with: a deployment, a person's view of it, and what a run shows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from contract import names
from functions.shared.marker import marked_entry_id
from local.aws.executions import Run
from local.aws.server import LocalAws
from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from local.standins.server import Request, Response, StandIn
from local.standins.toggl.server import Entry, Toggl

PROJECT = "studio/website"
PROJECT_ID = 1207
GITLAB_TOKEN = "glpat-Workflow-Tests-0001"
TOGGL_TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"
USER = "mira"


Definition = dict[str, Any]
Change = Callable[[Definition], None]


@dataclass(frozen=True)
class Deployment:
    """One deployed environment: the local AWS, the state machine, and the ports that its stand-ins are to have.

    context: what it was deployed with. assembly: what the CDK made of that, to deploy it again.
    """

    aws: LocalAws
    state_machine_arn: str
    toggl_port: int
    gitlab_port: int
    context: dict[str, str]
    assembly: Path

    def set_token(self, secret: str, token: str) -> None:
        value = json.dumps({names.TOKEN_KEY: token})
        self.aws.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=value)

    def definition(self) -> Definition:
        states = self.aws.client("stepfunctions")
        text = states.describe_state_machine(stateMachineArn=self.state_machine_arn)["definition"]
        definition: Definition = json.loads(text)
        return definition

    @contextmanager
    def changed(self, change: Change) -> Iterator[None]:
        """Executions that start within the block run a changed definition, to their end."""
        states = self.aws.client("stepfunctions")
        deployed, definition = self.definition(), self.definition()
        change(definition)
        states.update_state_machine(stateMachineArn=self.state_machine_arn, definition=json.dumps(definition))
        try:
            yield
        finally:
            states.update_state_machine(stateMachineArn=self.state_machine_arn, definition=json.dumps(deployed))

    def kill_workers(self) -> None:
        """Every Lambda dies, whatever it is doing; a later call starts one that remembers nothing."""
        workers = self._workers()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        until(lambda: not workers & self._workers())

    def _workers(self) -> set[int]:
        """The live processes of the local AWS's group, itself aside."""
        listed = subprocess.run(
            ["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, check=True, text=True
        ).stdout.splitlines()
        rows = [line.split() for line in listed]
        server = self.aws.process_id
        return {int(pid) for pid, group, state in rows if int(group) == server != int(pid) and state[0] != "Z"}


def until(happened: Callable[[], object]) -> None:
    """Wait for something that is about to happen; a bounded time, checked often."""
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


@dataclass
class Sync:
    """A person's view: what they track, what GitLab shows, and runs of the deployed machine."""

    deployment: Deployment
    toggl: Toggl
    gitlab: GitLab
    day: date
    runs: list[Run] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)
    since_ms: int = field(default_factory=lambda: int(time.time() * 1000))

    def issue(self, title: str = "Navigation menu", **how: Any) -> Issuable:
        return self.gitlab.add_issue(PROJECT, title, **how)

    def track(self, description: str, seconds: int = 1800, hour: int = 9, **how: Any) -> Entry:
        start = datetime(self.day.year, self.day.month, self.day.day, hour, tzinfo=UTC)
        return self.toggl.add_entry(description, start, seconds, **how)

    def run(self, **run_input: Any) -> Run:
        """Run for the tracked day, or with just the given input when it has dates of its own."""
        days = {"start_date": self.day.isoformat(), "end_date": self.day.isoformat()}
        has_dates = {"start_date", "end_date", "days_back", "scheduled_time"} & run_input.keys()
        return self.start(run_input if has_dates else days | run_input)

    def start(self, run_input: Any) -> Run:
        run = self.deployment.aws.run(self.deployment.state_machine_arn, run_input)
        self.runs.append(run)
        return run

    def begin(self, **run_input: Any) -> str:
        """Start a run for the tracked day and do not wait for it; returns its ARN."""
        days = {"start_date": self.day.isoformat(), "end_date": self.day.isoformat()}
        started = self.deployment.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.deployment.state_machine_arn, input=json.dumps(days | run_input)
        )
        arn = str(started["executionArn"])
        self.begun.append(arn)
        return arn

    def finish(self, arn: str) -> Run:
        run = self.deployment.aws.wait_for(arn)
        self.runs.append(run)
        return run

    def stop(self, arn: str) -> None:
        """What a person does in the console: the execution is over at once, its Lambdas go on."""
        self.deployment.aws.client("stepfunctions").stop_execution(
            executionArn=arn, error="Stopped", cause="by a person"
        )

    def entered(self, arn: str) -> set[str]:
        """The names of the states that a running execution has entered so far."""
        states = self.deployment.aws.client("stepfunctions")
        pages = states.get_paginator("get_execution_history").paginate(executionArn=arn, maxResults=1000)
        events = [event for page in pages for event in page["events"]]
        return {event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event}

    def begin_and_stand_still_at(self, state: str, **run_input: Any) -> str:
        """Start a run that gets to a state and no further; returns its ARN when it is there."""
        with self.deployment.changed(standing_still_at(state)):
            arn = self.begin(**run_input)
            until(lambda: {state, _before(state)} & self.entered(arn))
        return arn

    @contextmanager
    def mailbox(self) -> Iterator[Callable[[], str]]:
        """Subscribes to the topic of the failures; gives a function that reads the next mail's text."""
        aws = self.deployment.aws
        queues, topics = aws.client("sqs"), aws.client("sns")
        url = queues.create_queue(QueueName="mailbox")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic = next(
            one["TopicArn"] for one in topics.list_topics()["Topics"] if names.topic("prod") in one["TopicArn"]
        )
        subscription = topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]

        def read() -> str:
            messages = queues.receive_message(QueueUrl=url, WaitTimeSeconds=2).get("Messages", [])
            assert messages, "no mail came"
            return str(json.loads(messages[0]["Body"])["Message"])

        try:
            yield read
        finally:
            topics.unsubscribe(SubscriptionArn=subscription)
            queues.delete_queue(QueueUrl=url)

    def log_lines(self, group: str) -> list[str]:
        """What was logged since the test began; the local AWS gives 10,000 lines and no more pages."""
        answer = self.deployment.aws.client("logs").filter_log_events(logGroupName=group, startTime=self.since_ms)
        assert len(answer["events"]) < 10_000
        return [event["message"] for event in answer["events"]]

    def item(self) -> dict[str, str]:
        """The lock's item, empty before the first run."""
        key = {"id": {"S": "sync"}}
        found = self.deployment.aws.client("dynamodb").get_item(TableName=names.table("prod"), Key=key)
        return {name: value["S"] for name, value in found.get("Item", {}).items()}

    def forget(self, **item: str) -> None:
        """Make the lock's item what is given, or nothing at all."""
        table = self.deployment.aws.client("dynamodb")
        table.delete_item(TableName=names.table("prod"), Key={"id": {"S": "sync"}})
        if item:
            values = {name: {"S": value} for name, value in {"id": "sync", **item}.items()}
            table.put_item(TableName=names.table("prod"), Item=values)

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
class Held:
    """The requests that a service has got and does not answer yet."""

    requests: list[Request] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def let_go(self) -> None:
        self.released.set()


@contextmanager
def held(
    stand_in: StandIn, when: Callable[[Request], bool], *, times: int = 1_000, carried_out: bool = False
) -> Iterator[Held]:
    """The first requests that match are held until they are let go, at the latest when the block ends.

    They are carried out, and meet the faults that wait for them, only then; with `carried_out` they are at once, and
    only the answers are held.
    """
    kept = Held()
    respond = stand_in.respond

    def respond_later(request: Request) -> Response | None:
        if not when(request) or len(kept.requests) >= times or kept.released.is_set():
            return respond(request)
        response = respond(request) if carried_out else None
        kept.requests.append(request)
        kept.released.wait(60)
        return response if carried_out else respond(request)

    stand_in.respond = respond_later  # type: ignore[method-assign]  # for this block only
    try:
        yield kept
    finally:
        kept.let_go()
        stand_in.respond = respond  # type: ignore[method-assign]


def all_states(definition: Definition) -> dict[str, Definition]:
    """The states by name, those inside of Maps included."""
    found: dict[str, Definition] = {}
    for name, state in definition["States"].items():
        found |= {name: state} | (all_states(state["ItemProcessor"]) if "ItemProcessor" in state else {})
    return found


def standing_still_at(name: str) -> Change:
    """A change after which a run stands still at a state until it is stopped: in a Wait, or just before another one."""

    def change(definition: Definition) -> None:
        if all_states(definition)[name]["Type"] == "Wait":
            all_states(definition)[name]["Seconds"] = _ENDLESS_SECONDS
            return
        _redirect(definition, name, _before(name))
        _siblings(definition, name)[_before(name)] = {"Type": "Wait", "Seconds": _ENDLESS_SECONDS, "Next": name}

    return change


_ENDLESS_SECONDS = 10_000_000


def _before(name: str) -> str:
    return f"Before{name}"


def _siblings(machine: Definition, name: str) -> dict[str, Definition]:
    """The States that a state stands among."""
    states: dict[str, Definition] = machine["States"]
    if name in states:
        return states
    return next(
        _siblings(state["ItemProcessor"], name)
        for state in states.values()
        if name in all_states(state.get("ItemProcessor", {"States": {}}))
    )


def _redirect(fields: Definition, name: str, to: str) -> None:
    """Let everything that leads to a state lead to another one."""
    for key, value in fields.items():
        if key in {"StartAt", "Next", "Default"} and value == name:
            fields[key] = to
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                _redirect(inner, name, to)


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
