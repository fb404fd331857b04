"""Setting the tokens: what is asked for, and what becomes of a prompt that nobody answers."""

from __future__ import annotations

from typing import Any

import pytest

from cli import tokens
from cli.terminal.exit_codes import WRONG_USE


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
