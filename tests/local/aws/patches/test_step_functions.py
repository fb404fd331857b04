"""What Step Functions accepts, and what it calls the errors of others."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from ministack.services import stepfunctions

from local.aws.patches.step_functions import invoke_within
from tests.local.aws.support import FUNCTION, LIMIT_BYTES, Machines, add_function, invoke


def test_a_throttled_task_is_called_too_many_requests(machines: Machines) -> None:
    add_function(machines.aws, "throttled", FUNCTION)
    machines.aws.client("lambda").put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)

    run = machines.run({"Call": invoke("throttled")})

    assert run.error == "Lambda.TooManyRequestsException"


def test_a_timeout_inside_of_a_task_is_not_the_tasks_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow_service(_resource: str, _arguments: object) -> None:
        raise TimeoutError("the service did not answer")

    monkeypatch.setattr(stepfunctions, "_invoke_resource", slow_service)

    with pytest.raises(TimeoutError, match="the service did not answer"):
        invoke_within("arn:aws:states:::lambda:invoke", {}, timeout_seconds=60)


def test_an_input_of_the_limit_is_accepted_and_one_byte_more_is_refused(machines: Machines) -> None:
    machine = machines.create({"End": {"Type": "Succeed", "Output": "done"}})

    accepted = machines.client.start_execution(stateMachineArn=machine, input=json.dumps("x" * (LIMIT_BYTES - 2)))
    with pytest.raises(ClientError, match="less than or equal to 262144") as refusal:
        machines.client.start_execution(stateMachineArn=machine, input=json.dumps("x" * (LIMIT_BYTES - 1)))

    assert machines.aws.wait_for(accepted["executionArn"]).status == "SUCCEEDED"
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


def test_an_input_that_is_not_json_is_refused(machines: Machines) -> None:
    machine = machines.create({"End": {"Type": "Succeed"}})

    with pytest.raises(machines.client.exceptions.InvalidExecutionInput):
        machines.client.start_execution(stateMachineArn=machine, input="{")


def test_starting_the_same_name_and_input_again_gives_the_running_execution(machines: Machines) -> None:
    machine = machines.create({"Pause": {"Type": "Wait", "Seconds": 30, "End": True}})
    start = {"stateMachineArn": machine, "name": "once", "input": '{"a": 1}'}

    first = machines.client.start_execution(**start)
    again = machines.client.start_execution(**start)
    with pytest.raises(machines.client.exceptions.ExecutionAlreadyExists):
        machines.client.start_execution(**{**start, "input": "{}"})

    assert again["executionArn"] == first["executionArn"]
    assert machines.aws.wait_for(first["executionArn"]).status == "SUCCEEDED"
    with pytest.raises(machines.client.exceptions.ExecutionAlreadyExists):
        machines.client.start_execution(**start)


def test_sdk_errors_have_the_java_sdks_names(machines: Machines) -> None:
    arguments = {
        "TableName": "missing",
        "Key": {"pk": {"S": "x"}},
    }
    dynamodb = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
        "Arguments": arguments,
        "End": True,
    }
    execution = {"ExecutionArn": "arn:aws:states:us-east-1:111122223333:execution:none:none"}
    states = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
        "Arguments": execution,
        "End": True,
    }

    assert machines.run({"Get": dynamodb}).error == "DynamoDb.ResourceNotFoundException"
    assert machines.run({"Look": states}).error == "Sfn.ExecutionDoesNotExistException"
