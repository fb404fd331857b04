"""How a run ended, as a person reads it: the headline, the totals, and its entries or where they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.executions.ended import Ended, Rows
from cli.terminal.text import hours, local_time, one_line, safe

_COLOURS = {
    "created": "green",
    "replaced": "cyan",
    "deleted": "magenta",
    "kept": "default",
    "skipped": "yellow",
    "failed": "bold red",
}
_HEADLINES = {
    "synced": ("Synced", "bold green"),
    "nothing_to_sync": ("Nothing to sync: GitLab has it all", "bold green"),
    "dry_run": ("Dry run: this is what would happen, nothing was written", "bold cyan"),
    "failed": ("Failed", "bold red"),
}


def show(ended: Ended, console: Console, *, only: frozenset[str] | None = None) -> None:
    """Print how a run ended. only: show the entries of these outcomes, all by default."""
    output = ended.output
    headline, style = _HEADLINES.get(output["outcome"] if output else "failed", ("Ended", "bold"))
    if not ended.succeeded:
        headline, style = f"{ended.status}: {ended.error or 'without an error name'}", "bold red"
    console.print()
    console.print(safe(headline, style))
    if ended.message:
        console.print(safe(ended.message, limit=2_000))
    if output is None:
        return
    window = output["window"]
    timezone = window["timezone"]
    span = f"{local_time(window['start'], timezone)} to {local_time(window['end'], timezone)} ({timezone})"
    console.print(safe(span, "dim"))
    if window.get("gap"):
        gap = window["gap"]
        console.print(
            safe(f"No longer within reach: {gap['start']} to {gap['end']}. Start a run for these days.", "yellow")
        )
    console.print()
    console.print(Columns(_tallies(output), padding=(0, 4)))
    console.print()
    if ended.rows is None:
        _show_entries(ended, output["entries"], timezone, console, only)
        return
    _show_failed(ended, console)
    _show_where(ended.rows, console)


def _tallies(output: Mapping[str, Any]) -> list[Table]:
    totals = dict(output["totals"])
    logged = totals.pop("seconds_logged")
    rows = [(key.replace("_", " "), str(value)) for key, value in totals.items()]
    tables = [_tally("totals", [*rows, ("time logged", hours(logged))])]
    for title, key in (("skipped, by reason", "skipped_by_reason"), ("warnings", "warnings")):
        if output[key]:
            tables.append(_tally(title, [(reason, str(count)) for reason, count in output[key].items()]))
    return tables


def _tally(title: str, rows: list[tuple[str, str]]) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows:
        style = "dim" if value == "0" else ""
        table.add_row(safe(name, style, 60), Text(value, style=style))
    return table


def _show_entries(ended: Ended, rows: Any, timezone: str, console: Console, only: frozenset[str] | None) -> None:
    shown = [row for row in rows if only is None or row["outcome"] in only]
    if not shown:
        return
    table = Table(title=Text("entries", style="bold"), title_justify="left", box=None, pad_edge=False)
    table.add_column("start", no_wrap=True)
    table.add_column("tracked as" if ended.descriptions else "entry")
    table.add_column("issue", no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("reason", min_width=20)
    for row in shown:
        remarks = (row["reason"], row["warning"], "gone from Toggl" if row["gone"] else None)
        table.add_row(
            local_time(row["spent_at"], timezone),
            one_line(ended.descriptions.get(row["entry_id"], row["entry_id"])),
            safe(row["issue"] or ""),
            hours(row["seconds"]),
            safe(row["outcome"], _COLOURS.get(row["outcome"], "")),
            safe(", ".join(filter(None, remarks)), limit=300),
        )
    console.print(table)


def _show_failed(ended: Ended, console: Console) -> None:
    """The failed entries of a cause, which lists the first ones only."""
    if not ended.failed:
        return
    table = Table(title=Text("failed entries", style="bold"), title_justify="left", box=None, pad_edge=False)
    for heading in ("entry", "issue", "reason"):
        table.add_column(heading)
    for row in ended.failed:
        table.add_row(*(safe(row.get(key) or "", limit=300) for key in ("entry_id", "issue", "reason")))
    console.print(table)
    if ended.more:
        console.print(safe(f"and {ended.more} more: the rows have all of them", "yellow"))
    console.print()


def _show_where(rows: Rows, console: Console) -> None:
    """How to get at a large run's rows; the command stays on one line, to be copied."""
    console.print(safe("The rows of the entries are in S3, for a month after the run. To get them:"))
    command = rows.how_to_get()
    place = f"The run does not say in which bucket. Their key is {rows.key}" if command is None else command
    console.print(safe(place, limit=1_000), soft_wrap=True)
