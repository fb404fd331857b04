"""The rules that a synth is held against, and that they bite: what somebody might break is found."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.stacks.support import ROOT, Synthesis, synthesise
from tests.stacks.test_roles import (
    assert_that_access_is_given_in_no_other_way,
    assert_that_functions_have_their_own_secret_only,
    assert_that_the_state_machine_may_do_what_its_states_call_and_nothing_else,
)

if TYPE_CHECKING:
    from stacks.sync_stack import SyncStack


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


def assert_that_no_log_is_kept_for_ever(stack: Synthesis) -> None:
    groups = stack.resources("AWS::Logs::LogGroup")

    assert groups
    assert {one.get("RetentionInDays") for one in groups.values()} == {30}


def test_everything_that_can_hang_has_a_timeout(default: Synthesis) -> None:
    assert_that_everything_has_a_timeout(default)


def test_no_log_is_kept_for_ever(default: Synthesis) -> None:
    assert_that_no_log_is_kept_for_ever(default)


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


@pytest.mark.parametrize("which", ["default", "other", "unscheduled"])
def test_cfn_lint_finds_nothing_in_the_template(request: pytest.FixtureRequest, which: str) -> None:
    stack: Synthesis = request.getfixturevalue(which)

    result = subprocess.run(
        [str(Path(sys.executable).parent / "cfn-lint"), "--config-file", ".cfnlintrc", str(stack.template_file)],
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


# What somebody might break. Each change is made to the stack's own constructs, and the check above has to notice.


def let_fetch_read_the_gitlab_token(stack: SyncStack) -> None:
    storage, functions = stack.node.find_child("Storage"), stack.node.find_child("Functions")
    storage.gitlab_secret.grant_read(functions.fetch)  # type: ignore[attr-defined]


def give_fetch_a_managed_policy(stack: SyncStack) -> None:
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - takes seconds, and only the tests that synthesise need it

    fetch, secret = fetch_and_gitlab_secret(stack)
    iam.ManagedPolicy(stack, "More", roles=[fetch.role], statements=[reading(secret)])


def give_fetch_an_inline_policy_of_another_kind(stack: SyncStack) -> None:
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - as above

    fetch, secret = fetch_and_gitlab_secret(stack)
    document = iam.PolicyDocument(statements=[reading(secret)])
    iam.CfnRolePolicy(
        stack, "More", policy_name="More", role_name=fetch.role.role_name, policy_document=document.to_json()
    )


def let_the_gitlab_token_itself_name_fetch(stack: SyncStack) -> None:
    fetch, secret = fetch_and_gitlab_secret(stack)
    secret.add_to_resource_policy(reading(secret, principals=[fetch.grant_principal]))


def fetch_and_gitlab_secret(stack: SyncStack) -> tuple[Any, Any]:
    functions: Any = stack.node.find_child("Functions")
    storage: Any = stack.node.find_child("Storage")
    return functions.fetch, storage.gitlab_secret


def reading(secret: Any, **more: Any) -> Any:
    from aws_cdk import aws_iam as iam  # noqa: PLC0415 - as above

    return iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret.secret_arn], **more)


def call_post_as_it_is_now(stack: SyncStack) -> None:
    functions: Any = stack.node.find_child("Functions")
    machine: Any = stack.node.find_child("Workflow").node.find_child("StateMachine").node.default_child
    text = stack.resolve(machine.definition_string)["Fn::Join"][1]
    version, post = (stack.resolve(one) for one in (functions.post_version.function_arn, functions.post.function_arn))
    assert version in text
    machine.add_property_override(
        "DefinitionString", {"Fn::Join": ["", [post if part == version else part for part in text]]}
    )


def remove_the_timeout_of_a_function(stack: SyncStack) -> None:
    post = stack.node.find_child("Functions").node.find_child("Post").node.default_child
    post.add_property_deletion_override("Timeout")  # type: ignore[union-attr]


def remove_the_timeout_of_a_task(stack: SyncStack) -> None:
    machine = stack.node.find_child("Workflow").node.find_child("StateMachine").node.default_child
    text = stack.resolve(machine.definition_string)  # type: ignore[union-attr]
    parts = text["Fn::Join"][1]
    kept = [re.sub(r'"TimeoutSeconds":70,?', "", part) if isinstance(part, str) else part for part in parts]
    assert kept != parts
    machine.add_property_override("DefinitionString", {"Fn::Join": ["", kept]})  # type: ignore[union-attr]


def let_a_log_group_live_for_ever(stack: SyncStack) -> None:
    group = stack.node.find_child("Functions").node.find_child("PostLog").node.default_child
    group.add_property_deletion_override("RetentionInDays")  # type: ignore[union-attr]


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
        (let_a_log_group_live_for_ever, assert_that_no_log_is_kept_for_ever),
    ],
    ids=lambda function: function.__name__,
)
def test_what_somebody_might_break_is_noticed(
    tmp_path: Path, change: Callable[[SyncStack], None], check: Callable[[Synthesis], None]
) -> None:
    broken = synthesise(tmp_path, {}, change)

    with pytest.raises(AssertionError):
        check(broken)


def test_a_finding_of_the_security_rules_that_nobody_has_acknowledged_fails_the_synth(tmp_path: Path) -> None:
    from aws_cdk import aws_sqs as sqs  # noqa: PLC0415 - takes seconds, and only this test needs it

    with pytest.raises(Exception, match="AwsSolutions-SQS4"):
        synthesise(tmp_path, {}, lambda stack: sqs.Queue(stack, "Open"))  # no TLS, no dead-letter queue
