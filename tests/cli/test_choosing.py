"""Which environment a command is about: the only one that has a file, and the one that is named of several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli import apply, cost, deploy, destroy
from cli.deployment.deployment import Deployment
from cli.terminal.exit_codes import Unusable
from cli.tgs import main

OF_A_DEPLOYMENT = (
    *(["start"], ["runs"], ["show"], ["watch"], ["check", "-o", "json"], ["tokens"], ["deploy"], ["destroy"]),
    *(["plan", "--deployed"], ["explain", "#12", "--deployed"], ["report", "--deployed"], ["report", "--run", "last"]),
)
FROM_HERE = (["plan"], ["apply"], ["explain", "#12"], ["report"], ["cost"])


@pytest.fixture
def folder(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's environments. Of a deployment that is looked for, nothing but its name and region is asked."""

    def find(environment: str, region: str | None) -> Any:
        raise Unusable(f"It would be {environment} in {region}.")

    monkeypatch.setattr(Deployment, "find", find)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for module in (apply, cost, deploy, destroy):
        monkeypatch.setattr(module, "require_tools", lambda: None)
    environments = project / "environments"
    environments.mkdir()
    return environments


def add(folder: Path, *names: str) -> None:
    for name in names:
        (folder / f"{name}.toml").write_text('account = "111122223333"\nregion = "eu-west-1"\n')


@pytest.mark.parametrize("words", OF_A_DEPLOYMENT, ids=" ".join)
def test_the_only_environment_needs_no_name_for_any_command_about_a_deployment(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, "studio")

    assert main(words) in {1, 2}

    assert "It would be studio in eu-west-1." in "".join(capsys.readouterr())


@pytest.mark.parametrize("words", [*OF_A_DEPLOYMENT, *FROM_HERE], ids=" ".join)
def test_of_several_environments_every_command_asks_for_one_in_the_same_words(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, "dev", "prod")

    assert main(words) == 2

    assert "There are several environments: dev, prod. Say which one, like -e dev" in capsys.readouterr().err


@pytest.mark.parametrize("words", OF_A_DEPLOYMENT, ids=" ".join)
def test_one_that_is_named_is_meant_whether_it_has_a_file_or_not(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, "dev", "prod")

    main([*words, "-e", "prod"])
    main([*words, "-e", "elsewhere", "-r", "us-east-1", *(["-a", "111122223333"] if words[0].startswith("de") else [])])

    shown = "".join(capsys.readouterr())
    assert "It would be prod in eu-west-1." in shown
    assert "It would be elsewhere in us-east-1." in shown


@pytest.mark.parametrize("words", FROM_HERE, ids=" ".join)
def test_what_works_from_here_needs_a_file_where_others_have_one(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add(folder, "dev", "prod")
    local = ["--local"] if words[0] in {"explain", "report"} else []

    assert main([*words, *local, "-e", "prd"]) == 2

    assert "There is no environment prd in environments/. There are: dev, prod." in capsys.readouterr().err
