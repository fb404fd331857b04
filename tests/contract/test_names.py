"""The names of what is deployed: people and their scripts use them."""

from __future__ import annotations

import pytest

from contract import names


def test_everything_that_is_deployed_has_the_agreed_name() -> None:
    assert names.stack("dev") == "TogglGitLabSync-dev"
    assert names.state_machine("dev") == "toggl-gitlab-sync-dev"
    assert [names.function("dev", role) for role in names.ROLES] == [
        "toggl-gitlab-sync-dev-fetch",
        "toggl-gitlab-sync-dev-transform",
        "toggl-gitlab-sync-dev-post",
    ]
    assert names.toggl_secret("dev") == "toggl-gitlab-sync/dev/toggl-token"
    assert names.gitlab_secret("dev") == "toggl-gitlab-sync/dev/gitlab-token"
    assert names.TOKEN_KEY == "api_token"
    assert names.function_log_group("dev", "post") == "/aws/lambda/toggl-gitlab-sync-dev-post"
    assert names.state_machine_log_group("dev") == "/aws/vendedlogs/states/toggl-gitlab-sync-dev"


@pytest.mark.parametrize("environment", ["prod", "prod-2", "toggl-gitlab-sync"])
def test_a_functions_name_says_of_which_environment_it_is(environment: str) -> None:
    assert {names.environment_of(names.function(environment, role)) for role in names.ROLES} == {environment}


@pytest.mark.parametrize("name", ["", "test", "my-fetch", "my-toggl-gitlab-sync-prod-fetch"])
def test_another_functions_name_says_nothing_of_an_environment(name: str) -> None:
    assert names.environment_of(name) == ""


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_the_console_of_each_partition_has_a_host_of_its_own(region: str, host: str) -> None:
    machine, execution = "arn:aws:states:::stateMachine:x", "arn:aws:states:::execution:x:y"

    assert names.machine_page(region, machine) == (
        f"https://{host}/states/home?region={region}#/statemachines/view/{machine}"
    )
    assert names.execution_page(region, execution) == (
        f"https://{host}/states/home?region={region}#/v2/executions/details/{execution}"
    )
