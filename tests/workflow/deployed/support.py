"""What the tests of the deployed machine work with: a deployment, and a person's view of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract import names
from local.aws.executions import Run
from local.aws.server import LocalAws
from local.standins.server import Request, Response, StandIn
from tests.workflow.support import Definition, Person, all_states, secret_text

MANY_PROJECTS = {f"Client {number}": f"studio/clients/of-the-harbour/client-{number}" for number in range(300)}
"""What is mapped in every deployment of these tests: more than a Lambda's variables could hold."""

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
        self.aws.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=secret_text(token))

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
class Sync(Person):
    """Runs of the deployed machine."""

    deployment: Deployment
    begun: list[str] = field(default_factory=list)
    since_ms: int = field(default_factory=lambda: int(time.time() * 1000))

    def start(self, run_input: Any) -> Run:
        run = self.deployment.aws.run(self.deployment.state_machine_arn, run_input)
        self.runs.append(run)
        return run

    def begin(self, **run_input: Any) -> str:
        """Start a run for the tracked day and do not wait for it; returns its ARN."""
        started = self.deployment.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.deployment.state_machine_arn, input=json.dumps(self.tracked_day | run_input)
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
