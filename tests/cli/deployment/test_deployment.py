"""What the commands advise about a deployment: as short as its environment's file allows."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from cli.deployment.deployment import Deployment
from cli.terminal.exit_codes import Unusable


def write(project: Path, deployment: Deployment, text: str) -> None:
    (project / "environments").mkdir()
    (project / "environments" / f"{deployment.environment}.toml").write_text(text)


@pytest.mark.usefixtures("project")
def test_without_a_file_all_settings_have_to_be_given_again(deployment: Deployment) -> None:
    place = f"--account 111122223333 --environment {deployment.environment} --region us-east-1"

    assert deployment.how_to_deploy() == f"./deploy.sh {place} and all of your own settings"
    assert deployment.how_to_restore() == f"{deployment.how_to_deploy()}, with --revert-drift after --"
    assert deployment.how_to_set("days_back", 2) == "deploy with --set days_back=2"


def test_with_a_file_one_command_says_it_all(project: Path, deployment: Deployment) -> None:
    write(project, deployment, 'account = "111122223333"\nregion = "us-east-1"\n')
    name = deployment.environment

    assert deployment.how_to_deploy() == f"./tgs deploy -e {name}"
    assert deployment.how_to_restore() == f"./tgs deploy -e {name} -- --revert-drift"
    assert deployment.how_to_set("days_back", 2) == (
        f"put days_back = 2 into environments/{name}.toml, and ./tgs deploy -e {name}"
    )


def test_another_place_than_the_files_own_is_named(project: Path, deployment: Deployment) -> None:
    write(project, deployment, 'account = "999999999999"\nregion = "eu-west-1"\n')

    assert deployment.how_to_deploy() == f"./tgs deploy -e {deployment.environment} -a 111122223333 -r us-east-1"


def test_where_nothing_is_deployed_the_environments_that_have_a_file_are_named(
    project: Path, deployment: Deployment
) -> None:
    (project / "environments").mkdir()
    for name in ("dev", "prod"):
        (project / "environments" / f"{name}.toml").write_text("")

    with pytest.raises(Unusable, match=r"Give another --environment \(dev, prod\) or --region"):
        deployment.require()


def test_a_file_that_cannot_be_read_is_not_relied_on(project: Path, deployment: Deployment) -> None:
    write(project, deployment, "colour = 1\n")

    assert deployment.how_to_deploy().startswith("./deploy.sh --account")


@pytest.mark.parametrize(("endpoint", "is_local"), [(None, False), ("http://127.0.0.1:4566", True)])
def test_only_a_local_aws_has_no_console(endpoint: str | None, is_local: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint) if endpoint else monkeypatch.delenv("AWS_ENDPOINT_URL", False)
    session = boto3.Session("a", "b", region_name="us-east-1")

    deployment = Deployment("prod", session, "111122223333", "arn:aws:iam::111122223333:user/mira")

    assert deployment.is_local == is_local
