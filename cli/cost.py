"""What a month costs on AWS: `python -m cli.cost --runs 30 --entries 20`, or `make cost`.

State transitions are counted from the synthesised definition, along its longest way without an error; for the rest see
`cli.billing.bill`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from rich.table import Table

from cli.billing.bill import Item, Load, monthly_bill, total, total_without_a_free_tier
from cli.billing.transitions import transitions_of_the_app
from cli.deployment.assembly import UnreadableError
from cli.terminal.console import console_on
from cli.terminal.exit_codes import FAILED, OK
from cli.terminal.text import safe


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.cost", description="what a month costs on AWS")
    parser.add_argument("--runs", type=_count, default=30, help="a month (default: 30)")
    parser.add_argument("--entries", type=_count, default=20, help="posted in each run (default: 20)")
    parser.add_argument("--new-issues", type=_count, default=0, help="created in each run (default: 0)")
    parser.add_argument("--json", action="store_true", help="the bill as JSON")
    options = parser.parse_args(arguments)
    try:
        bill = monthly_bill(Load(options.runs, options.entries, options.new_issues), transitions_of_the_app())
    except UnreadableError as error:
        console_on(stderr=True).print(safe(error, limit=2_000))
        return FAILED
    if options.json:
        items = [vars(item) | {"cost": round(item.beyond_the_free_tier, 6)} for item in bill]
        print(json.dumps({"total": round(total(bill), 4), "items": items}, indent=2))
    else:
        _show(bill)
    return OK


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("give a number that is not negative")
    return value


def _show(bill: list[Item]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "used", "", "free a month", "with the free tier", "without it"):
        table.add_column(heading, justify="left" if heading == "" else "right")
    for item in bill:
        table.add_row(
            item.service,
            f"{item.used:,.6g}",
            item.unit,
            f"{item.free:,.0f}" if item.free else "",
            f"${item.beyond_the_free_tier:.4f}",
            f"${item.without_a_free_tier:.4f}",
        )
    sums = [f"${amount:.2f}" for amount in (total(bill), total_without_a_free_tier(bill))]
    table.add_row("together", "", "", "", *sums, style="bold")
    console_on().print(table)


if __name__ == "__main__":
    sys.exit(main())
