"""What the tests of the commands work with: environments in a local AWS that are arranged instead of deployed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from contract import names
from contract.settings import Settings
from local.aws.server import LocalAws

OUTPUT: dict[str, Any] = {
    "outcome": "synced",
    "window": {
        "start": "2026-11-23T00:00:00Z",
        "end": "2026-11-24T00:00:00Z",
        "timezone": "UTC",
        "gap": None,
        "changes_since": None,
    },
    "dry_run": False,
    "totals": {
        "fetched": 2,
        "created": 1,
        "replaced": 0,
        "deleted": 0,
        "kept": 0,
        "skipped": 0,
        "failed": 1,
        "duplicates_removed": 0,
        "issues_created": 0,
        "seconds_logged": 5_400,
        "seconds_tracked": 10_680,
        "seconds_on_gitlab": 5_400,
        "seconds_left_out": 0,
        "seconds_failed": 5_340,
        "seconds_rounding": 60,
        "seconds_differing": 0,
    },
    "skipped_by_reason": {},
    "warnings": {},
    "entries": [
        {
            "entry_id": entry_id,
            "outcome": outcome,
            "reason": reason,
            "warning": None,
            "gone": False,
            "issue": "studio/website#12",
            "seconds": 5_400,
            "tracked_seconds": 5_340,
            "spent_at": "2026-11-23T08:00:00Z",
        }
        for entry_id, outcome, reason in ((1_001, "created", None), (1_002, "failed", "no_permission"))
    ],
}
SUCCEED = {"Type": "Succeed"}
FAIL = {"Type": "Fail", "Error": "EntriesFailed", "Cause": '{"message": "1 of the entries could not be posted."}'}
WAIT = {"Type": "Wait", "Seconds": 600, "Next": "End"}

ROLE = "arn:aws:iam::111122223333:role/test"
_NUMBERS = count(1)


def machine(end: Mapping[str, Any] = SUCCEED, output: Any = OUTPUT, *, waits: bool = False) -> str:
    """A definition with the one state that the commands know, and the end that is wanted."""
    summarise = {"Type": "Pass", "Output": output, "Next": "Wait" if waits else "End"}
    states = {"Summarise": summarise, "End": end} | ({"Wait": WAIT} if waits else {})
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "Summarise", "States": states})


@dataclass
class Place:
    """An environment of its own name in the local AWS; a test arranges what it needs of a deployment."""

    aws: LocalAws
    environment: str = field(default_factory=lambda: f"t{next(_NUMBERS)}")
    unseen_settings: dict[str, str] = field(default_factory=lambda: {"max_concurrency": "10"})

    @property
    def state_machine_arn(self) -> str:
        return f"arn:aws:states:us-east-1:{self.aws.account}:stateMachine:{names.state_machine(self.environment)}"

    @property
    def topic_arn(self) -> str:
        return f"arn:aws:sns:us-east-1:{self.aws.account}:{names.topic(self.environment)}"

    def add_machine(self, definition: str | None = None) -> None:
        self.aws.client("stepfunctions").create_state_machine(
            name=names.state_machine(self.environment), roleArn=ROLE, definition=definition or machine()
        )

    def add_stack(self, **resources: Any) -> None:
        """A stack of the right name with these resources; with one that costs nothing when there are none.

        It keeps the settings that no variable has, as a deployment with the default ones does.
        """
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"of-the-stack-{self.environment}"}}
        metadata = {names.SETTINGS_METADATA: self.unseen_settings}
        template = json.dumps({"Metadata": metadata, "Resources": resources or {"Topic": topic}})
        self.aws.client("cloudformation").create_stack(StackName=names.stack(self.environment), TemplateBody=template)

    def add_settings(self, **values: Any) -> None:
        """The fetch function with the variables of these settings."""
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("index.py", "")
        settings = Settings.from_context({"environment": self.environment, **values})
        self.aws.client("lambda").create_function(
            FunctionName=names.function(self.environment, "fetch"),
            Runtime="python3.13",
            Role=ROLE,
            Handler="index.handler",
            Code={"ZipFile": package.getvalue()},
            Environment={"Variables": settings.to_environment()},
        )

    def add_secrets(self, toggl: str, gitlab: str) -> None:
        secrets = self.aws.client("secretsmanager")
        for name, token in (
            (names.toggl_secret(self.environment), toggl),
            (names.gitlab_secret(self.environment), gitlab),
        ):
            secrets.create_secret(Name=name, SecretString=json.dumps({names.TOKEN_KEY: token}))

    def add_record(self, **item: str) -> None:
        """The lock's table, with an item when something is given for it."""
        dynamodb = self.aws.client("dynamodb")
        dynamodb.create_table(
            TableName=names.table(self.environment),
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        if item:
            values = {name: {"S": value} for name, value in {"id": "sync", **item}.items()}
            dynamodb.put_item(TableName=names.table(self.environment), Item=values)

    def add_topic(self, *emails: str) -> None:
        topics = self.aws.client("sns")
        topics.create_topic(Name=names.topic(self.environment))
        for email in emails:
            topics.subscribe(TopicArn=self.topic_arn, Protocol="email", Endpoint=email)

    def add_schedule(self, expression: str = "cron(0 9 * * ? *)", state: str = "ENABLED") -> None:
        self.aws.client("scheduler").create_schedule(
            Name=names.schedule(self.environment),
            ScheduleExpression=expression,
            ScheduleExpressionTimezone="Europe/Berlin",
            FlexibleTimeWindow={"Mode": "OFF"},
            State=state,
            Target={"Arn": self.state_machine_arn, "RoleArn": ROLE},
        )

    def start(self, **run_input: Any) -> str:
        started = self.aws.client("stepfunctions").start_execution(
            stateMachineArn=self.state_machine_arn, input=json.dumps(run_input)
        )
        return str(started["executionArn"])


@contextmanager
def shell_of(aws: LocalAws) -> Iterator[pytest.MonkeyPatch]:
    """This process's environment as that of a shell whose AWS is the local one."""
    with pytest.MonkeyPatch.context() as shell:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            shell.delenv(name, raising=False)
        for name, value in aws.environment().items():
            shell.setenv(name, value)
        yield shell
