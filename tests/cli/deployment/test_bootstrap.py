"""How an account is made ready for the CDK, under the CDK's names or a company's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.deployment import account, bootstrap
from cli.deployment.account import NOT_BOOTSTRAPPED
from cli.deployment.bootstrap import Bootstrap, bootstrap_of
from cli.terminal.exit_codes import OK, WRONG_USE
from tests.cli.support import Place

PLACE = ["--account", "111122223333", "--region", "us-east-1"]
OWN = {"toolkitStackName": "StudioToolkit", "context": {"@aws-cdk/core:bootstrapQualifier": "studio"}}


def in_folder_with(folder: Path, monkeypatch: pytest.MonkeyPatch, cdk_file: object) -> None:
    monkeypatch.chdir(folder)
    (folder / "cdk.json").write_text(json.dumps(cdk_file))


@pytest.mark.parametrize(
    ("arguments", "in_file", "expected"),
    [
        ([], {}, Bootstrap("hnb659fds", "CDKToolkit")),
        ([], OWN, Bootstrap("studio", "StudioToolkit")),
        (["-c", "@aws-cdk/core:bootstrapQualifier=other"], OWN, Bootstrap("other", "StudioToolkit")),
        (["--toolkit-stack-name", "Other"], OWN, Bootstrap("studio", "Other")),
        (["--quiet", "--toolkit-stack-name=Other"], OWN, Bootstrap("studio", "Other")),
    ],
)
def test_names_of_ones_own_are_taken_from_where_the_cdk_takes_them(
    arguments: list[str], in_file: dict[str, object], expected: Bootstrap
) -> None:
    assert bootstrap_of(arguments, in_file) == expected


def test_an_account_is_ready_when_the_bootstrap_of_its_own_name_is_there(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = place.aws.client("ssm")
    parameters.put_parameter(Name="/cdk-bootstrap/studio/version", Value="30", Type="String")

    in_folder_with(tmp_path, monkeypatch, OWN)
    assert account.main(PLACE) == OK
    in_folder_with(tmp_path, monkeypatch, {})
    assert account.main([*PLACE, "-c", "@aws-cdk/core:bootstrapQualifier=studio"]) == OK
    assert account.main(PLACE) == NOT_BOOTSTRAPPED
    assert "is not bootstrapped for the CDK in us-east-1 (qualifier hnb659fds)" in capsys.readouterr().out


def cdk_that(ends_with: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command that only writes down how it was called."""
    command = folder / "cdk"
    command.write_text(f'#!/bin/sh\necho "$@ in $PWD" > {folder}/called\nexit {ends_with}\n')
    command.chmod(0o755)
    (folder / "build").mkdir()
    monkeypatch.setattr(bootstrap, "COMMAND", command)
    monkeypatch.setattr(bootstrap, "PROJECT_ROOT", folder)
    return folder / "called"


def test_it_is_bootstrapped_under_its_own_names_from_a_folder_without_an_app(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = cdk_that(0, tmp_path, monkeypatch)
    in_folder_with(tmp_path, monkeypatch, OWN)

    assert bootstrap.main(PLACE) == OK
    assert called.read_text() == (
        "bootstrap aws://111122223333/us-east-1 --qualifier studio --toolkit-stack-name StudioToolkit"
        f" in {tmp_path}/build\n"
    )


def test_where_that_is_forbidden_the_message_says_what_the_administrator_must_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cdk_that(1, tmp_path, monkeypatch)
    in_folder_with(tmp_path, monkeypatch, {})

    assert bootstrap.main(PLACE) == WRONG_USE

    message = capsys.readouterr().err
    assert "Account 111122223333 could not be bootstrapped in us-east-1" in message
    assert "Ask an administrator of the account to run npx cdk bootstrap aws://111122223333/us-east-1 here" in message
    assert '"toolkitStackName", and under "context" "@aws-cdk/core:bootstrapQualifier"' in message
