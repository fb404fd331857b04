"""Tasks call other services, and are timed."""

from __future__ import annotations

from typing import Any

from tests.local.aws.support import FUNCTION, Machines, add_function, invoke, types


def test_a_task_over_its_own_timeout_is_states_timeout(machines: Machines) -> None:
    add_function(machines.aws, "slow", FUNCTION, timeout_seconds=20)
    state = invoke("slow", TimeoutSeconds="{% $states.input.limit %}")

    run = machines.run({"Call": state}, {"do": "sleep", "seconds": 3, "limit": 1})

    assert run.error == "States.Timeout"
    assert types(run)[-2:] == ["TaskTimedOut", "ExecutionFailed"]


def test_dynamodb_items_are_written_read_and_guarded_by_conditions(machines: Machines) -> None:
    machines.aws.client("dynamodb").create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def dynamodb(action: str, following: str, **arguments: Any) -> dict[str, Any]:
        resource = f"arn:aws:states:::dynamodb:{action}"
        return {
            "Type": "Task",
            "Resource": resource,
            "Arguments": {"TableName": "locks", **arguments},
            "Next": following,
            "Assign": {action: "{% $states.result %}"},
        }

    free = {"ConditionExpression": "attribute_not_exists(pk)"}
    item = {"pk": {"S": "sync"}, "holder": {"S": "{% $states.context.Execution.Id %}"}}
    taken = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Update"}
    update = {
        "Key": {"pk": {"S": "sync"}},
        "UpdateExpression": "SET holder = :none REMOVE nothing",
        "ConditionExpression": "holder = :me",
        "ExpressionAttributeValues": {":none": {"S": ""}, ":me": {"S": "{% $states.context.Execution.Id %}"}},
        "ReturnValues": "ALL_NEW",
    }
    states = {
        "Missing": dynamodb("getItem", "Put", Key={"pk": {"S": "nobody"}})
        | {"Output": "{% $exists($states.result.Item) %}"},
        "Put": dynamodb("putItem", "Again", Item=item, **free) | {"Output": "{% $states.input %}"},
        "Again": dynamodb("putItem", "Update", Item=item, **free)
        | {"Catch": [taken | {"Output": "{% $states.input %}"}]},
        "Update": dynamodb("updateItem", "Read", **update) | {"Output": "{% $states.input %}"},
        "Read": dynamodb("getItem", "Delete", Key={"pk": {"S": "sync"}}, ConsistentRead=True)
        | {"Output": "{% [$states.input, $states.result.Item.holder.S, $updateItem.Attributes.holder.S] %}"},
        "Delete": dynamodb("deleteItem", "Done", Key={"pk": {"S": "sync"}}) | {"Output": "{% $states.input %}"},
        "Done": {"Type": "Succeed"},
    }

    run = machines.run(states)

    assert run.output == [False, "", ""], run.cause
    failed = next(event["taskFailedEventDetails"] for event in run.history if event["type"] == "TaskFailed")
    assert (failed["resourceType"], failed["resource"]) == ("dynamodb", "putItem")


def test_a_machine_sees_how_another_execution_ended(machines: Machines) -> None:
    other = machines.run({"End": {"Type": "Succeed", "Output": {"a": 1}}})
    look = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
        "Arguments": {"ExecutionArn": "{% $states.input.arn %}"},
        "End": True,
    }

    run = machines.run({"Look": look}, {"arn": other.arn})

    assert (run.output["Status"], run.output["Output"]) == ("SUCCEEDED", '{"a":1}')
    assert run.output["StopDate"].endswith("Z")


def test_a_machine_publishes_to_a_topic(machines: Machines) -> None:
    topic = machines.aws.client("sns").create_topic(Name="alarms")["TopicArn"]
    publish = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": {"TopicArn": topic, "Subject": "s", "Message": {"totals": {"failed": 1}}},
        "End": True,
    }

    run = machines.run({"Tell": publish})

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["MessageId"]
