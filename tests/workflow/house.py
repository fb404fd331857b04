"""What the workflow tests work with: a deployment, a person's view of it, and what a run shows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from contract import names
from local.aws import LocalAws, Run
from local.gitlab import GitLab
from local.gitlab_model import Issuable
from local.toggl import Entry, Toggl

PROJECT = "studio/website"
PROJECT_ID = 1207
GITLAB_TOKEN = "glpat-Workflow-Tests-0001"
TOGGL_TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"
USER = "mira"


@dataclass(frozen=True)
class Deployment:
    """One deployed environment: the local AWS, the state machine, and the ports that its stand-ins are to have."""

    aws: LocalAws
    state_machine_arn: str
    toggl_port: int
    gitlab_port: int

    def set_token(self, secret: str, token: str) -> None:
        value = json.dumps({names.TOKEN_KEY: token})
        self.aws.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=value)

    def forget_warm_workers(self) -> None:
        """A changed configuration makes the Lambdas start anew, without what they remembered."""
        functions = self.aws.client("lambda")
        for role in names.ROLES:
            name = names.function("prod", role)
            variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            fresh = variables | {"RESTARTED": str(int(variables.get("RESTARTED", "0")) + 1)}
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": fresh})


@dataclass
class Sync:
    """A person's view: what they track, what GitLab shows, and runs of the deployed machine."""

    deployment: Deployment
    toggl: Toggl
    gitlab: GitLab
    day: date
    runs: list[Run] = field(default_factory=list)

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
        return str(started["executionArn"])

    def finish(self, arn: str) -> Run:
        run = self.deployment.aws.wait_for(arn)
        self.runs.append(run)
        return run

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that a run is about to do; a bounded time, checked often."""
        deadline = time.monotonic() + 20
        while not happened():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.01)

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


def rows_by_entry(output: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {row["entry_id"]: row for row in output["entries"]}
