"""The rules that a synth is held against, and that they bite: what somebody might break is found."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stacks.support import ROOT, Synthesis, synthesise
from tests.stacks.test_permissions import (
    assert_that_access_is_given_in_no_other_way,
    assert_that_functions_have_their_own_secret_only,
    assert_that_the_state_machine_may_do_what_its_states_call_and_nothing_else,
)


def timeouts(stack: Synthesis) -> dict[str, Any]:
    """Every place that can hang, with its timeout in seconds or None."""
    machine = {"state machine": stack.definition.get("TimeoutSeconds")}
    tasks = {name: one.get("TimeoutSeconds") for name, one in stack.states.items() if one["Type"] == "Task"}
    functions = {one["FunctionName"]: one.get("Timeout") for one in stack.resources("AWS::Lambda::Function").values()}
    return machine | tasks | functions


def assert_that_everything_has_a_timeout(stack: Synthesis) -> None:
    found = timeouts(stack)

    assert len(found) > 10
    assert {name: value for name, value in found.items() if not isinstance(value, int)} == {}


def assert_that_no_log_is_kept_forever(stack: Synthesis) -> None:
    groups = stack.resources("AWS::Logs::LogGroup")

    assert groups
    assert {one.get("RetentionInDays") for one in groups.values()} == {30}


def test_everything_that_can_hang_has_a_timeout(default: Synthesis) -> None:
    assert_that_everything_has_a_timeout(default)


def test_no_log_is_kept_forever(default: Synthesis) -> None:
    assert_that_no_log_is_kept_forever(default)


def test_every_request_of_the_functions_has_a_connect_and_a_read_timeout() -> None:
    calls = [
        node
        for path in (ROOT / "functions").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("_session.request")
    ]

    [call] = calls
    [timeout] = [keyword.value for keyword in call.keywords if keyword.arg == "timeout"]
    assert ast.unparse(timeout) == "(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)"


def test_every_construct_is_in_the_template_that_is_linted(
    default: Synthesis, other: Synthesis, unscheduled: Synthesis
) -> None:
    types = [{one["Type"] for one in stack.template["Resources"].values()} for stack in (other, default, unscheduled)]

    assert types[0] >= types[1] | types[2]


def test_cfn_lint_finds_nothing_in_the_template(other: Synthesis) -> None:
    result = subprocess.run(
        [str(Path(sys.executable).parent / "cfn-lint"), "--config-file", ".cfnlintrc", str(other.template_file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr


def test_every_exception_from_the_security_rules_has_a_reason() -> None:
    calls = [
        node
        for path in (ROOT / "stacks").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "acknowledge"
    ]

    assert len(calls) >= 8
    for call in calls:
        reason = call.args[2]
        assert isinstance(reason, ast.Constant), ast.unparse(call)
        assert re.fullmatch(r"[A-Z].{20,}\.", str(reason.value)), ast.unparse(call)


# What somebody might break. Each change is one to the template, and the check above has to notice.

Template = dict[str, Any]


def resource(template: Template, resource_type: str, ending: str = "") -> tuple[str, dict[str, Any]]:
    """The logical id and the properties of the first resource of a type, whose name ends so."""
    found = ((key, one["Properties"]) for key, one in template["Resources"].items() if one["Type"] == resource_type)
    return next((key, own) for key, own in found if any(str(value).endswith(ending) for value in own.values()))


def reading_the_gitlab_token(template: Template) -> dict[str, Any]:
    secret, _ = resource(template, "AWS::SecretsManager::Secret", "gitlab-token")
    statement = {"Action": "secretsmanager:GetSecretValue", "Effect": "Allow", "Resource": {"Ref": secret}}
    return {"Statement": [statement], "Version": "2012-10-17"}


def role_of_fetch(template: Template) -> dict[str, str]:
    _, fetch = resource(template, "AWS::Lambda::Function", "-fetch")
    return {"Ref": fetch["Role"]["Fn::GetAtt"][0]}


def add(template: Template, resource_type: str, **properties: Any) -> None:
    template["Resources"]["More"] = {"Type": resource_type, "Properties": properties}


def let_fetch_read_the_gitlab_token(template: Template) -> None:
    role = role_of_fetch(template)
    policies = [one["Properties"] for one in template["Resources"].values() if one["Type"] == "AWS::IAM::Policy"]
    [own] = [one for one in policies if one["Roles"] == [role]]
    own["PolicyDocument"]["Statement"] += reading_the_gitlab_token(template)["Statement"]


def give_fetch_a_managed_policy(template: Template) -> None:
    document = reading_the_gitlab_token(template)
    add(template, "AWS::IAM::ManagedPolicy", Roles=[role_of_fetch(template)], PolicyDocument=document)


def give_fetch_an_inline_policy_of_another_kind(template: Template) -> None:
    document = reading_the_gitlab_token(template)
    add(template, "AWS::IAM::RolePolicy", RoleName=role_of_fetch(template), PolicyDocument=document)


def let_the_gitlab_token_itself_name_fetch(template: Template) -> None:
    document = reading_the_gitlab_token(template)
    secret = document["Statement"][0]["Resource"]
    document["Statement"][0]["Principal"] = {"AWS": role_of_fetch(template)}
    add(template, "AWS::SecretsManager::ResourcePolicy", SecretId=secret, ResourcePolicy=document)


def change_the_definition(template: Template, change: Callable[[Any], Any]) -> None:
    _, machine = resource(template, "AWS::StepFunctions::StateMachine")
    parts = machine["DefinitionString"]["Fn::Join"][1]
    changed = [change(part) for part in parts]
    assert changed != parts
    machine["DefinitionString"]["Fn::Join"][1] = changed


def call_post_as_it_is_now(template: Template) -> None:
    post, _ = resource(template, "AWS::Lambda::Function", "-post")
    [version] = [
        key
        for key, one in template["Resources"].items()
        if one["Type"] == "AWS::Lambda::Version" and one["Properties"]["FunctionName"] == {"Ref": post}
    ]
    now = {"Fn::GetAtt": [post, "Arn"]}
    change_the_definition(template, lambda part: now if part == {"Ref": version} else part)


def remove_the_timeout_of_a_function(template: Template) -> None:
    _, post = resource(template, "AWS::Lambda::Function", "-post")
    del post["Timeout"]


def remove_the_timeout_of_a_task(template: Template) -> None:
    change_the_definition(
        template, lambda part: re.sub(r'"TimeoutSeconds":70,?', "", part) if isinstance(part, str) else part
    )


def let_a_log_group_live_forever(template: Template) -> None:
    _, group = resource(template, "AWS::Logs::LogGroup", "-post")
    del group["RetentionInDays"]


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (let_fetch_read_the_gitlab_token, assert_that_functions_have_their_own_secret_only),
        (give_fetch_a_managed_policy, assert_that_access_is_given_in_no_other_way),
        (give_fetch_an_inline_policy_of_another_kind, assert_that_access_is_given_in_no_other_way),
        (let_the_gitlab_token_itself_name_fetch, assert_that_access_is_given_in_no_other_way),
        (
            call_post_as_it_is_now,
            assert_that_the_state_machine_may_do_what_its_states_call_and_nothing_else,
        ),
        (remove_the_timeout_of_a_function, assert_that_everything_has_a_timeout),
        (remove_the_timeout_of_a_task, assert_that_everything_has_a_timeout),
        (let_a_log_group_live_forever, assert_that_no_log_is_kept_forever),
    ],
    ids=lambda function: function.__name__,
)
def test_what_somebody_might_break_is_noticed(
    default: Synthesis, change: Callable[[Template], None], check: Callable[[Synthesis], None]
) -> None:
    broken = default.changed(change)

    check(default)
    with pytest.raises(AssertionError):
        check(broken)


def test_a_finding_of_the_security_rules_that_nobody_has_acknowledged_fails_the_synth(tmp_path: Path) -> None:
    from aws_cdk import aws_sqs as sqs  # noqa: PLC0415 - takes seconds, and only this test needs it

    with pytest.raises(Exception, match="AwsSolutions-SQS4"):
        synthesise(tmp_path, {}, lambda stack: sqs.Queue(stack, "Open"))  # no TLS, no dead-letter queue
