"""The command that says what a month costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import cost
from cli.billing.transitions import Transitions
from cli.tgs import main
from tests.cli.schemas import checked


def test_the_command_says_it_as_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "require_tools", lambda: None)
    monkeypatch.setattr(
        cost, "transitions_of_the_app", lambda _environment: Transitions(a_run=20, a_post=3, a_new_issue=2)
    )

    code = main(["cost", "--runs", "30", "--entries", "20", "-o", "json"])

    bill = checked(capsys.readouterr().out, "cost")
    assert code == 0
    assert bill["total"] == pytest.approx(sum(item["cost"] for item in bill["items"]), abs=0.001)


def test_one_of_several_environments_is_named_as_for_other_commands(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "environments").mkdir()
    for name in ("dev", "staging"):
        (project / "environments" / f"{name}.toml").write_text("")
    asked: list[str] = []

    def transitions(environment: str) -> Transitions:
        asked.append(environment)
        return Transitions(a_run=20, a_post=3, a_new_issue=2)

    monkeypatch.setattr(cost, "require_tools", lambda: None)
    monkeypatch.setattr(cost, "transitions_of_the_app", transitions)

    assert main(["cost"]) == 2
    assert "There are several environments: dev, staging." in capsys.readouterr().err
    assert main(["cost", "-e", "staging"]) == 0
    assert asked == ["staging"]


def test_a_number_that_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--runs", "-1"]) == 2

    assert "--runs" in capsys.readouterr().err
