"""`tgs`: one command for everything that a person does here, each subcommand in the file of its name."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from cli.settings.environment_file import SetupProblem
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK, WRONG_USE, Unusable
from cli.terminal.text import in_words, printable
from contract.errors import SetupError, SyncError, WaitError
from local.aws.errors import LocalAwsError

SUBCOMMANDS = {
    "plan": "show what a run would do, and write nothing",
    "apply": "show the plan, ask, and carry it out from this machine",
}
"""What each does, in the order of a day; its module is imported when it is called, since some need long for it."""

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
    try:
        return int(tgs.main(arguments, prog_name="tgs", standalone_mode=False) or OK)
    except click.ClickException as error:
        error.show()
        return WRONG_USE
    except (click.Abort, KeyboardInterrupt):
        return _said("Interrupted.", INTERRUPTED)
    except BrokenPipeError:
        return _closed_pipe()
    except WaitError as error:
        return _said(f"{type(error).__name__}: try again in {in_words(error.wait_seconds)}.", FAILED)
    except (Unusable, SetupProblem) as problem:
        return _said(str(problem), WRONG_USE)
    except SetupError as error:
        return _said(f"{type(error).__name__}: {error}", WRONG_USE)
    except (SyncError, LocalAwsError) as error:
        return _said(f"{type(error).__name__}: {error}", FAILED)


def _said(text: str, exit_code: int) -> int:
    # A failing tool's last lines stay lines.
    print("\n".join(printable(line, 2_000) for line in text.splitlines()), file=sys.stderr)
    return exit_code


def _closed_pipe() -> int:
    """Whoever reads has seen enough; what is still buffered goes nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return OK
