"""Who may do what: the statements of every role, and of every policy on a resource."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.house import Synthesis, text_of

Statement = tuple[str, ...]

TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
LOG_DELIVERY = {
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
STATE_MACHINE_TRACES = {*TRACES, "xray:GetSamplingRules", "xray:GetSamplingTargets"}
CALLED = {
    "arn:aws:states:::dynamodb:getItem": "dynamodb:GetItem",
    "arn:aws:states:::dynamodb:updateItem": "dynamodb:UpdateItem",
    "arn:aws:states:::aws-sdk:sfn:describeExecution": "states:DescribeExecution",
    "arn:aws:states:::sns:publish": "sns:Publish",
    "arn:aws:states:::lambda:invoke": "lambda:InvokeFunction",
}
"""What a state's resource asks the role for."""


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def role_of(stack: Synthesis, who: str) -> str:
    """The logical id of somebody's role."""
    match who:
        case "state machine":
            return str(stack.the("AWS::StepFunctions::StateMachine")["RoleArn"]["Fn::GetAtt"][0])
        case "schedule":
            return str(stack.the("AWS::Scheduler::Schedule")["Target"]["RoleArn"]["Fn::GetAtt"][0])
    return str(stack.function(who)["Role"]["Fn::GetAtt"][0])


def statements(stack: Synthesis) -> dict[str, list[dict[str, Any]]]:
    """Every statement of every identity policy, by the logical id of the role that has it."""
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in stack.resources("AWS::IAM::Role")}
    for policy in stack.resources("AWS::IAM::Policy").values():
        for role in policy["Roles"]:
            found[role["Ref"]] += policy["PolicyDocument"]["Statement"]
    for key, role in stack.resources("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            found[key] += policy["PolicyDocument"]["Statement"]
    return found


def allowed(stack: Synthesis, who: str) -> set[tuple[str, str]]:
    """What somebody may do, as pairs of an action and a resource."""
    return {
        (action, text_of(resource))
        for statement in statements(stack)[role_of(stack, who)]
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }


def named(stack: Synthesis, resource_type: str, key: str, ending: str) -> str:
    """A reference to the resource whose property ends so."""
    [found] = [name for name, one in stack.resources(resource_type).items() if one[key].endswith(ending)]
    return f"<{found}>"


def expected_of_a_function(stack: Synthesis, role: str, secret: str) -> set[tuple[str, str]]:
    log = named(stack, "AWS::Logs::LogGroup", "LogGroupName", f"-{role}")
    return {
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        *((action, "*") for action in TRACES),
        ("secretsmanager:GetSecretValue", named(stack, "AWS::SecretsManager::Secret", "Name", secret)),
    }


def assert_that_functions_have_their_own_secret_only(stack: Synthesis) -> None:
    for role, secret in (("fetch", "toggl-token"), ("transform", "gitlab-token"), ("post", "gitlab-token")):
        assert allowed(stack, role) == expected_of_a_function(stack, role, secret), role


def test_a_function_may_write_its_log_and_traces_and_read_its_own_token_and_nothing_else(default: Synthesis) -> None:
    assert_that_functions_have_their_own_secret_only(default)


@pytest.mark.parametrize("which", ["default", "other", "unscheduled"])
def test_the_state_machine_may_do_what_its_states_call_and_nothing_else(
    request: pytest.FixtureRequest, which: str
) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    table, topic = (f"<{next(iter(stack.resources(kind)))}>" for kind in ("AWS::DynamoDB::Table", "AWS::SNS::Topic"))
    fetch, transform, post = (
        named(stack, "AWS::Lambda::Function", "FunctionName", f"-{role}") for role in ("fetch", "transform", "post")
    )
    machine = stack.the("AWS::StepFunctions::StateMachine")["StateMachineName"]

    may = allowed(stack, "state machine")

    by_itself = {(action, "*") for action in LOG_DELIVERY | STATE_MACHINE_TRACES}
    calls = may - by_itself
    [executions] = [resource for action, resource in calls if action == "states:DescribeExecution"]
    assert may >= by_itself
    assert calls == {
        ("lambda:InvokeFunction", fetch),
        ("lambda:InvokeFunction", f"{transform}:*"),
        ("lambda:InvokeFunction", f"{post}:*"),
        ("dynamodb:GetItem", table),
        ("dynamodb:UpdateItem", table),
        ("states:DescribeExecution", executions),
        ("sns:Publish", topic),
    }
    assert executions.endswith(f":execution:{machine}:*")


def test_every_state_that_calls_something_is_allowed_to(default: Synthesis) -> None:
    resources = {state["Resource"].replace("<AWS::Partition>", "aws") for state in tasks_of(default)}

    actions = {action for action, _resource in allowed(default, "state machine")}

    assert resources == set(CALLED)
    assert {CALLED[resource] for resource in resources} == {
        action for action in actions if action.split(":")[0] not in {"logs", "xray"}
    }


def tasks_of(stack: Synthesis) -> list[dict[str, Any]]:
    return [state for state in stack.states.values() if state["Type"] == "Task"]


def test_the_schedule_may_start_the_state_machine_and_say_that_it_could_not(default: Synthesis) -> None:
    [machine] = default.resources("AWS::StepFunctions::StateMachine")
    [queue] = default.resources("AWS::SQS::Queue")

    assert allowed(default, "schedule") == {
        ("states:StartExecution", f"<{machine}>"),
        ("sqs:SendMessage", f"<{queue}>"),
    }


def test_there_is_no_other_role_and_each_is_used_by_one(default: Synthesis) -> None:
    users = ("fetch", "transform", "post", "state machine", "schedule")

    assert sorted(role_of(default, who) for who in users) == sorted(default.resources("AWS::IAM::Role"))
    assert [one for one in default.resources("AWS::IAM::Role").values() if one.get("ManagedPolicyArns")] == []


def test_no_role_may_do_a_thing_with_a_star_and_only_traces_and_log_deliveries_are_on_everything(
    default: Synthesis,
) -> None:
    every = [statement for own in statements(default).values() for statement in own]
    actions = {action for statement in every for action in listed(statement["Action"])}
    on_everything = {action for one in every if "*" in listed(one["Resource"]) for action in listed(one["Action"])}

    assert [action for action in actions if "*" in action] == []
    assert on_everything == LOG_DELIVERY | STATE_MACHINE_TRACES
    assert {statement["Effect"] for statement in every} == {"Allow"}


def test_only_alarms_and_the_rule_may_publish_to_the_topic_from_outside(default: Synthesis) -> None:
    [topic] = default.resources("AWS::SNS::Topic")
    given = default.the("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    services = {one["Principal"]["Service"]: one for one in given if one["Effect"] == "Allow"}

    assert set(services) == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
    assert {(one["Action"], text_of(one["Resource"])) for one in services.values()} == {("sns:Publish", f"<{topic}>")}
    assert services["cloudwatch.amazonaws.com"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
    assert [one["Condition"] for one in given if one["Effect"] == "Deny"] == [
        {"Bool": {"aws:SecureTransport": "false"}}
    ]


def test_the_queue_is_encrypted_and_refuses_what_is_not(default: Synthesis) -> None:
    queue = default.the("AWS::SQS::Queue")
    denials = [
        one for one in default.the("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"
    ]

    assert queue["SqsManagedSseEnabled"] is True
    assert [one["Condition"] for one in denials] == [{"Bool": {"aws:SecureTransport": "false"}}]
