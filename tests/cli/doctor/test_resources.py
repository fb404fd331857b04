"""The doctor's looks at what is deployed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.deployment.deployment import Deployment
from cli.doctor import resources
from cli.doctor.findings import Facts
from contract import names
from tests.cli.deployment.support import add_alarm
from tests.cli.doctor.support import Examined, levels_of
from tests.cli.support import OUTPUT, Place, machine


def test_secrets_with_the_placeholder_name_the_command_that_sets_them(examined: Examined) -> None:
    examined.arrange()
    value = json.dumps({names.TOKEN_KEY: names.TOKEN_PLACEHOLDER})
    secret = names.toggl_secret(examined.place.environment)
    examined.place.aws.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=value)

    exit_code, found = examined.examine()

    assert exit_code == 1
    assert "./tgs tokens --environment" in found["Toggl secret"][0][1]
    assert levels_of(found)["Toggl token"] == {"skipped"}
    assert levels_of(found)["GitLab token"] == {"ok"}


def test_a_setting_that_was_broken_by_hand_is_a_problem(examined: Examined) -> None:
    examined.arrange()
    function = names.function(examined.place.environment, "fetch")
    examined.place.aws.client("lambda").update_function_configuration(
        FunctionName=function, Environment={"Variables": {"DRY_RUN": "true"}}
    )

    message = examined.finding("settings", "problem")
    assert message.startswith("The function has no variable ENVIRONMENT, TIMEZONE, GITLAB_URL")
    assert f"./tgs deploy -e {examined.place.environment} -- --revert-drift" in message


def test_a_deployment_of_dry_runs_is_reported(examined: Examined) -> None:
    examined.arrange(dry_run="true", machine_is=machine(output=OUTPUT | {"dry_run": True}))
    examined.place.start()

    found = examined.examine()[1]

    assert "--set dry_run=false" in found["settings"][1][1]
    assert found["last success"][0][1].startswith("just now")


def test_mail_is_confirmed_or_waited_for(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    examined.arrange()
    examined.place.add_topic("on@example.com", "off@example.com")
    topics = examined.place.aws.client("sns")
    first = topics.list_subscriptions_by_topic(TopicArn=examined.place.topic_arn)["Subscriptions"][0]["SubscriptionArn"]
    monkeypatch.setattr(resources, "_PENDING", first)

    found = examined.examine()[1]["mail"]

    assert [(level, message.split(" ")[0]) for level, message in found] == [
        ("warning", "on@example.com"),
        ("ok", "off@example.com"),
    ]


def test_a_raised_alarm_is_reported_with_its_description_and_no_other_environments(examined: Examined) -> None:
    examined.arrange()
    other = Place(examined.place.aws, f"{examined.place.environment}-2")
    other.add_machine()
    description = "A run failed. What to do: docs/runbook.md#run-failed"
    for environment in (other.environment, examined.place.environment):
        name = add_alarm(examined.place.aws, environment, AlarmDescription=description)
        examined.place.aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

    assert examined.finding("alarms", "warning") == f"{name}: {description}"


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("UPDATE_COMPLETE", "ok"),
        ("UPDATE_IN_PROGRESS", "warning"),
        ("UPDATE_ROLLBACK_COMPLETE", "warning"),
        ("ROLLBACK_COMPLETE", "problem"),
        ("DELETE_FAILED", "problem"),
    ],
)
def test_a_stack_is_judged_by_its_status(status: str, level: str, place: Place) -> None:
    class Stacks:
        def describe_stacks(self, **_asked: str) -> dict[str, Any]:
            return {"Stacks": [{"StackStatus": status}]}

    deployment = Deployment.find(place.environment, None)
    deployment._clients["cloudformation"] = Stacks()

    [(found, message)] = resources.look_at_stack(Facts(deployment, datetime.now(UTC)))

    assert found == level
    assert status in message


def test_a_secret_that_is_scheduled_for_deletion_has_its_own_advice(examined: Examined) -> None:
    examined.arrange()
    secret = names.gitlab_secret(examined.place.environment)
    examined.place.aws.client("secretsmanager").delete_secret(SecretId=secret, RecoveryWindowInDays=7)

    message = examined.finding("GitLab secret", "problem")

    assert message == (
        f"{secret} is scheduled for deletion. Keep it, with its token:"
        f" aws secretsmanager restore-secret --secret-id {secret} --region us-east-1"
    )


@pytest.mark.parametrize(
    ("free", "wanted", "level", "advice"),
    [
        (1_000, 40, "ok", "40 post at once"),
        (10, 10, "ok", "10 post at once"),
        (10, 11, "warning", "deploy with --set max_concurrency=9, or ask AWS for more"),
        (10, 40, "warning", "10 Lambdas of the account may run at once in us-east-1, but max_concurrency is 40"),
    ],
)
def test_the_posts_at_once_are_compared_with_what_the_account_may_run_at_once(
    free: int, wanted: int, level: str, advice: str, place: Place
) -> None:
    class Lambda:
        def get_account_settings(self) -> dict[str, Any]:
            return {"AccountLimit": {"ConcurrentExecutions": 1_000, "UnreservedConcurrentExecutions": free}}

    place.unseen_settings["max_concurrency"] = f"{wanted}"
    place.add_stack()
    deployment = Deployment.find(place.environment, None)
    deployment._clients["lambda"] = Lambda()

    [(found, message)] = resources.look_at_concurrency(Facts(deployment, datetime.now(UTC)))

    assert found == level
    assert advice in message
