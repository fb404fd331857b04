"""Deploying again by `tgs deploy`, with the app's own templates, into an AWS that keeps what was deployed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli import deploy
from cli.deployment import deployment as deployment_module
from cli.deployment.cdk import given_in
from cli.tgs import main
from contract import names
from tests.stacks.support import Synthesis, synthesise

ACCOUNT = "111122223333"
ROWS = 40


@dataclass
class Aws:
    """The clients of an account that has nothing but stacks.

    deployed: by the stack's name. compared_with: the template that each `cdk diff` was given, or None.
    """

    deployed: dict[str, Synthesis] = field(default_factory=dict)
    compared_with: list[dict[str, Any] | None] = field(default_factory=list)

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/mira"}

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        return {"Parameter": {"Name": Name, "Value": "30"}}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        self.stack(StackName)
        return {"Stacks": [{"StackName": StackName}]}

    def get_template(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        return {"TemplateBody": self.stack(StackName).template}

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 calls it
        for stack in self.deployed.values():
            for function in stack.resources("AWS::Lambda::Function").values():
                if function["FunctionName"] == FunctionName:
                    return function
        raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no"}}, "GetFunctionConfiguration")

    def stack(self, name: str) -> Synthesis:
        if name not in self.deployed:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no"}}, "DescribeStacks")
        return self.deployed[name]


@pytest.fixture
def aws(project: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """An account, and a CDK that synthesises in this process and takes every template for deployed."""
    account = Aws()
    assemblies: list[Synthesis] = []

    class Cdk:
        def __init__(self, _region: str) -> None:
            pass

        def call(self, arguments: Sequence[str]) -> int:
            if arguments[0] == "synth":
                assemblies.append(synthesise(project / f"cdk.out-{len(assemblies)}", given_in(arguments)))
                shutil.copytree(assemblies[-1].folder, project / "cdk.out", dirs_exist_ok=True)
            elif arguments[0] == "diff":
                given = arguments[arguments.index("--template") + 1] if "--template" in arguments else None
                account.compared_with.append(given and json.loads(Path(given).read_text(encoding="utf-8")))
            elif arguments[0] == "deploy":
                account.deployed[arguments[1]] = assemblies[-1]
            return 0

    monkeypatch.setattr(deploy, "Cdk", Cdk)
    monkeypatch.setattr(deploy, "require_tools", lambda: None)
    monkeypatch.setattr(deployment_module, "client_of", lambda _session, _service: account)
    for name in ("CDK_APP", "CDK_OUTPUT", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return account


def write(project: Path, environment: str, *lines: str) -> Path:
    """An environment's file with a large map, and some settings that are not the default."""
    rows = [f'"Project {n} of {environment}" = "{environment}/project-{n}"' for n in range(ROWS)]
    settings = [f'account = "{ACCOUNT}"', 'gitlab_url = "https://gitlab.example.com"', 'skip_terms = ["tea", "nap"]']
    file = project / "environments" / f"{environment}.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text("\n".join([*settings, *lines, "[project_map]", *rows]))
    return file


def settings_in(stack: Synthesis) -> dict[str, Any]:
    """All that a template says of settings: the variables, what no variable has, and which code carries the map."""
    return {
        **stack.function("fetch")["Environment"]["Variables"],
        **stack.template["Metadata"][names.SETTINGS_METADATA],
        "code": stack.function("fetch")["Code"],
        "schedule": stack.the("AWS::Scheduler::Schedule")["ScheduleExpression"],
    }


def test_of_two_environments_with_forty_projects_one_changed_line_changes_that_setting_of_that_one_only(
    project: Path, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(project, "prod", "days_back = 2", 'timezone = "Europe/Berlin"')
    write(project, "staging", "dry_run = true")
    for environment in ("prod", "staging"):
        assert main(["deploy", "-e", environment, "--yes"]) == 0
    assert "Settings that change" not in capsys.readouterr().out
    first = dict(aws.deployed)

    file.write_text(file.read_text().replace("days_back = 2", "days_back = 3"))
    assert main(["deploy", "-e", "prod", "--yes"]) == 0
    of_prod = capsys.readouterr().out
    assert main(["deploy", "-e", "staging", "--yes"]) == 0
    of_staging = capsys.readouterr().out

    told = of_prod.partition("Settings that change:\n")[2].partition("\nDeployed.")[0]
    assert told.split() == ["days_back", "2", "→", "3"]
    before, after = (settings_in(stacks[names.stack("prod")]) for stacks in (first, aws.deployed))
    assert {key: value for key, value in after.items() if before[key] != value} == {"DAYS_BACK": "3"}
    assert before.keys() == after.keys()
    assert len(after["project_map"]) > ROWS * len("prod/project-1")
    assert "Settings that change" not in of_staging
    assert aws.deployed[names.stack("staging")].template == first[names.stack("staging")].template


def test_a_change_of_the_state_machine_is_told_by_its_states_before_the_settings_and_only_on_demand_as_a_whole(
    project: Path, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(project, "prod")
    assert main(["deploy", "--yes"]) == 0
    first = aws.deployed[names.stack("prod")]
    file.write_text(f"max_concurrency = 3\ndays_back = 2\n{file.read_text()}")
    capsys.readouterr()

    assert main(["deploy", "--yes", "--verbose"]) == 0
    assert "The state machine" not in capsys.readouterr().out
    aws.deployed[names.stack("prod")] = first
    assert main(["deploy", "--yes"]) == 0

    told = capsys.readouterr().out
    changed = "TransformEntries, CreateIssues, PostBatches, PostEntries"
    states = f"The state machine: changes {changed}. Its whole definition: --verbose.\n"
    assert f"{states}Settings that change:\n  days_back        1 → 2\n  max_concurrency  10 → 3\n" in told
    whole, given = aws.compared_with
    assert whole is None
    assert given is not None
    machine, new = (
        next(one for one in template["Resources"].values() if one["Type"] == "AWS::StepFunctions::StateMachine")
        for template in (given, aws.deployed[names.stack("prod")].template)
    )
    assert machine == new
    assert given["Metadata"] == aws.deployed[names.stack("prod")].template["Metadata"]
    [own] = first.resources("AWS::StepFunctions::StateMachine")
    assert {**given["Resources"], own: first.template["Resources"][own]} == first.template["Resources"]


def test_when_nothing_but_the_state_machine_changes_the_cdk_does_not_say_that_nothing_does(
    project: Path, aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(project, "prod")
    assert main(["deploy", "--yes"]) == 0
    assert main(["deploy", "--yes"]) == 0
    assert aws.compared_with == [aws.deployed[names.stack("prod")].template]

    file.write_text(f"max_concurrency = 3\n{file.read_text()}")
    assert main(["deploy", "--yes"]) == 0

    assert len(aws.compared_with) == 1
    assert "The state machine: changes TransformEntries" in capsys.readouterr().out
