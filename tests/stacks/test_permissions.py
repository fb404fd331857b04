"""Who may do what: the statements of every role, and of every policy on a resource."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from contract import names
from tests.stacks.support import Synthesis, text_of

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
    "arn:aws:states:::dynamodb:getItem": ("dynamodb:GetItem", "TableName"),
    "arn:aws:states:::dynamodb:updateItem": ("dynamodb:UpdateItem", "TableName"),
    "arn:aws:states:::aws-sdk:sfn:describeExecution": ("states:DescribeExecution", "ExecutionArn"),
    "arn:aws:states:::sns:publish": ("sns:Publish", "TopicArn"),
    "arn:aws:states:::lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
}
"""What a state's resource asks the role for, and the argument that says on what."""
OWN_EXECUTIONS = "any execution of the state machine itself"
"""What the lock's holder is, whose ARN is in the table."""
GIVES_ACCESS = re.compile(r"AWS::IAM::.*|AWS::SecretsManager::.*|AWS::Lambda::(Permission|Url)|.*Policy|.*Permission")
"""The types of resources by which somebody may be given something."""


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def role_of(stack: Synthesis, who: str) -> str:
    """The logical id of somebody's role."""
    match who:
        case "state machine":
            return str(stack.the("AWS::StepFunctions::StateMachine")["RoleArn"]["Fn::GetAtt"][0])
        case "schedule":
            return str(stack.the("AWS::Scheduler::Schedule")["Target"]["RoleArn"]["Fn::GetAtt"][0])
        case "rule":
            [target] = stack.the("AWS::Events::Rule")["Targets"]
            return str(target["RoleArn"]["Fn::GetAtt"][0])
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
        *handed_over(stack, role),
    }


WRITTEN = {
    "fetch": {"runs/*/fetching.jsonl", "runs/*/fetched.jsonl"},
    "transform": {"runs/*/settled.jsonl", "runs/*/writes/*", "runs/*/entries.jsonl"},
    "post": {"runs/*/outcomes/*"},
}
"""The files of a large run, by the function that writes them."""


def handed_over(stack: Synthesis, role: str) -> set[tuple[str, str]]:
    """What a function may do with the files of large runs."""
    [bucket] = stack.resources("AWS::S3::Bucket")
    written = {("s3:PutObject", f"<{bucket}>/{files}") for files in WRITTEN[role]}
    return written | {("s3:GetObject", f"<{bucket}>/runs/*"), ("s3:ListBucket", f"<{bucket}>")}


def assert_that_access_is_given_in_no_other_way(stack: Synthesis) -> None:
    """Whatever else gives access would not be seen by the tests of the roles' policies."""
    types = [resource["Type"] for resource in stack.template["Resources"].values()]

    assert Counter(one for one in types if GIVES_ACCESS.fullmatch(one)) == {
        "AWS::IAM::Role": 6,
        "AWS::IAM::Policy": 6,
        "AWS::S3::BucketPolicy": 1,
        "AWS::SecretsManager::Secret": 2,
        "AWS::SNS::TopicPolicy": 1,
        "AWS::SQS::QueuePolicy": 1,
    }


def assert_that_functions_have_their_own_secret_only(stack: Synthesis) -> None:
    for role, secret in (("fetch", "toggl-token"), ("transform", "gitlab-token"), ("post", "gitlab-token")):
        assert allowed(stack, role) == expected_of_a_function(stack, role, secret), role


def test_a_function_may_write_its_log_and_traces_and_read_its_own_token_and_nothing_else(default: Synthesis) -> None:
    assert_that_functions_have_their_own_secret_only(default)


def test_access_is_given_by_the_roles_own_policies_and_by_three_resources_to_services_only(default: Synthesis) -> None:
    assert_that_access_is_given_in_no_other_way(default)


def asked_for(stack: Synthesis) -> set[tuple[str, str]]:
    """What the states call, as pairs of an action and a resource."""
    return {
        (action, resource_of(stack, state["Arguments"][argument]))
        for state in tasks_of(stack)
        for action, argument in [CALLED[state["Resource"].replace("<AWS::Partition>", "aws")]]
    }


def resource_of(stack: Synthesis, called: str) -> str:
    """What a role is given for what a state calls: all versions of a function for the one that is deployed now."""
    versions = {f"<{key}>": one["FunctionName"]["Ref"] for key, one in stack.resources("AWS::Lambda::Version").items()}
    if called in versions:
        return f"<{versions[called]}>:*"
    return OWN_EXECUTIONS if called == "{% $holder %}" else called


def allowed_calls(stack: Synthesis) -> set[tuple[str, str]]:
    """What the state machine may do for its states; the rest it needs for itself."""
    own = f":execution:{stack.the('AWS::StepFunctions::StateMachine')['StateMachineName']}:*"
    by_itself = {(action, "*") for action in LOG_DELIVERY | STATE_MACHINE_TRACES}
    may = allowed(stack, "state machine")
    assert may >= by_itself
    return {(action, OWN_EXECUTIONS if resource.endswith(own) else resource) for action, resource in may - by_itself}


