"""What destroy.sh does around `cdk destroy`: it asks, stops what runs, empties buckets, and sees what is left."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from cli import destroy
from cli.deployment.leftovers import left_over
from cli.deployment.ownership import Owner
from cli.deployment.place import Deployment, Unusable
from cli.destroy import NO_STACK, NOTHING_THERE, buckets_of, empty, finish, prepare, stop_runs
from contract import names
from local.aws.server import LocalAws
from tests.cli.support import Place, machine


@pytest.fixture
def deployment(place: Place) -> Deployment:
    return Deployment.find(place.environment, "us-east-1")


@pytest.fixture(autouse=True)
def nothing_stays(place: Place) -> Iterator[None]:
    """The stacks of the other tests would be other environments."""
    yield
    place.aws.client("cloudformation").delete_stack(StackName=names.stack(place.environment))


def test_of_what_is_not_there_it_says_so_and_asks_nothing(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(_prompt: str) -> str:
        raise AssertionError("there is nothing to ask about")

    assert prepare(deployment, ask) == NOTHING_THERE
    assert f"There is no {names.state_machine(deployment.environment)} in us-east-1" in capsys.readouterr().out


def test_it_shows_what_goes_and_goes_on_when_the_name_is_typed(
    place: Place, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_stack()
    place.add_machine()

    assert prepare(deployment, lambda _prompt: f" {place.environment}\n") == 0
    shown = capsys.readouterr().out
    assert f"stack {names.stack(place.environment)}" in shown
    assert "account 111122223333, us-east-1" in shown


def test_another_answer_changes_nothing(place: Place, deployment: Deployment) -> None:
    place.add_stack()
    place.add_machine(machine(waits=True))
    arn = place.start()

    with pytest.raises(Unusable, match="nothing was changed"):
        prepare(deployment, lambda _prompt: "yes")

    states = place.aws.client("stepfunctions")
    assert states.describe_execution(executionArn=arn)["status"] == "RUNNING"
    states.stop_execution(executionArn=arn)


def test_nobody_at_the_keyboard_is_no_yes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", closed)
    place.add_stack()

    assert destroy.main(["--prepare", "-e", place.environment]) == 2
    assert destroy.main(["--prepare", "--yes", "-e", place.environment]) == 0


def test_running_executions_are_stopped(place: Place, deployment: Deployment) -> None:
    place.add_machine(machine(waits=True))
    arns = [place.start() for _ in range(3)]

    assert stop_runs(deployment) == 3
    states = place.aws.client("stepfunctions")
    assert {states.describe_execution(executionArn=arn)["status"] for arn in arns} == {"ABORTED"}
    assert stop_runs(deployment) == 0


def test_a_machine_that_is_not_there_has_nothing_to_stop(deployment: Deployment) -> None:
    assert stop_runs(deployment) == 0


def test_the_stacks_buckets_are_emptied_of_all_versions(place: Place, deployment: Deployment) -> None:
    name = f"runs-of-{place.environment}"
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": name, "VersioningConfiguration": {"Status": "Enabled"}},
    }
    place.add_stack(Runs=bucket)
    s3 = place.aws.client("s3")
    for text in (b"1", b"2", b"3"):
        s3.put_object(Bucket=name, Key="runs/1.jsonl", Body=text)
    s3.delete_object(Bucket=name, Key="runs/1.jsonl")
    s3.put_object(Bucket=name, Key="runs/2.jsonl", Body=b"1")

    assert list(buckets_of(deployment)) == [name]
    assert empty(s3, name) == 5
    assert not {"Versions", "DeleteMarkers"} & s3.list_object_versions(Bucket=name).keys()
    s3.delete_bucket(Bucket=name)
    assert empty(s3, name) == 0


def test_objects_that_cannot_be_removed_are_told() -> None:
    class Locked:
        def get_paginator(self, _operation: str) -> Any:
            return self

        def paginate(self, **_asked: str) -> Iterator[Any]:
            yield {"Versions": [{"Key": "a", "VersionId": "1"}]}

        def delete_objects(self, **_asked: Any) -> Any:
            return {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "locked"}]}

    with pytest.raises(Unusable, match="runs cannot be emptied: 1 objects stay, like a: AccessDenied locked"):
        empty(Locked(), "runs")


def test_left_over_log_groups_are_removed(
    place: Place, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = place.aws.client("logs")
    mine = [
        *(names.function_log_group(place.environment, role) for role in names.ROLES),
        names.state_machine_log_group(place.environment),
        f"/aws/lambda/{names.state_machine(place.environment)}-something-new",
        f"/aws/lambda/{names.stack(place.environment)}-CustomResource-Ab12",
    ]
    others = [
        names.function_log_group(f"{place.environment}-2", "fetch"),
        names.function_log_group(f"{place.environment}0", "fetch"),
        "/aws/lambda/somebody-elses",
    ]
    for group in mine + others:
        logs.create_log_group(logGroupName=group)

    assert prepare(deployment, None) == NO_STACK
    assert finish(deployment) == 0
    left = {one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]}
    assert left & {*mine, *others} == set(others)
    told = capsys.readouterr().out
    assert f"Nothing of {names.state_machine(place.environment)} is left" in told
    assert "in its bucket the code that was deployed: fractions of a cent a month" in told


def test_whatever_else_is_left_is_named_with_exit_code_1(
    place: Place, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()
    place.add_settings()
    place.add_secrets("a", "b")
    place.add_record()
    place.add_topic()
    place.add_schedule()
    aws, name = place.aws, names.state_machine(place.environment)
    aws.client("secretsmanager").delete_secret(SecretId=names.toggl_secret(place.environment), RecoveryWindowInDays=7)
    aws.client("sqs").create_queue(QueueName=names.undelivered_queue(place.environment))
    aws.client("s3").create_bucket(Bucket=f"{name}-runs")
    aws.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}')
    add_layer(place.aws, names.layer(place.environment))
    add_role(place.aws, "generated-1", names.role_description(place.environment, "us-east-1", "what it may do"))
    aws.client("events").put_rule(Name=names.stopped_rule(place.environment), EventPattern='{"source": ["x"]}')
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=names.alarm(place.environment, "run-failed"),
        MetricName="x",
        Namespace="x",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
    )

    assert finish(deployment, patience_seconds=0) == 1
    told = capsys.readouterr().err
    kinds = {
        re.split(f"{name}|toggl-gitlab-sync/|generated-1", line)[0].strip()
        for line in told.splitlines()
        if line[:2] == "  "
    }
    assert kinds == {
        *("state machine", "function", "layer", "role", "secret", "table", "topic", "schedule"),
        *("queue", "bucket", "dashboard", "rule", "alarm"),
    }
    assert "toggl-token (scheduled for deletion)" in told
    assert "delete-secret --region us-east-1 --secret-id" in told
    assert "--force-delete-without-recovery" in told


def test_the_roles_of_other_deployments_and_other_regions_are_not_this_ones(
    place: Place, deployment: Deployment
) -> None:
    add_role(place.aws, "of-a-longer-name", names.role_description(f"{place.environment}-2", "us-east-1", "reads"))
    add_role(place.aws, "of-another-region", names.role_description(place.environment, "eu-west-1", "reads"))
    add_role(place.aws, f"{names.stack(place.environment)}-Of-Somebody", "what somebody has named like this")

    assert left_over(deployment) == []


def add_layer(aws: LocalAws, name: str) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("python/module.py", "")
    aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": package.getvalue()})


def add_role(aws: LocalAws, name: str, description: str) -> None:
    nobody = json.dumps({"Version": "2012-10-17", "Statement": []})
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=nobody, Description=description)


def test_a_stack_that_could_not_be_destroyed_is_told_at_once(
    place: Place, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_stack()

    assert finish(deployment) == 1
    assert f"stack {names.stack(place.environment)}" in capsys.readouterr().err


def test_what_aws_is_still_removing_is_waited_for(
    place: Place, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.add_machine()
    monkeypatch.setattr(
        destroy.time,
        "sleep",
        lambda _s: place.aws.client("stepfunctions").delete_state_machine(stateMachineArn=place.state_machine_arn),
    )

    assert finish(deployment) == 0


@pytest.mark.parametrize(
    ("name", "is_prods"),
    [
        ("toggl-gitlab-sync-prod", True),
        ("toggl-gitlab-sync-prod-fetch", True),
        ("/aws/lambda/toggl-gitlab-sync-prod-fetch", True),
        ("/aws/vendedlogs/states/toggl-gitlab-sync-prod", True),
        ("togglgitlabsync-prod-runs4711-abc", True),
        ("toggl-gitlab-sync-prod-eu", False),
        ("toggl-gitlab-sync-prod-eu-fetch", False),
        ("toggl-gitlab-sync-production", False),
        ("toggl-gitlab-sync-dev", False),
        ("my-toggl-gitlab-sync-prod", False),
    ],
)
def test_an_environment_owns_what_no_longer_named_one_owns(name: str, is_prods: bool) -> None:
    assert Owner("prod", frozenset({"prod-eu", "dev", "p"})).has(name) == is_prods


def test_another_environment_is_found_by_its_stack_or_its_machine(place: Place, deployment: Deployment) -> None:
    other = Place(place.aws, f"{place.environment}-eu")
    other.add_machine()
    other.add_topic()

    assert left_over(deployment) == []
    assert {one.kind for one in left_over(Deployment.find(other.environment, None))} == {"state machine", "topic"}


def test_it_takes_one_of_the_two_parts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        destroy.main(["-e", "prod"])

    assert ended.value.code == 2
    assert "--prepare" in capsys.readouterr().err
