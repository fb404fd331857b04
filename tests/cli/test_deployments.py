"""Two environments side by side on a local AWS that enforces IAM: a synced day, the schedule, and then nothing left.

The tests share the deployments and run in their order; the last one takes everything away.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest

from cli.demonstration import sample_day
from contract import names
from contract.limits import INLINE_ITEMS
from local.aws.server import LocalAws
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl

TOGGL_TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"
QUIET, SCHEDULED = "quiet", "on-schedule"
WAIT_SCALE = 0.05
"""A schedule of one minute fires every three seconds."""

PROBE = """
import boto3

def handle(event, context):
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=event["secret"])
    return len(secret["SecretString"])
"""


@dataclass
class Cloud:
    aws: LocalAws
    toggl: Toggl
    gitlab: GitLab
    day: sample_day.SampleDay
    machines: dict[str, str]
    assemblies: dict[str, str]

    def executions(self, environment: str, status: str) -> list[dict[str, Any]]:
        states = self.aws.client("stepfunctions")
        found = states.list_executions(stateMachineArn=self.machines[environment], statusFilter=status)
        executions: list[dict[str, Any]] = found["executions"]
        return executions


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with Toggl(token=TOGGL_TOKEN) as toggl, GitLab() as gitlab:
        day = sample_day.build(toggl, gitlab, datetime.now(UTC).date() - timedelta(days=3), "Europe/Berlin")
        shared = {
            "toggl_url": toggl.url,
            "gitlab_url": gitlab.url,
            "gitlab_project_id": str(day.default_project_id),
            "project_map": json.dumps(day.project_map),
            "timezone": day.timezone,
        }
        contexts = {
            QUIET: shared | {"environment": QUIET, "schedule": "off"},
            SCHEDULED: shared | {"environment": SCHEDULED, "schedule": "rate(1 minute)"},
        }
        with LocalAws(wait_scale=WAIT_SCALE, enforce_iam=True) as aws:
            assemblies = {environment: str(aws.synth(context)) for environment, context in contexts.items()}
            machines = {}
            for environment, assembly in assemblies.items():
                machines[environment] = aws.deploy({}, app=assembly)["StateMachineArn"]
                set_tokens(aws, environment, day.gitlab_token)
            yield Cloud(aws, toggl, gitlab, day, machines, assemblies)


def set_tokens(aws: LocalAws, environment: str, gitlab_token: str) -> None:
    secrets = aws.client("secretsmanager")
    for name, token in (
        (names.toggl_secret(environment), TOGGL_TOKEN),
        (names.gitlab_secret(environment), gitlab_token),
    ):
        secrets.put_secret_value(SecretId=name, SecretString=json.dumps({names.TOKEN_KEY: token}))


def test_with_iam_enforced_a_whole_day_is_synced(cloud: Cloud) -> None:
    day = {"start_date": cloud.day.day.isoformat(), "end_date": cloud.day.day.isoformat()}

    run = cloud.aws.run(cloud.machines[QUIET], day)

    assert (run.status, run.error, run.cause) == ("SUCCEEDED", None, None)
    assert {key: run.output["totals"][key] for key in cloud.day.totals} == cloud.day.totals
    assert {(row.reference, row.seconds, row.spent_at) for row in cloud.gitlab.ledger()} == {
        (one.issue, one.seconds, one.spent_at) for one in cloud.day.expected if one.issue is not None
    }


def test_with_iam_enforced_each_step_of_a_large_run_may_write_its_own_files(cloud: Cloud) -> None:
    day = cloud.day.day - timedelta(days=20)
    start = datetime(day.year, day.month, day.day, 8, tzinfo=UTC)
    issue = next(one.issue for one in cloud.day.expected if one.issue)
    for minutes in range(INLINE_ITEMS + 1):
        cloud.toggl.add_entry("lunch", start + timedelta(minutes=minutes), 1)
    cloud.toggl.add_entry(f"{issue} And more of it", start, 3600)

    run = cloud.aws.run(cloud.machines[QUIET], {"start_date": day.isoformat(), "end_date": day.isoformat()})

    assert (run.status, run.error, run.cause) == ("SUCCEEDED", None, None)
    assert (run.output["totals"]["created"], run.output["totals"]["fetched"]) == (1, INLINE_ITEMS + 2)
    files = [
        one["Key"]
        for bucket in cloud.aws.client("s3").list_buckets()["Buckets"]
        for one in cloud.aws.client("s3").list_objects_v2(Bucket=bucket["Name"], Prefix="runs/").get("Contents", ())
    ]
    written = {role: {one for one in files if _ends_so(one, role)} for role in names.ROLES}
    assert {role: len(own) for role, own in written.items()} == {"fetch": 1, "transform": 3, "post": 1}
    assert set().union(*written.values()) == set(files)


def _ends_so(key: str, role: str) -> bool:
    return any(fnmatchcase(key, f"runs/*/{name}") for name in names.WRITTEN_FILES[role])


@pytest.mark.parametrize(
    ("role", "own", "others"),
    [
        ("fetch", names.toggl_secret, names.gitlab_secret),
        ("transform", names.gitlab_secret, names.toggl_secret),
        ("post", names.gitlab_secret, names.toggl_secret),
    ],
)
def test_each_lambdas_role_is_given_its_own_secret_and_refused_the_other(
    cloud: Cloud, role: str, own: Any, others: Any
) -> None:
    functions = cloud.aws.client("lambda")
    deployed = functions.get_function_configuration(FunctionName=names.function(QUIET, role))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", PROBE)
    functions.create_function(
        FunctionName=f"probe-{role}",
        Runtime="python3.13",
        Role=deployed["Role"],
        Handler="index.handle",
        Code={"ZipFile": package.getvalue()},
        Timeout=30,
    )

    answers = [
        functions.invoke(FunctionName=f"probe-{role}", Payload=json.dumps({"secret": name}))
        for name in (own(QUIET), others(QUIET), own(SCHEDULED))
    ]
    functions.delete_function(FunctionName=f"probe-{role}")

    given, refused, elsewhere = (json.loads(answer["Payload"].read()) for answer in answers)
    assert isinstance(given, int)
    assert given > 0
    assert "AccessDeniedException" in refused["errorMessage"]
    assert "AccessDeniedException" in elsewhere["errorMessage"]


def test_the_schedule_itself_fires_a_run_for_its_own_time(cloud: Cloud) -> None:
    deadline = time.monotonic() + 60
    while not (ended := cloud.executions(SCHEDULED, "SUCCEEDED")):
        assert cloud.executions(SCHEDULED, "FAILED") == []
        assert time.monotonic() < deadline, "no scheduled run succeeded"
        time.sleep(0.05)
    arn = ended[-1]["executionArn"]

    run = cloud.aws.wait_for(arn)

    scheduled = datetime.strptime(run.input["scheduled_time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert datetime.fromisoformat(run.output["window"]["end"]) == scheduled
    assert cloud.executions(QUIET, "RUNNING") == []


def test_destroyed_environments_leave_nothing_behind(cloud: Cloud) -> None:
    for environment, assembly in cloud.assemblies.items():
        stop_what_runs(cloud, environment)
        cloud.aws.destroy({}, app=assembly)

    assert {kind: found for kind, found in left(cloud.aws).items() if found} == {}


def stop_what_runs(cloud: Cloud, environment: str) -> None:
    states = cloud.aws.client("stepfunctions")
    for execution in cloud.executions(environment, "RUNNING"):
        states.stop_execution(executionArn=execution["executionArn"])


def left(aws: LocalAws) -> dict[str, list[str]]:
    """What is there of ours, by kind: everything that could cost something, and the rest."""
    listed = {
        "alarms": [one["AlarmName"] for one in aws.client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "dashboards": [one["DashboardName"] for one in aws.client("cloudwatch").list_dashboards()["DashboardEntries"]],
        "functions": [one["FunctionName"] for one in aws.client("lambda").list_functions()["Functions"]],
        "layers": [one["LayerName"] for one in aws.client("lambda").list_layers()["Layers"]],
        "log groups": [one["logGroupName"] for one in aws.client("logs").describe_log_groups()["logGroups"]],
        "machines": [one["name"] for one in aws.client("stepfunctions").list_state_machines()["stateMachines"]],
        "queues": aws.client("sqs").list_queues().get("QueueUrls", []),
        "roles": [
            one["RoleName"] for one in aws.client("iam").list_roles()["Roles"] if "cdk-hnb" not in one["RoleName"]
        ],
        "rules": [one["Name"] for one in aws.client("events").list_rules()["Rules"]],
        "schedules": [one["Name"] for one in aws.client("scheduler").list_schedules()["Schedules"]],
        "secrets": [
            one["Name"] for one in aws.client("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
        ],
        "tables": aws.client("dynamodb").list_tables()["TableNames"],
        "topics": [one["TopicArn"] for one in aws.client("sns").list_topics()["Topics"]],
    }
    return {kind: [name for name in found if "toggl" in name.lower()] for kind, found in listed.items()}
