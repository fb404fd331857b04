"""How a run ended, as a person reads it: the headline, the totals, and its entries or where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any

from rich.columns import Columns
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from cli.executions.ended import Ended, Rows
from cli.terminal.text import hours, local_time, one_line, safe
from contract.vocabulary import EntryWarning, Reason

_COLOURS = {
    "created": "green",
    "replaced": "cyan",
    "deleted": "magenta",
    "kept": "default",
    "skipped": "yellow",
    "failed": "bold red",
}
_JUSTIFIED: tuple[JustifyMethod, ...] = ("left", "left", "right", "left")
"""Of a row's time, number, length and outcome."""

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
    rows = [_total(key, value) for key, value in output["totals"].items()]
    tables = [_tally("totals", rows)]
    for title, key in (("skipped, by reason", "skipped_by_reason"), ("warnings", "warnings")):
        if output[key]:
            tables.append(_tally(title, [(reason, str(count)) for reason, count in output[key].items()]))
    return tables


def _total(key: str, value: int) -> tuple[str, str]:
    """A total's words: counts as they are, seconds as hours."""
    if key.startswith("seconds_"):
        return f"time {key.removeprefix('seconds_').replace('_', ' ').replace('gitlab', 'GitLab')}", hours(value)
    return key.replace("_", " "), str(value)


def _tally(title: str, rows: list[tuple[str, str]]) -> Table:
    table = Table(title=Text(title, style="bold"), title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows:
        style = "dim" if value in {"0", "0:00"} else ""
        table.add_row(safe(name, style, 60), Text(value, style=style))
    return table


def _show_entries(ended: Ended, rows: Any, timezone: str, console: Console, only: frozenset[str] | None) -> None:
    """By day and project; a reason is never cut, a description is."""
    shown = [row for row in rows if only is None or row["outcome"] in only]
    place = _place(timezone)
    last_day = ""
    for (day, project), of_project in groupby(sorted(shown, key=place), key=lambda row: place(row)[:2]):
        if day != last_day:
            console.print(Text(day, style="bold"))
            last_day = day
        console.print(Text("  ").append(safe(project, "cyan", 400)))
        console.print(_rows(ended, of_project, timezone))


def _rows(ended: Ended, rows: Iterable[Any], timezone: str) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=2)
    for justify in _JUSTIFIED:
        table.add_column(no_wrap=True, justify=justify)
    table.add_column(overflow="fold")
    for row in rows:
        at = local_time(row["spent_at"], timezone).split()[1]
        outcome = safe(row["outcome"], _COLOURS.get(row["outcome"], ""))
        text = one_line(ended.descriptions.get(row["entry_id"], f"entry {row['entry_id']}"))
        table.add_row("", at, safe(_number_in(row["issue"])), hours(row["seconds"]), outcome, text)
        remarks = (row["reason"], row["warning"], "gone from Toggl" if row["gone"] else None)
        for remark in filter(None, remarks):
            table.add_row("", "", "", "", "", _in_words(remark))
    return table


def _place(timezone: str) -> Callable[[Mapping[str, Any]], tuple[str, str, str]]:
    """The day, the project and the start of a row, by which it is sorted."""

    def place(row: Mapping[str, Any]) -> tuple[str, str, str]:
        project = (row["issue"] or "").replace("!", "#").rpartition("#")[0]
        return local_time(row["spent_at"], timezone).split()[0], project or "without an issue", row["spent_at"]

    return place


def _number_in(issue: str | None) -> str:
    """`#12` of `group/project#12`; the project stands in the heading."""
    return "" if issue is None else issue[len(issue.replace("!", "#").rpartition("#")[0]) :]


def _in_words(remark: str) -> Text:
    for words in (Reason, EntryWarning):
        if remark in set(words):
            word = words(remark)
            return safe(f"{word}: {word.meaning}{f' → {word.advice}' if word.advice else ''}", "yellow", 1_000)
    return safe(remark, "yellow", 1_000)


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
