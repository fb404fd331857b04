"""What a deployment is going to be set to, by its arguments and cdk.json."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from cli.deployment.intended import Intended, given_in, intended, main
from contract.errors import InvalidSettings
from contract.settings import Settings
from tests.cli.deployment.support import in_folder_with
from tests.stacks.conftest import OTHER_SETTINGS


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ("-c days_back=2", {"days_back": "2"}),
        ("--context days_back=2", {"days_back": "2"}),
        ("--context=days_back=2", {"days_back": "2"}),
        ("-c=days_back=2", {"days_back": "2"}),
        ("-c gitlab_url=https://a.example/b=c", {"gitlab_url": "https://a.example/b=c"}),
        ("-c days_back=2 --quiet -c days_back=3", {"days_back": "3"}),
        ("-c schedule='cron(0 9 * * ? *)'", {"schedule": "cron(0 9 * * ? *)"}),
        ("--method direct --parameters days_back=2", {}),
        ("-c nonsense", {}),
        ("--quiet -c", {}),
        ("", {}),
    ],
)
def test_what_the_cdk_is_given_is_found_among_its_arguments(arguments: str, given: dict[str, str]) -> None:
    assert given_in(shlex.split(arguments)) == given


def test_the_command_line_counts_more_than_cdk_json_and_both_are_named() -> None:
    next_one = intended(["-c", "days_back=2"], {"days_back": 5, "dry_run": True, "@aws-cdk/core:x": True})

    assert (next_one.settings.days_back, next_one.settings.dry_run) == (2, True)
    assert {"days_back", "dry_run"} <= next_one.named
    assert "timezone" not in next_one.named


def test_the_place_is_printed_for_the_scripts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_folder_with(tmp_path, monkeypatch, {"environment": "staging"})

    assert main(["-c", "region=eu-west-1"]) == 0
    assert capsys.readouterr().out == "staging eu-west-1\n"


@pytest.mark.parametrize("text", ["", "{", '{"context": {"dry_runn": true}}'])
def test_a_cdk_json_that_cannot_be_used_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cdk.json").write_text(text)

    assert main([]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)


def test_a_setting_that_is_not_allowed_is_named() -> None:
    with pytest.raises(InvalidSettings, match=r"^days_back has the value 'many'"):
        intended(["-c", "days_back=many"], {})


def test_the_next_deployment_is_what_the_synth_will_make_of_it() -> None:
    assert intended([], OTHER_SETTINGS) == Intended(Settings.from_context(OTHER_SETTINGS), frozenset(OTHER_SETTINGS))
