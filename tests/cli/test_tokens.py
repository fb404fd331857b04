"""Setting the tokens: what is asked for, and what becomes of a prompt that nobody answers."""

from __future__ import annotations

from typing import Any

import pytest

from cli import tokens
from cli.terminal.exit_codes import WRONG_USE
from cli.tgs import main
from contract.settings import Settings


class Demo:
    """A deployment whose secrets nobody may reach."""

    environment = "demo"

    def settings(self) -> Settings:
        return Settings.from_context({"gitlab_url": "https://git.studio.example"})

    def client(self, _service: str) -> Any:
        return None


def test_a_prompt_that_ends_without_an_answer_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr(tokens, "find_deployment", lambda _environment, _region: Demo())
    monkeypatch.setattr(tokens.getpass, "getpass", end)

    exit_code = main(["tokens", "--environment", "demo"])

    assert exit_code == WRONG_USE
    printed = capsys.readouterr()
    assert printed.err == "No token was typed. Run this in a terminal, or set the secrets with the AWS CLI.\n"
    assert printed.out.splitlines() == [
        "The functions will send the Toggl token to https://api.track.toggl.com, the default, and nowhere else.",
        "The functions will send the GitLab token to https://git.studio.example, and nowhere else.",
    ]
