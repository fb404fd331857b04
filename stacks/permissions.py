"""What the state machine may do: exactly what its states call, in one place."""

from __future__ import annotations

from aws_cdk import ArnFormat, Aws, Stack, Token
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from contract import names
from contract.settings import Settings
from stacks.functions import Functions
from stacks.rules import acknowledge

LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
]
"""Source: the Step Functions developer guide, "Logging to CloudWatch Logs", IAM policies."""

TRACING = [
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
]
"""Source: the Step Functions developer guide, "Tracing with X-Ray", IAM policies."""


def workflow_role(
    scope: Construct, settings: Settings, functions: Functions, table: dynamodb.ITable, topic: sns.ITopic
) -> iam.Role:
    """The state machine's role."""
    executions = Stack.of(scope).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{names.state_machine(settings.environment)}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    role = iam.Role(
        scope,
        "Role",
        description=names.role_description(settings.environment, settings.region, "what the state machine may do"),
        # Source: the Step Functions developer guide, "Prevent cross-service confused deputy issue".
        assumed_by=iam.ServicePrincipal(
            "states.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        ),
    )
    # Runs in flight during a deployment keep the versions before it, but get this role.
    invoked = [functions.fetch.function_arn, *map(_all_versions, (functions.transform, functions.post))]
    for actions, resources in (
        (["lambda:InvokeFunction"], invoked),
        (["dynamodb:GetItem", "dynamodb:UpdateItem"], [table.table_arn]),
        (["states:DescribeExecution"], [executions]),
        (["sns:Publish"], [topic.topic_arn]),
        ([*LOG_DELIVERY, *TRACING], ["*"]),
    ):
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
    _explain(role, settings, functions)
    return role


def _all_versions(function: lambda_.Function) -> str:
    return f"{function.function_arn}:*"


def _explain(role: iam.Role, settings: Settings, functions: Functions) -> None:
    stack = Stack.of(role)
    acknowledge(role, "IAM5[Resource::*]", "The deliveries of logs and X-Ray's actions know no resources.")
    for function in (functions.transform, functions.post):
        resource = stack.resolve(function.function_arn)["Fn::GetAtt"][0]
        acknowledge(role, f"IAM5[Resource::<{resource}.Arn>:*]", "All versions: a run keeps those it started with.")
    account = "<AWS::AccountId>" if Token.is_unresolved(stack.account) else stack.account
    executions = f"arn:<AWS::Partition>:states:{stack.region}:{account}:execution"
    acknowledge(
        role,
        f"IAM5[Resource::{executions}:{names.state_machine(settings.environment)}:*]",
        "A run asks whether the one that holds the lock still runs, which may be any of its own state machine.",
    )
