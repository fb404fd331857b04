"""What the commands advise about a deployment: as short as its environment's file allows."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.deployment.deployment import Deployment
from cli.terminal.exit_codes import Unusable
from contract import names
from tests.cli.support import ROLE, machine


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


@pytest.mark.parametrize(
    ("region", "deployed", "words"),
    [
        (
            "eu-west-1",
            [],
            "No environment is deployed there. Give another --region, or deploy it: ./deploy.sh --account",
        ),
        ("eu-west-2", ["demo"], "Deployed there: demo: say -e demo. Give another --region, or deploy it: "),
        (
            "eu-west-3",
            ["demo", "acme"],
            "Deployed there: acme, demo: say which one with -e. Give another --region, or ",
        ),
    ],
)
@pytest.mark.usefixtures("place")
def test_where_an_environment_is_not_deployed_those_that_are_there_are_named_and_no_others(
    project: Path, region: str, deployed: list[str], words: str
) -> None:
    (project / "environments").mkdir()
    (project / "environments" / "dev.toml").write_text("")
    missing = Deployment.find("prod", region)
    for name in (*(names.state_machine(one) for one in deployed), "of-somebody-else"):
        missing.client("stepfunctions").create_state_machine(name=name, roleArn=ROLE, definition=machine())

    with pytest.raises(Unusable) as raised:
        missing.require()

    assert str(raised.value).startswith(
        f"There is no toggl-gitlab-sync-prod in {region} of account 111122223333. {words}"
    )
    assert "dev" not in str(raised.value)


def test_who_may_not_list_what_is_there_hears_that(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> list[str]:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "ListStateMachines")

    monkeypatch.setattr(deployment, "environments", refused)

    with pytest.raises(Unusable, match=r"Which environments are deployed there cannot be seen\. Give another --region"):
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
