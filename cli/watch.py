"""`tgs watch`: a run on AWS, followed to its end."""

from __future__ import annotations

import click

from cli.executions.chosen import LAST, choose
from cli.executions.watching import WRITTEN, watch
from cli.terminal.command import deployment_options, output_option, subcommand, verbose_option
from cli.terminal.output import Format


@subcommand(
    examples=[
        ("tgs watch", "the last run, which may still be under way"),
        ("tgs watch by-hand-2026-11-24T09-00-00-1a2b3c4d", "a run from the list"),
    ]
)
@click.argument("run", metavar="[RUN]", default=LAST)
@deployment_options
@verbose_option
@output_option
def command(*, run: str, environment: str | None, region: str | None, verbose: bool, output: Format) -> int:
    """Follow a run until it ends, then show what it wrote.

    RUN is last, a name of the list of runs, or an ARN. Ctrl-C ends the watching, never the run.
    """
    deployment, arn = choose(run, environment, region)
    return watch(deployment, arn, output, only=WRITTEN, verbose=verbose)
