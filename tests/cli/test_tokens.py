"""Setting the tokens: what is asked for, and what becomes of a prompt that nobody answers."""

from __future__ import annotations

from typing import Any

import pytest

from cli import tokens
from cli.terminal.exit_codes import WRONG_USE
from contract import names
from tests.cli.support import Place


class Demo:
    """A deployment whose secrets nobody may reach."""

    environment = "demo"

    def client(self, _service: str) -> Any:
        return None


def test_a_prompt_that_ends_without_an_answer_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(tokens.Deployment, "find", lambda _environment, _region: Demo())
    monkeypatch.setattr(tokens.getpass, "getpass", end)

    exit_code = tokens.main(["--environment", "demo"])

    assert exit_code == WRONG_USE
    assert capsys.readouterr().err == (
        "No token was typed. Run this in a terminal, or set the secrets with the AWS CLI.\n"
    )


def test_a_secret_that_is_scheduled_for_deletion_is_told_with_what_keeps_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = names.toggl_secret(place.environment)
    place.add_secrets("a", "b")
    place.aws.client("secretsmanager").delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    monkeypatch.setattr(tokens.getpass, "getpass", lambda _prompt: "a-token")

    exit_code = tokens.main(["--environment", place.environment])

    assert exit_code == WRONG_USE
    restore = f"aws secretsmanager restore-secret --secret-id {secret} --region us-east-1"
    assert f"It is scheduled for deletion. Keep it, and run this again: {restore}" in capsys.readouterr().err
