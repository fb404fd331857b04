"""`tgs cost`: what a month costs on AWS.

State transitions are counted from the synthesised definition, along its longest way without an error; for the rest see
`cli.billing.bill`.
"""

from __future__ import annotations

from collections.abc import Callable

import click
from rich.console import JustifyMethod as Justify
from rich.table import Table

from cli.billing.bill import Item, Load, monthly_bill, total, total_without_a_free_tier
from cli.billing.transitions import transitions_of_the_app
from cli.deployment.assembly import UnreadableError
from cli.settings.environments import asked_for, named
from cli.terminal.command import environment_option, output_option, subcommand
from cli.terminal.console import console_on, working
from cli.terminal.exit_codes import OK, Unusable
from cli.terminal.output import Format, print_csv, print_json
from cli.terminal.prerequisites import require_tools

COLUMNS = ("service", "used", "unit", "free", "cost")


_WIDE, _MEDIUM = 90, 75

Column = tuple[str, Justify, Callable[[Item], str]]
"""Its heading, and what it has of a line of the bill."""

_UNIT: Column = ("", "left", lambda item: item.unit)
_FREE: Column = ("free a month", "right", lambda item: f"{item.free:,.0f}" if item.free else "")


@subcommand(
    examples=[
        ("tgs cost", "a run a day with twenty entries"),
        ("tgs cost --runs 440 --entries 5", "every hour of the working days"),
    ]
)
@click.option("--runs", type=click.IntRange(0), default=30, show_default=True, help="A month.")
@click.option("--entries", type=click.IntRange(0), default=20, show_default=True, help="Posted in each run.")
@click.option("--new-issues", type=click.IntRange(0), default=0, show_default=True, help="Created in each run.")
@environment_option
@output_option
def command(*, runs: int, entries: int, new_issues: int, environment: str | None, output: Format) -> int:
    """Say what a month costs on AWS, with its free tier and without."""
    chosen = named(asked_for(environment)).environment
    require_tools()
    try:
        with working(console_on(stderr=True), "counting the state machine's transitions"):
            bill = monthly_bill(Load(runs, entries, new_issues), transitions_of_the_app(chosen))
    except UnreadableError as error:
        raise Unusable(str(error)) from error
    items = [vars(item) | {"cost": round(item.beyond_the_free_tier, 6)} for item in bill]
    if output == "json":
        print_json({"total": round(total(bill), 4), "items": items})
    elif output == "csv":
        print_csv(COLUMNS, items)
    else:
        console = console_on()
        console.print(_table(bill, console.width))
    return OK


def _table(bill: list[Item], width: int) -> Table:
    """Where there is little room, without what is free, and where there is less, without the units."""
    columns: list[Column] = [
        ("", "left", lambda item: item.service),
        ("used", "right", lambda item: f"{item.used:,.6g}"),
        *([_UNIT] if width >= _MEDIUM else []),
        *([_FREE] if width >= _WIDE else []),
        ("with the free tier", "right", lambda item: f"${item.beyond_the_free_tier:.4f}"),
        ("without it", "right", lambda item: f"${item.without_a_free_tier:.4f}"),
    ]
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading, justify, _text in columns:
        table.add_column(heading, justify=justify, no_wrap=not heading)
    for item in bill:
        table.add_row(*(text(item) for _heading, _justify, text in columns))
    sums = [f"${amount:.2f}" for amount in (total(bill), total_without_a_free_tier(bill))]
    table.add_row("total", *[""] * (len(columns) - 3), *sums, style="bold")
    return table
