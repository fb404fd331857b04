"""The one command: its subcommands, their help, how everything ends, and the launcher."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

from cli import tgs
from cli.terminal.command import EXIT_CODES, Subcommand
from cli.terminal.exit_codes import Unusable
from contract.errors import GitLabUnavailable, InvalidInput, TogglQuotaExceeded

ROOT = Path(__file__).parents[2]
WIDTHS = (60, 80, 120, 200)


def subcommand(name: str) -> Subcommand:
    found = tgs.tgs.get_command(click.Context(tgs.tgs), name)
    assert isinstance(found, Subcommand)
    return found


@dataclass(frozen=True)
class Help:
    """What `--help` shows on a terminal of some width."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def of(self, *words: str, width: int) -> str:
        self.monkeypatch.setenv("COLUMNS", str(width))
        assert tgs.main([*words, "--help"]) == 0
        return self.capsys.readouterr().out


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Help:
    return Help(monkeypatch, capsys)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_help_lists_every_subcommand_with_what_it_does(width: int, shown: Help) -> None:
    lines = shown.of(width=width).splitlines()

    words = " ".join(" ".join(lines).split())
    assert [f"{name} {about}" for name, about in tgs.SUBCOMMANDS.items() if f"{name} {about}" not in words] == []
    assert [line for line in lines if len(line) > width or line != line.rstrip()] == []


@pytest.mark.parametrize("name", tgs.SUBCOMMANDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_help_fits_the_terminal_and_no_word_of_it_is_cut_and_an_example_can_be_copied(
    name: str, width: int, shown: Help
) -> None:
    lines = shown.of(name, width=width).splitlines()

    made = subcommand(name)
    examples = {line for line, _about in made.examples}
    assert [line for line in lines if len(line) > width and line.strip() not in examples] == []
    assert [line for line in lines if line != line.rstrip()] == []
    assert examples
    assert examples <= {line.strip() for line in lines}
    words = " ".join(" ".join(lines).split())
    options = [record for one in made.params if (record := one.get_help_record(click.Context(made)))]
    texts = [made.help or "", EXIT_CODES, *(about for _line, about in made.examples), *map(" ".join, options)]
    assert [text for text in texts if " ".join(text.split()) not in words] == []
    assert words.startswith(f"Usage: tgs {name} ")


@pytest.mark.parametrize("name", tgs.SUBCOMMANDS)
def test_every_example_of_a_help_is_one_that_the_command_takes(name: str) -> None:
    made = subcommand(name)
    for line, _about in made.examples:
        first, second, *words = shlex.split(line)
        assert (first, second) == ("tgs", name)
        made.make_context(name, words)


def test_an_option_has_the_same_meaning_everywhere() -> None:
    meanings: dict[str, set[str]] = {}
    for name in tgs.SUBCOMMANDS:
        for parameter in subcommand(name).params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                if len(option) == 2:
                    meanings.setdefault(option, set()).add(parameter.opts[-1])

    assert {option: longs for option, longs in meanings.items() if len(longs) > 1} == {}


@pytest.mark.parametrize("words", [["nonsense"], ["plan", "--nonsense"], ["plan", "tomorrow"], ["plan", "-o", "xml"]])
def test_wrong_use_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert tgs.main(words) == 2
    assert "Error: " in capsys.readouterr().err


ENDS = [
    (Unusable("Nothing is deployed there."), 2, "Nothing is deployed there."),
    (InvalidInput("days_back is too large."), 2, "days_back is too large."),
    (GitLabUnavailable("GitLab answered with HTTP 502."), 1, "GitLabUnavailable: GitLab answered with HTTP 502."),
    (
        TogglQuotaExceeded("Toggl's hourly quota of requests is used up.", 1_500, 3_600, 0),
        1,
        "TogglQuotaExceeded: Toggl's hourly quota of requests is used up. Try again in 25 minutes.",
    ),
    (KeyboardInterrupt(), 130, "Interrupted."),
    (click.Abort(), 130, "Interrupted."),
]


@pytest.mark.parametrize(("end", "exit_code", "words"), ENDS)
def test_whatever_ends_a_subcommand_is_a_line_and_an_exit_code(
    end: BaseException,
    exit_code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @click.command()
    def ending() -> None:
        raise end

    monkeypatch.setattr(tgs.tgs, "get_command", lambda _ctx, _name: ending)

    assert tgs.main(["plan"]) == exit_code
    assert capsys.readouterr() == ("", f"{words}\n")


def test_a_pipe_that_nobody_reads_any_more_is_no_error() -> None:
    shell = f"set -o pipefail; '{sys.executable}' cli/__main__.py plan --help | true"

    ended = subprocess.run(["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_offered_the_subcommands(shell: str) -> None:
    words = {"COMP_WORDS": "tgs pl", "COMP_CWORD": "1" if shell != "fish" else "pl"}
    ended = subprocess.run(
        [sys.executable, "cli/__main__.py"],
        cwd=ROOT,
        env={**os.environ, **words, "_TGS_COMPLETE": f"{shell}_complete"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "plan" in ended.stdout
    assert "apply" not in ended.stdout


class TestLauncher:
    """`./tgs`, from wherever it is called."""

    def test_it_works_from_any_folder_and_through_a_link(self, tmp_path: Path) -> None:
        link = tmp_path / "bin" / "sync"
        link.parent.mkdir()
        link.symlink_to(ROOT / "tgs")
        (tmp_path / "cli").mkdir()
        (tmp_path / "cli" / "__init__.py").write_text("raise AssertionError('the package of somebody else')")

        ended = subprocess.run([str(link), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False)

        assert (ended.returncode, ended.stderr) == (0, "")
        assert "plan" in ended.stdout
