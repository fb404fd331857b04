"""CloudFormation knows a secret by its ARN."""

from __future__ import annotations

import json

from local.aws.server import LocalAws


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
