"""What is done around `cdk destroy`: it asks, removes, and says what is left."""

from __future__ import annotations

import re

import pytest

from cli import destroy
from cli.deployment.deployment import Deployment
from cli.destroy import Found, finish, prepare
from cli.terminal.exit_codes import Unusable
from contract import names
from tests.cli.deployment.support import add_alarm, add_layer, add_role
from tests.cli.support import Place, machine


def test_of_what_is_not_there_it_says_so_and_asks_nothing(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(_prompt: str) -> str:
        raise AssertionError("there is nothing to ask about")

    assert prepare(deployment, ask) is Found.NOTHING
    assert f"There is no {names.state_machine(deployment.environment)} in us-east-1" in capsys.readouterr().out


def test_it_shows_what_goes_and_continues_when_the_name_is_typed(
    place: Place, deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_stack()
    place.add_machine()

    assert prepare(deployment, lambda _prompt: f" {place.environment}\n") is Found.A_STACK
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
        names.function_log_group(f"{place.environment}b", "fetch"),
        "/aws/lambda/somebody-elses",
    ]
    for group in mine + others:
        logs.create_log_group(logGroupName=group)

    assert prepare(deployment, None) is Found.SOMETHING_ELSE
    assert finish(deployment) == 0
    left = {one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]}
    assert left & {*mine, *others} == set(others)
    printed = capsys.readouterr().out
    assert f"Nothing of {names.state_machine(place.environment)} is left" in printed
    assert "in its bucket the code that was deployed: fractions of a cent a month" in printed


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
    aws.client("sqs").create_queue(QueueName=f"{names.stack(place.environment)}-ScheduleUndelivered3F")
    aws.client("s3").create_bucket(Bucket=f"{name}-runs")
    aws.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody='{"widgets": []}')
    add_layer(place.aws, names.layer(place.environment))
    add_role(place.aws, "generated-1", names.role_description(place.environment, "us-east-1", "what it may do"))
    aws.client("events").put_rule(Name=names.stopped_rule(place.environment), EventPattern='{"source": ["x"]}')
    add_alarm(aws, place.environment)

    assert finish(deployment, removal_seconds=0) == 1
    printed = capsys.readouterr().err
    kinds = {
        re.split(f"{name}|{names.stack(place.environment)}|toggl-gitlab-sync/|generated-1", line)[0].strip()
        for line in printed.splitlines()
        if line[:2] == "  "
    }
    assert kinds == {
        *("state machine", "function", "layer", "role", "secret", "table", "topic", "schedule"),
        *("queue", "bucket", "dashboard", "rule", "alarm"),
    }
    assert "toggl-token (scheduled for deletion)" in printed
    assert "delete-secret --region us-east-1 --secret-id" in printed
    assert "--force-delete-without-recovery" in printed


def test_a_stack_that_could_not_be_destroyed_is_reported_at_once(
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
