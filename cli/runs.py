"""`tgs runs`: the latest runs of a deployment on AWS."""

from __future__ import annotations

import click

from cli.deployment.aws import refusals_as_unusable
from cli.deployment.place import find_deployment
from cli.executions.listing import COLUMNS, latest, parts_of
from cli.terminal.command import deployment_options, output_option, subcommand
from cli.terminal.console import console_on, working
from cli.terminal.exit_codes import OK
from cli.terminal.output import Format, print_csv, print_json


@subcommand(
    examples=[
        ("tgs runs", "the latest twenty"),
        ("tgs runs -n 100 -o csv", "a hundred, for a spreadsheet"),
    ]
)
@deployment_options
@click.option("-n", "--number", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many.")
@output_option
def command(*, environment: str | None, region: str | None, number: int, output: Format) -> int:
    """List the latest runs: when, by the schedule or by hand, their days, how they ended, and their totals."""
    deployment = find_deployment(environment, region)
    deployment.require()
    with refusals_as_unusable(), working(console_on(stderr=True), "reading the runs"):
        runs = latest(deployment, number)
    if output == "json":
        print_json([run.to_json() for run in runs])
    elif output == "csv":
        print_csv(COLUMNS, (run.to_json() for run in runs))
    else:
        console = console_on()
        for part in parts_of(runs, console.width):
            console.print(part)
        if not runs:
            console.print(f"It has not run yet. To try it: {deployment.command('start', '--dry-run')}", soft_wrap=True)
    return OK
