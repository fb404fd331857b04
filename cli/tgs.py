"""`tgs`: one command for everything that a person does here, each subcommand in the file of its name."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module

import click
from click.shell_completion import CompletionItem, shell_complete

from cli.settings.environment_file import SetupProblem
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK, WRONG_USE, Unusable
from cli.terminal.text import printable, time_in_words
from contract.errors import InvalidInput, InvalidSettings, SetupError, SyncError, WaitError
from local.aws.errors import LocalAwsError

SUBCOMMANDS = {
    "init": "set an environment up, with questions",
    "plan": "show what a run would do, and write nothing",
    "apply": "show the plan, ask, and carry it out from this machine",
    "explain": "say why an entry is where it is",
    "start": "start a run on AWS, and follow it",
    "report": "report how much time went where, and what is missing",
    "runs": "list the latest runs on AWS",
    "show": "show how a run on AWS ended",
    "watch": "follow a run on AWS to its end",
    "check": "check a deployment, and say what to fix",
    "tokens": "put the API tokens into a deployment's secrets",
    "deploy": "deploy an environment to AWS, or change it",
    "destroy": "remove an environment from AWS for good",
    "cost": "say what a month costs on AWS",
    "demo": "play a synced day on this machine, without any account",
}
"""What each does, in the order of a day; its module is imported when it is called, since some need long for it."""

_NAME = "tgs"
_COMPLETION_VARIABLE = "_TGS_COMPLETE"
_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Subcommands(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(SUBCOMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in SUBCOMMANDS:
            return None
        found: click.Command = import_module(f"cli.{cmd_name}").command
        return found

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUBCOMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        found = [CompletionItem(name, help=about) for name, about in SUBCOMMANDS.items() if name.startswith(incomplete)]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(cls=_Subcommands, context_settings=_CONTEXT)
def tgs() -> None:
    """Time tracked in Toggl Track appears on GitLab issues."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; whatever ends it becomes a line on standard error and an exit code."""
    if instruction := os.environ.get(_COMPLETION_VARIABLE):
        return shell_complete(tgs, {}, _NAME, _COMPLETION_VARIABLE, instruction)
    try:
        exit_code = _run(sys.argv[1:] if arguments is None else list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever reads has seen enough; what is still buffered goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return exit_code


def _run(arguments: list[str]) -> int:
    try:
        with tgs.make_context(_NAME, arguments) as context:
            return int(tgs.invoke(context) or OK)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return WRONG_USE
    except (click.Abort, KeyboardInterrupt):
        if sys.stdin.isatty():
            print(file=sys.stderr)  # below the question, or the terminal's ^C
        return _said("Interrupted.", INTERRUPTED)
    except (Unusable, SetupProblem, SetupError) as problem:
        return _said(_in_a_line(problem), WRONG_USE)
    except (SyncError, LocalAwsError) as problem:
        return _said(_in_a_line(problem), FAILED)


def _in_a_line(error: Exception) -> str:
    if not isinstance(error, SyncError) or isinstance(error, InvalidInput | InvalidSettings):
        return str(error)
    name = type(error).__name__
    if not isinstance(error, WaitError):
        return f"{name}: {error}"
    # Nobody waits here, so what it says of waiting is not meant.
    what = re.split(r" Waiting [0-9]+ s\.| It will work again in ", error.message)[0]
    return f"{name}: {what} Try again in {time_in_words(error.wait_seconds)}."


def _said(text: str, exit_code: int) -> int:
    # A failing tool's last lines stay lines.
    print("\n".join(printable(line, 2_000) for line in text.splitlines()), file=sys.stderr)
    return exit_code
