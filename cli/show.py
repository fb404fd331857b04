"""`tgs show`: how a run on AWS ended."""

from __future__ import annotations

import click

from cli.executions.chosen import LAST, choose
from cli.executions.rows import read_run
from cli.executions.watching import WRITTEN, present
from cli.terminal.command import deployment_options, output_option, subcommand
from cli.terminal.console import console_on, working
from cli.terminal.exit_codes import FAILED, OK
from cli.terminal.output import Format


@subcommand(
    examples=[
        ("tgs show", "what the last run wrote, and what failed"),
        ("tgs show last --all", "what it left out and kept, too"),
        ("tgs show by-hand-2026-11-24T09-00-00-1a2b3c4d -o csv", "all rows of a run from the list"),
    ]
)
@click.argument("run", metavar="[RUN]", default=LAST)
@deployment_options
@click.option("--all", "every", is_flag=True, help="Every entry: what was kept and left out, too.")
@output_option
def command(*, run: str, environment: str | None, region: str | None, every: bool, output: Format) -> int:
    """Show how a run ended: the totals, what was written and what failed, of large runs too.

    RUN is last, a name of the list of runs, or an ARN. The exit code is 1 if the run failed.
    """
    deployment, arn = choose(run, environment, region)
    with working(console_on(stderr=True), "reading the run"):
        ended = read_run(deployment, arn)
    present(arn, ended, output, only=None if every else WRITTEN)
    return OK if ended.succeeded else FAILED
