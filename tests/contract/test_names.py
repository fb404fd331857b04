"""The names of what is deployed: people and their scripts use them."""

from __future__ import annotations

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
