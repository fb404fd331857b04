"""The synthesised stack as a whole: the names by which people know its parts, and what it tells them."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from contract.settings import Settings
from tests.stacks.conftest import OTHER_SETTINGS
from tests.stacks.support import Synthesis

ROLES = ("fetch", "transform", "post")
DEFAULT_NAME = "toggl-gitlab-sync-prod"
OTHER_NAME = "toggl-gitlab-sync-staging-2"


@pytest.mark.parametrize(("which", "name"), [("default", DEFAULT_NAME), ("other", OTHER_NAME)])
def test_everything_has_the_name_by_which_people_and_scripts_know_it(
    request: pytest.FixtureRequest, which: str, name: str
) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    environment = name.removeprefix("toggl-gitlab-sync-")

    assert stack.template_file.name == f"TogglGitLabSync-{environment}.template.json"
    assert stack.the("AWS::StepFunctions::StateMachine")["StateMachineName"] == name
    assert {one["FunctionName"] for one in stack.resources("AWS::Lambda::Function").values()} == {
        f"{name}-fetch",
        f"{name}-transform",
        f"{name}-post",
    }
    assert {one["Name"] for one in stack.resources("AWS::SecretsManager::Secret").values()} == {
        f"toggl-gitlab-sync/{environment}/toggl-token",
        f"toggl-gitlab-sync/{environment}/gitlab-token",
    }
    assert {one["LogGroupName"] for one in stack.resources("AWS::Logs::LogGroup").values()} == {
        f"/aws/lambda/{name}-fetch",
        f"/aws/lambda/{name}-transform",
        f"/aws/lambda/{name}-post",
        f"/aws/vendedlogs/states/{name}",
    }


def test_the_stack_goes_to_the_account_and_region_that_are_asked_for(other: Synthesis) -> None:
    manifest = json.loads((other.folder / "manifest.json").read_text())

    assert manifest["artifacts"]["TogglGitLabSync-staging-2"]["environment"] == "aws://123456789012/eu-west-1"


def test_the_other_deployment_of_these_tests_changes_every_setting() -> None:
    changed, usual = Settings.from_context(OTHER_SETTINGS), Settings()

    assert [one.name for one in fields(Settings) if getattr(changed, one.name) == getattr(usual, one.name)] == []


def test_lock_wait_and_alarm_email_reach_their_places(default: Synthesis, other: Synthesis) -> None:
    subscription = other.the("AWS::SNS::Subscription")

    assert "1234" in json.dumps(other.definition["States"]["MayWaitForTurn"])
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")
    assert default.resources("AWS::SNS::Subscription") == {}


def test_every_log_is_kept_for_a_month(default: Synthesis) -> None:
    retention = {
        one["LogGroupName"]: one.get("RetentionInDays") for one in default.resources("AWS::Logs::LogGroup").values()
    }

    assert retention
    assert set(retention.values()) == {30}


def test_the_outputs_say_what_was_deployed_and_where_to_look(default: Synthesis) -> None:
    [machine] = default.resources("AWS::StepFunctions::StateMachine")
    functions = {one["FunctionName"]: key for key, one in default.resources("AWS::Lambda::Function").items()}
    secrets = {one["Name"]: key for key, one in default.resources("AWS::SecretsManager::Secret").items()}

    assert default.outputs["StateMachineArn"] == {"Ref": machine}
    for role in ROLES:
        assert default.outputs[f"{role.capitalize()}FunctionName"] == {"Ref": functions[f"{DEFAULT_NAME}-{role}"]}
    assert default.outputs["TogglSecretArn"] == {"Ref": secrets["toggl-gitlab-sync/prod/toggl-token"]}
    assert default.outputs["GitLabSecretArn"] == {"Ref": secrets["toggl-gitlab-sync/prod/gitlab-token"]}
    assert default.outputs["ScheduleExpression"] == "cron(0 9 * * ? *) UTC"
    link, arn = default.outputs["ConsoleLink"]["Fn::Join"][1]
    assert link.startswith("https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/statemachines/")
    assert arn == {"Ref": machine}
