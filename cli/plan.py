"""`tgs plan`: what a run would do, decided in this process from what both services have. It only reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from cli.planning.preview import COLUMNS, Preview
from cli.planning.preview_view import show_preview
from cli.planning.reading import read_preview
from cli.planning.services import Services, refused_tokens_here, services_for
from cli.terminal import clock
from cli.terminal.asked import Asked, run_options
from cli.terminal.command import output_option, region_option, subcommand
from cli.terminal.console import console_on, working
from cli.terminal.exit_codes import FAILED, OK
from cli.terminal.output import Format, print_csv, print_json


@subcommand(
    examples=[
        ("tgs plan", "what the next run would do"),
        ("tgs plan yesterday", "what it would do about yesterday"),
        ("tgs plan 2026-11-03..2026-11-07 -o csv", "a week, for a spreadsheet"),
        ("tgs plan -e prod --deployed", "what the deployment's next run would do"),
        ("tgs plan --days-back 3 --set round_time_to_minutes=6", "with a setting for this time only"),
    ]
)
@run_options
@region_option
@click.option("--deployed", is_flag=True, help="Plan with the settings, secrets and record of the deployment on AWS.")
@click.option("--kept", "with_kept", is_flag=True, help="Show what is on GitLab already too.")
@output_option
def command(
    *,
    asked: Asked,
    region: str | None,
    deployed: bool,
    with_kept: bool,
    output: Format,
) -> int:
    """Show what a run would do about the days, and write nothing.

    Both services are read with the tokens of this machine, and the run's own rules decide. Without days it is what a
    run by the schedule would cover.
    """
    now = clock.now()
    services = services_for(asked.environment, region, asked.settings(), deployed=deployed)
    run_input = asked.run_input(now, services.settings.timezone)
    next_step = asked.command_line("start" if deployed else "apply", run_input)
    plan = read_plan(services, run_input, now, next_step=next_step)
    _show(output, plan, with_kept=with_kept)
    return OK if plan.error is None else FAILED


def read_plan(services: Services, run_input: Mapping[str, Any], now: datetime, *, next_step: str) -> Preview:
    """The plan of a run. next_step: the command that carries it out."""
    settings = services.settings
    reading = f"reading {settings.toggl_url} and {settings.gitlab_url}"
    with working(console_on(stderr=True), reading), refused_tokens_here(services):
        return read_preview(
            run_input,
            settings,
            services.toggl,
            services.gitlab,
            now,
            state=services.state,
            apply=next_step,
        )


def _show(output: Format, plan: Preview, *, with_kept: bool) -> None:
    if output == "json":
        print_json(plan.to_json())
    elif output == "csv":
        print_csv(COLUMNS, (line.to_json() for line in plan.lines))
    else:
        console = console_on()
        show_preview(plan, console, with_kept=with_kept)
        if plan.writes and plan.error is None:
            console.print(f"To carry it out: {plan.apply}", soft_wrap=True)
