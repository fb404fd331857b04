"""What stands between the functions and a GitLab inside of a company: its own authority, and its network."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from contract import names
from contract.settings import Settings
from contract.values import certificates_in

_BUILD = Path(__file__).parent.parent / "build" / "authorities"

_INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""What Lambda needs to put a function into a network: AWS's managed policy AWSLambdaVPCAccessExecutionRole."""


def authority_layers(scope: Construct, settings: Settings) -> list[lambda_.ILayerVersion]:
    """The layer with the certificates of `ca_certificate`; none when there are none.

    A layer, since a variable has no room for them, and the folder of a layer's packages is found wherever it runs.
    """
    if not settings.ca_certificate:
        return []
    pem = "\n".join(certificates_in(settings.ca_certificate)) + "\n"
    folder = _BUILD / hashlib.sha256(pem.encode()).hexdigest()[:16]
    file = folder / "python" / names.CA_CERTIFICATE_FILE
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(pem, encoding="utf-8")
    layer = lambda_.LayerVersion(
        scope,
        "Authority",
        layer_version_name=f"{names.layer(settings.environment)}-authority",
        description="whose certificates are trusted besides the usual ones",
        code=lambda_.Code.from_asset(str(folder)),
    )
    return [layer]


def let_join(function: lambda_.Function, function_name: str, settings: Settings) -> None:
    """Put a function into the network of the settings, if they have one.

    Lambda does that with the function's own role. The function itself may not: source, AWS's page "Giving Lambda
    functions access to resources in an Amazon VPC", "Required IAM permissions".
    """
    if not settings.vpc_id:
        return
    resource = function.node.default_child
    if not isinstance(resource, lambda_.CfnFunction):
        raise TypeError("a function is no CfnFunction any more")
    resource.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
        subnet_ids=list(settings.subnet_ids), security_group_ids=list(settings.security_group_ids)
    )
    itself = Stack.of(function).format_arn(
        service="lambda",
        resource="function",
        resource_name=function_name,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    function.add_to_role_policy(iam.PolicyStatement(actions=list(_INTERFACES), resources=["*"]))
    function.add_to_role_policy(
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=list(_INTERFACES),
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": itself}},
        )
    )
