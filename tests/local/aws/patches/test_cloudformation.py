"""CloudFormation knows a secret by its ARN, and gives a schedule all that its template says."""

from __future__ import annotations

import json
from typing import Any

from local.aws.server import LocalAws
from tests.local.aws.support import ROLE


def test_a_stack_refers_to_a_secret_by_its_arn_through_its_whole_life(aws: LocalAws) -> None:
    client = aws.client("cloudformation")
    output = {"Arn": {"Value": {"Ref": "Token"}}}

    def template(description: str) -> str:
        secret = {"Name": "tool/env/token", "Description": description, "SecretString": "x"}
        resources = {"Token": {"Type": "AWS::SecretsManager::Secret", "Properties": secret}}
        return json.dumps({"Resources": resources, "Outputs": output})

    client.create_stack(StackName="secretive", TemplateBody=template("one"))
    client.get_waiter("stack_create_complete").wait(StackName="secretive", WaiterConfig={"Delay": 1})
    created = client.describe_stacks(StackName="secretive")["Stacks"][0]["Outputs"][0]["OutputValue"]
    client.update_stack(StackName="secretive", TemplateBody=template("two"))
    client.get_waiter("stack_update_complete").wait(StackName="secretive", WaiterConfig={"Delay": 1})
    updated = aws.client("secretsmanager").describe_secret(SecretId=created)
    client.delete_stack(StackName="secretive")
    client.get_waiter("stack_delete_complete").wait(StackName="secretive", WaiterConfig={"Delay": 1})

    assert created.startswith("arn:aws:secretsmanager:us-east-1:111122223333:secret:tool/env/token-")
    assert (updated["ARN"], updated["Description"]) == (created, "two")
    assert "tool/env/token" not in {
        secret["Name"] for secret in aws.client("secretsmanager").list_secrets()["SecretList"]
    }


def test_a_schedule_is_as_its_template_says_when_it_is_made_and_when_it_is_changed(aws: LocalAws) -> None:
    client = aws.client("cloudformation")

    def schedule(**given: Any) -> dict[str, Any]:
        target = {
            "Arn": "arn:aws:states:us-east-1:111122223333:stateMachine:none",
            "RoleArn": ROLE,
            "Input": '{"scheduled_time":"<aws.scheduler.scheduled-time>"}',
            "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10},
            "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:111122223333:undelivered"},
        }
        return {
            "Description": "of a test",
            "ScheduleExpression": "cron(0 9 * * ? *)",
            "ScheduleExpressionTimezone": "Europe/Berlin",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "Target": target,
            **given,
        }

    def template(properties: dict[str, Any]) -> str:
        scheduled = {"Type": "AWS::Scheduler::Schedule", "Properties": {"Name": "of-a-stack", **properties}}
        return json.dumps({"Resources": {"Schedule": scheduled}})

    def differing(wanted: dict[str, Any]) -> dict[str, Any]:
        found = aws.client("scheduler").get_schedule(Name="of-a-stack")
        return {name: found.get(name) for name, value in wanted.items() if found.get(name) != value}

    made, changed = schedule(), schedule(ScheduleExpressionTimezone="Asia/Tokyo", State="DISABLED")
    client.create_stack(StackName="scheduled", TemplateBody=template(made))
    client.get_waiter("stack_create_complete").wait(StackName="scheduled", WaiterConfig={"Delay": 1})

    assert differing(made) == {}

    client.update_stack(StackName="scheduled", TemplateBody=template(changed))
    client.get_waiter("stack_update_complete").wait(StackName="scheduled", WaiterConfig={"Delay": 1})

    assert differing(changed) == {}
    client.delete_stack(StackName="scheduled")
    client.get_waiter("stack_delete_complete").wait(StackName="scheduled", WaiterConfig={"Delay": 1})
