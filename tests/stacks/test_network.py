"""A GitLab inside of a company: the functions trust its authority, and run in its network."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import certifi
import pytest

from contract.names import CA_CERTIFICATE_FILE
from contract.values import certificates_in
from tests.stacks.support import Synthesis, synthesise
from tests.stacks.test_permissions import listed, role_of, statements

ROLES = ("fetch", "transform", "post")
INTERFACES = {
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
}
"""Those of AWS's managed policy AWSLambdaVPCAccessExecutionRole, but for the logs."""


@pytest.fixture(scope="module")
def in_a_company(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    """Deployed by somebody whose files nobody else may read, with a private key in the same file."""
    folder = tmp_path_factory.mktemp("company")
    one, another = certificates_in(certifi.where())[:2]
    key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    (folder / "corp.pem").write_text(f"{one}\n{key}\n{another}\n", encoding="utf-8")
    context = {
        "ca_certificate": str(folder / "corp.pem"),
        "vpc_id": "vpc-0a1b2c3d",
        "subnet_ids": "subnet-0a1b2c3d,subnet-0a1b2c3e",
        "security_group_ids": "sg-0a1b2c3d",
    }
    umask = os.umask(0o077)
    try:
        return synthesise(folder / "out", context)
    finally:
        os.umask(umask)


def authority(stack: Synthesis) -> tuple[str, Path]:
    """The logical id of the layer with the certificates, and the folder that becomes it."""
    [(key, resource)] = [
        (key, one)
        for key, one in stack.template["Resources"].items()
        if one["Type"] == "AWS::Lambda::LayerVersion" and one["Properties"]["LayerName"].endswith("-authority")
    ]
    digest = resource["Properties"]["Content"]["S3Key"].removesuffix(".zip")
    files: dict[str, Any] = json.loads(next(stack.folder.glob("*.assets.json")).read_text(encoding="utf-8"))["files"]
    return key, stack.folder / files[digest]["source"]["path"]


@pytest.mark.parametrize("role", ROLES)
def test_every_function_gets_the_certificates_beside_its_packages(in_a_company: Synthesis, role: str) -> None:
    key, folder = authority(in_a_company)

    assert {"Ref": key} in in_a_company.function(role)["Layers"]
    assert len(in_a_company.function(role)["Layers"]) == 2
    # `python` in a layer is on the functions' path, where functions.shared.authorities looks for the file.
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()] == [
        f"python/{CA_CERTIFICATE_FILE}"
    ]


def test_nothing_but_the_certificates_of_the_file_leaves_this_machine(in_a_company: Synthesis) -> None:
    file = authority(in_a_company)[1] / "python" / CA_CERTIFICATE_FILE

    assert certificates_in(str(file)) == certificates_in(certifi.where())[:2]
    assert "PRIVATE" not in file.read_text(encoding="utf-8")


def test_lambda_can_read_the_certificates_whatever_the_umask_is(in_a_company: Synthesis) -> None:
    _key, folder = authority(in_a_company)

    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o644}


@pytest.mark.parametrize("role", ROLES)
def test_every_function_runs_in_the_network(in_a_company: Synthesis, role: str) -> None:
    assert in_a_company.function(role)["VpcConfig"] == {
        "SubnetIds": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
        "SecurityGroupIds": ["sg-0a1b2c3d"],
    }


@pytest.mark.parametrize("role", ROLES)
def test_lambda_may_make_a_functions_interfaces_and_the_function_itself_may_not(
    in_a_company: Synthesis, role: str
) -> None:
    about = [
        one
        for one in statements(in_a_company)[role_of(in_a_company, role)]
        if any(action.startswith("ec2:") for action in listed(one["Action"]))
    ]

    allowing, denying = sorted(about, key=lambda one: str(one["Effect"]))
    # The CDK puts statements together that allow something on the same resource.
    allowed = {action for action in allowing["Action"] if not action.startswith("xray:")}
    assert (allowing["Effect"], allowed, allowing["Resource"]) == ("Allow", INTERFACES, "*")
    assert (denying["Effect"], set(denying["Action"]), denying["Resource"]) == ("Deny", INTERFACES, "*")
    [itself] = denying["Condition"]["ArnEquals"].values()
    assert json.dumps(itself).endswith(f':function:toggl-gitlab-sync-prod-{role}"]]}}')


@pytest.mark.parametrize("role", ROLES)
def test_a_function_is_not_made_before_its_role_may_join_the_network(in_a_company: Synthesis, role: str) -> None:
    resources = in_a_company.template["Resources"]
    [function] = [
        one
        for one in resources.values()
        if one["Properties"].get("FunctionName", "").__class__ is str
        and one["Type"] == "AWS::Lambda::Function"
        and one["Properties"]["FunctionName"].endswith(f"-{role}")
    ]

    policies = {
        key
        for key, one in resources.items()
        if one["Type"] == "AWS::IAM::Policy" and {"Ref": role_of(in_a_company, role)} in one["Properties"]["Roles"]
    }

    assert policies
    assert policies <= set(function["DependsOn"])


@pytest.mark.parametrize("role", ROLES)
def test_without_these_settings_nothing_of_it_is_there(default: Synthesis, role: str) -> None:
    assert "VpcConfig" not in default.function(role)
    assert len(default.function(role)["Layers"]) == 1
    assert not [one for one in statements(default)[role_of(default, role)] if "ec2:" in json.dumps(one["Action"])]
