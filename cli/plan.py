"""`tgs plan`: what a run would do, decided in this process from what both services have. It only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from cli.planning.preview import COLUMNS, Preview
from cli.planning.preview_view import show_preview
from cli.planning.reading import read_preview
from cli.settings.here import Here, read_here
from cli.terminal.arguments import pairs_in
from cli.terminal.command import days_options, environment_option, output_option, set_option, subcommand
from cli.terminal.command_line import command_line
from cli.terminal.console import console_on, working
from cli.terminal.days import Days, DaysFrom
from cli.terminal.exit_codes import FAILED, OK
from cli.terminal.output import Format, print_csv, print_json
from functions.shared.clients import open_gitlab, open_toggl


@subcommand(
    examples=[
        ("tgs plan", "what the next run would do"),
        ("tgs plan yesterday", "what it would do about yesterday"),
        ("tgs plan 2026-11-03..2026-11-07 -o csv", "a week, for a spreadsheet"),
        ("tgs plan --days-back 3 --set round_time_to_minutes=6", "with a setting for this time only"),
    ]
)
@days_options
@environment_option
@set_option
@click.option("--kept", "with_kept", is_flag=True, help="Show what is on GitLab already too.")
@output_option
def command(
    *,
    days: DaysFrom | None,
    days_back: int | None,
    environment: str | None,
    overrides: tuple[str, ...],
    with_kept: bool,
    output: Format,
) -> int:
    """Show what a run would do about the days, and write nothing.

    Both services are read with the tokens of this machine, and the run's own rules decide. Without days it is what a
    run by the schedule would cover.
    """
    now = datetime.now(UTC)
    here = read_here(environment, dict(pairs_in(overrides)))
    run_input = run_input_of(days, days_back, now, here.settings.timezone)
    plan = plan_here(here, run_input, now, apply=how_to_apply(run_input, environment, overrides))
    show_in(output, plan, with_kept=with_kept)
    return OK if plan.error is None else FAILED


def plan_here(here: Here, run_input: Mapping[str, Any], now: datetime, *, apply: str) -> Preview:
    """The plan of a run with what this machine has."""
    toggl = open_toggl(here.settings, here.own.required_toggl_token())
    gitlab = open_gitlab(here.settings, here.own.required_gitlab_token())
    with working(console_on(stderr=True), "reading Toggl and GitLab"):
        return read_preview(run_input, here.settings, toggl, gitlab, now, apply=apply)


def how_to_apply(run_input: Mapping[str, Any], environment: str | None, overrides: Sequence[str]) -> str:
    """The command that carries out the plan of these days, with the same settings."""
    days = f"{Days(*map(date.fromisoformat, run_input.values()))}" if "start_date" in run_input else None
    back = ["--days-back", str(run_input["days_back"])] if "days_back" in run_input else []
    place = [] if environment is None else ["-e", environment]
    sets = [word for pair in overrides for word in ("--set", pair)]
    return command_line("apply", days, *back, *place, *sets)


def run_input_of(days: DaysFrom | None, days_back: int | None, now: datetime, timezone: str) -> dict[str, Any]:
    """The days as a run's input has them."""
    if days is not None and days_back is not None:
        raise click.UsageError("give either days or --days-back")
    if days is not None:
        return dict(days(now.astimezone(ZoneInfo(timezone)).date()).run_input())
    return {} if days_back is None else {"days_back": days_back}


def show_in(output: Format, plan: Preview, *, with_kept: bool) -> None:
    if output == "json":
        print_json(plan.to_json())
    elif output == "csv":
        print_csv(COLUMNS, (line.to_json() for line in plan.lines))
    else:
        console = console_on()
        show_preview(plan, console, with_kept=with_kept)
        if plan.writes and plan.error is None:
            console.print(f"To carry it out: {plan.apply}", soft_wrap=True)
