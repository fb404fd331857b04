"""`tgs apply`: the plan, a question, and then the state machine, deployed to a local AWS on this machine."""

from __future__ import annotations

import sys

import click

from cli.executions.ended import Ended
from cli.executions.lines import Line
from cli.executions.local_run import LocalRun, carry_out, prepare
from cli.executions.report import ROW_COLUMNS, rows_of
from cli.executions.summary import show
from cli.plan import read_plan
from cli.planning.preview_view import show_preview
from cli.planning.services import Services
from cli.settings.here import read_here
from cli.terminal import clock
from cli.terminal.asked import Asked, run_options
from cli.terminal.asking import agreed
from cli.terminal.command import output_option, subcommand, verbose_option, yes_option
from cli.terminal.console import console_on
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK
from cli.terminal.output import Format, print_csv, print_json
from cli.terminal.prerequisites import require_tools
from cli.terminal.text import printable
from functions.shared.instants import format_instant


@subcommand(
    examples=[
        ("tgs apply yesterday", "show yesterday's plan, ask, post it"),
        ("tgs apply 2026-11 --yes", "a whole month, without asking"),
        ("tgs apply --dry-run", "let the state machine itself plan, and write nothing"),
    ]
)
@run_options
@yes_option
@click.option("--dry-run", is_flag=True, help="Run the state machine, but write nothing to GitLab.")
@click.option("--keep", is_flag=True, help="Leave the local AWS running afterwards, to look around.")
@verbose_option
@output_option
def command(
    *,
    asked: Asked,
    yes: bool,
    dry_run: bool,
    keep: bool,
    verbose: bool,
    output: Format,
) -> int:
    """Show the plan of the days, ask, and carry it out from this machine.

    The state machine that runs on AWS is deployed to a local AWS, with the tokens of this machine, and gone afterwards.
    It posts what the plan says, and only what is missing: after Ctrl-C or a failure, do it again.
    """
    now = clock.now()
    pairs = asked.settings()
    here = read_here(asked.environment, pairs)
    run_input = asked.run_input(now, here.settings.timezone)
    # The same now for the plan and for the run, so that both cover the same time.
    run = prepare(here, {**run_input, "scheduled_time": format_instant(now)}, pairs, dry_run=dry_run)
    console = console_on(stderr=output != "table")
    planned: tuple[Line, ...] | None = None
    if not dry_run:
        next_step = asked.command_line("apply", run_input)
        plan = read_plan(Services(here.settings, here), run_input, now, next_step=next_step)
        planned = plan.lines
        show_preview(plan, console, is_before_writing=True)
        if plan.error is not None:
            return FAILED
        if not plan.writes:
            return OK
        if not yes and not agreed(f"Write this to {here.settings.gitlab_url}?", otherwise="Give --yes."):
            console.print("Nothing was written.")
            return FAILED
    require_tools()
    return _carried_out(run, output, planned, keep=keep, verbose=verbose)


def _carried_out(run: LocalRun, output: Format, planned: tuple[Line, ...] | None, *, keep: bool, verbose: bool) -> int:
    console = console_on(stderr=output != "table")
    try:
        ended = carry_out(run, console, lambda ended: _show(ended, output, planned), keep=keep, verbose=verbose)
    except KeyboardInterrupt:
        print("\nStopped. What was posted stays. Run it again: only what is missing is posted.", file=sys.stderr)
        return INTERRUPTED
    return OK if ended.succeeded else FAILED


def _show(ended: Ended, output: Format, planned: tuple[Line, ...] | None) -> None:
    if output == "table":
        show(ended, console_on(), planned=planned)
        return
    if ended.output is not None and output == "json":
        print_json(ended.output)
    if ended.output is not None and output == "csv":
        print_csv(ROW_COLUMNS, rows_of(ended))
    if not ended.succeeded:
        print(f"{ended.status}: {ended.error}: {printable(ended.message or '', 2_000)}", file=sys.stderr)