def assert_that_the_state_machine_may_do_what_its_states_call_and_nothing_else(stack: Synthesis) -> None:
    assert allowed_calls(stack) == asked_for(stack)


@pytest.mark.parametrize("which", ["default", "other", "unscheduled"])
def test_the_state_machine_may_do_what_its_states_call_and_nothing_else(
    request: pytest.FixtureRequest, which: str
) -> None:
    assert_that_the_state_machine_may_do_what_its_states_call_and_nothing_else(request.getfixturevalue(which))


def test_the_states_call_the_functions_the_table_the_topic_and_their_own_executions(default: Synthesis) -> None:
    table, topic = (f"<{next(iter(default.resources(kind)))}>" for kind in ("AWS::DynamoDB::Table", "AWS::SNS::Topic"))
    fetch, transform, post = (
        named(default, "AWS::Lambda::Function", "FunctionName", f"-{role}") for role in ("fetch", "transform", "post")
    )

    assert asked_for(default) == {
        ("lambda:InvokeFunction", fetch),
        ("lambda:InvokeFunction", f"{transform}:*"),
        ("lambda:InvokeFunction", f"{post}:*"),
        ("dynamodb:GetItem", table),
        ("dynamodb:UpdateItem", table),
        ("states:DescribeExecution", OWN_EXECUTIONS),
        ("sns:Publish", topic),
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
    users = ("fetch", "transform", "post", "state machine", "schedule", "rule")

    assert sorted(role_of(default, who) for who in users) == sorted(default.resources("AWS::IAM::Role"))
    assert [one for one in default.resources("AWS::IAM::Role").values() if one.get("ManagedPolicyArns")] == []


def test_a_role_is_trusted_to_its_own_service_and_for_this_account_where_that_is_what_aws_advises(
    default: Synthesis,
) -> None:
    account = {"Ref": "AWS::AccountId"}
    group = ["arn:", {"Ref": "AWS::Partition"}, ":scheduler:us-east-1:", account, ":schedule-group/default"]
    expected = {
        # No other account can give such a role to a function or a rule of its own, so these need no condition.
        **dict.fromkeys(("fetch", "transform", "post"), ("lambda.amazonaws.com", {})),
        "rule": ("events.amazonaws.com", {}),
        "state machine": ("states.amazonaws.com", {"StringEquals": {"aws:SourceAccount": account}}),
        "schedule": (
            "scheduler.amazonaws.com",
            {"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": {"Fn::Join": ["", group]}}},
        ),
    }

    for who, (service, condition) in expected.items():
        role = default.resources("AWS::IAM::Role")[role_of(default, who)]
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {
            "Action": "sts:AssumeRole",
            "Effect": "Allow",
            "Principal": {"Service": service},
            **({"Condition": condition} if condition else {}),
        }, who


def test_a_role_says_which_deployment_it_belongs_to(other: Synthesis) -> None:
    expected = names.role_description("staging-2", "eu-west-1", "")

    assert [
        one for one in other.resources("AWS::IAM::Role").values() if not one["Description"].startswith(expected)
    ] == []


def test_no_role_may_do_a_thing_with_a_star_and_only_traces_and_log_deliveries_are_on_everything(
    default: Synthesis,
) -> None:
    every = [statement for own in statements(default).values() for statement in own]
    actions = {action for statement in every for action in listed(statement["Action"])}
    on_everything = {action for one in every if "*" in listed(one["Resource"]) for action in listed(one["Action"])}

    assert [action for action in actions if "*" in action] == []
    assert on_everything == LOG_DELIVERY | STATE_MACHINE_TRACES
    assert {statement["Effect"] for statement in every} == {"Allow"}


def test_the_rule_of_stopped_runs_may_publish_to_the_topic_and_nothing_else(default: Synthesis) -> None:
    [topic] = default.resources("AWS::SNS::Topic")

    assert allowed(default, "rule") == {("sns:Publish", f"<{topic}>")}


def test_only_this_accounts_alarms_may_publish_to_the_topic_by_its_policy(default: Synthesis) -> None:
    """Any account's rule could, if EventBridge might: no condition is allowed there."""
    [topic] = default.resources("AWS::SNS::Topic")
    given = default.the("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]

    services = {one["Principal"]["Service"]: one for one in given if one["Effect"] == "Allow"}

    assert set(services) == {"cloudwatch.amazonaws.com"}
    assert {(one["Action"], text_of(one["Resource"])) for one in services.values()} == {("sns:Publish", f"<{topic}>")}
    assert services["cloudwatch.amazonaws.com"]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }
    assert [one["Condition"] for one in given if one["Effect"] == "Deny"] == [
        {"Bool": {"aws:SecureTransport": "false"}}
    ]
