"""A run on the local AWS: what is checked before anything starts, and what it is deployed with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from cli.executions.local_run import LocalRun, prepare
from cli.settings.environment_file import SetupProblem
from cli.settings.here import read_here


@pytest.fixture(autouse=True)
def env_file(project: Path) -> Path:
    file = project / ".env"
    file.write_text("TOGGL_API_TOKEN=toggl-secret\nGITLAB_API_TOKEN=gitlab-secret\nGITLAB_URL=https://a.example\n")
    return file


def prepared(overrides: Mapping[str, str] = MappingProxyType({}), *, dry_run: bool = False) -> LocalRun:
    return prepare(read_here(None, overrides), {"days_back": 2}, overrides, dry_run=dry_run)


def test_tokens_are_in_nothing_that_is_shown_or_given_to_the_cdk() -> None:
    ready = prepared()

    assert (ready.toggl_token, ready.gitlab_token) == ("toggl-secret", "gitlab-secret")
    assert "secret" not in repr(ready) + json.dumps(dict(ready.context)) + json.dumps(dict(ready.run_input))


def test_nothing_runs_by_itself_and_a_dry_run_writes_nothing() -> None:
    assert (prepared().context["schedule"], prepared().context["dry_run"]) == ("off", "false")
    assert prepared(dry_run=True).context["dry_run"] == "true"


def test_what_concerns_aws_only_is_not_taken_along(project: Path) -> None:
    (project / "environments").mkdir()
    file = project / "environments" / "prod.toml"
    file.write_text(
        'account = "123456789012"\nregion = "eu-central-1"\nschedule = "rate(1 hour)"\nalarm_email = "m@example.com"\n'
        'timezone = "Asia/Tokyo"\n'
    )

    context = prepared().context

    assert {"account", "region"} & context.keys() == set()
    assert (context["schedule"], context["alarm_email"], context["timezone"]) == ("off", "", "Asia/Tokyo")


def test_no_token_goes_to_a_gitlab_that_nobody_has_named(env_file: Path, project: Path) -> None:
    env_file.write_text("TOGGL_API_TOKEN=toggl-secret\nGITLAB_API_TOKEN=gitlab-secret\n")

    refusal = r"^GITLAB_URL is missing, so GITLAB_API_TOKEN would go to the default server, https://gitlab\.enki\.io\."
    with pytest.raises(SetupProblem, match=refusal):
        prepared()

    assert prepared({"gitlab_url": "https://a.example"}).context["gitlab_url"] == "https://a.example"
    (project / "environments").mkdir()
    (project / "environments" / "prod.toml").write_text('gitlab_url = "https://b.example"\n')
    assert prepared().context["gitlab_url"] == "https://b.example"


@pytest.mark.parametrize("key", ["vpc_id", "subnet_ids", "security_group_ids"])
def test_the_network_of_a_deployment_is_none_of_a_local_run(key: str) -> None:
    assert prepared().context[key] == ""  # cdk.json may say otherwise
    with pytest.raises(SetupProblem, match=f"{key} cannot be set here: the functions run on this machine"):
        prepare(read_here(None), {}, {key: "x"}, dry_run=False)


def test_a_dry_run_setting_and_apply_contradict_each_other() -> None:
    with pytest.raises(SetupProblem, match="dry_run is true, but this would write"):
        prepared({"dry_run": "true"})
    # Whoever tells it to, here, means it.

    assert prepared({"dry_run": "false"}).context["dry_run"] == "false"


def test_what_a_local_run_decides_itself_is_refused() -> None:
    with pytest.raises(SetupProblem, match="schedule cannot be set here: nothing runs here by itself"):
        prepared({"schedule": "rate(1 day)"})


def test_without_a_token_nothing_starts(env_file: Path) -> None:
    env_file.write_text("TOGGL_API_TOKEN=toggl-secret\n")

    with pytest.raises(SetupProblem, match="GITLAB_API_TOKEN is missing"):
        prepared()
