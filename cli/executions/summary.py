"""How a run ended, as a person reads it: the headline, the totals, and its entries or where they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.executions.accounts import (
    KEYS,
    PARTS,
    account_in,
    left_out_by_reason,
    more_left_out,
    nothing_to_write,
    out_of_reach,
    part_in_words,
    sum_in_words,
)
from cli.executions.ended import Ended, Rows
from cli.executions.lines import Line
from cli.executions.lines_view import parts_of
from cli.terminal.text import local_time, safe
from functions.shared.model.row import Account
from functions.shared.text import hours

_GOOD, _DOUBTFUL, _BAD = "bold green", "bold yellow", "bold red"
_OUTCOMES = {
    "synced": ("Synced", _GOOD),
    "dry_run": ("Dry run: this is what would happen, nothing was written", "bold cyan"),
    "failed": ("Failed", _BAD),
}


def show(
    ended: Ended, console: Console, *, only: frozenset[str] | None = None, planned: Collection[Line] | None = None
) -> None:
    """Print how a run ended. only: show the entries of these outcomes, all by default. planned: what was shown before
    as its plan; of the entries only those are shown then that came out otherwise.
    """
    output = ended.output
    headline, style = _headline(ended)
    console.print()
    console.print(safe(headline, style, 400))
    if ended.message:
        console.print(safe(ended.message, limit=2_000))
    if output is None:
        return
    window = output["window"]
    timezone = window["timezone"]
    if planned is None:
        _show_window(window, console)
    console.print()
    console.print(Columns(_tallies(ended, output), padding=(0, 4)))
    if (account := account_in(output["totals"])) is not None:
        console.print(safe(sum_in_words(account), "dim", 400))
    if ended.rows is not None:
        console.print()
        _show_failed(ended, console)
        _show_where(ended.rows, console)
        return
    rows = [row for row in output["entries"] if only is None or row["outcome"] in only]
    lines = [Line.of_row(row, ended.descriptions.get(row["entry_id"])) for row in rows]
    if planned is not None:
        plan = {line.entry_id: line for line in planned}
        lines = [line for line in lines if not line.is_as_planned(plan.get(line.entry_id))]
        console.print(Text(f"\n{'Otherwise than planned:' if lines else 'All of it came out as planned.'}", "bold"))
    for part in parts_of(lines, timezone, is_plan=output["dry_run"], with_kept=True):
        console.print(part)


def _show_window(window: Mapping[str, Any], console: Console) -> None:
    timezone = window["timezone"]
    span = f"{local_time(window['start'], timezone)} to {local_time(window['end'], timezone)} ({timezone})"
    console.print(safe(span, "dim"))
    if window.get("changes_since"):
        since = local_time(window["changes_since"], timezone)
        console.print(safe(f"and what was changed in Toggl since {since}", "dim"))
    if window.get("gap"):
        console.print(safe(out_of_reach(window["gap"]["start"], window["gap"]["end"]), "yellow"))


def _headline(ended: Ended) -> tuple[str, str]:
    """The first line, and its style. Where more is left out than is on GitLab, it says so."""
    output = ended.output
    if not ended.succeeded:
        words = f"{ended.status}: {ended.error or 'without an error name'}"
        return words + ("" if output is None else _more_left_out(output["totals"])), _BAD
    if output is None:
        return "Ended", "bold"
    totals = output["totals"]
    if output["outcome"] == "nothing_to_sync":
        account = account_in(totals) or Account()
        words, is_good = nothing_to_write(account, totals.get("fetched", 0), totals.get("skipped", 0))
        return f"Nothing to sync: {words}", _GOOD if is_good else _DOUBTFUL
    words, style = _OUTCOMES[output["outcome"]]
    refused = ", but for what GitLab still refuses" if totals.get("failed") else ""
    more = _more_left_out(totals)
    return f"{words}{refused}{more}", _DOUBTFUL if refused or more else style


def _more_left_out(totals: Mapping[str, int]) -> str:
    """The end of the headline of a run after which more is left out than is on GitLab; "" for others."""
    more = more_left_out(account_in(totals) or Account())
    return f"; {more}" if more else ""


def _tallies(ended: Ended, output: Mapping[str, Any]) -> list[Table]:
    totals, rows = output["totals"], output["entries"]
    counts = [(key, value) for key, value in totals.items() if key not in KEYS]
    tables = [_tally("totals", [_total(key, value) for key, value in counts])]
    if (account := account_in(totals)) is not None:
        tables.append(_tally("hours", [(words, part_in_words(account, part)) for part, words in PARTS.items()]))
    by_reason = ended.left_out if isinstance(rows, str) else left_out_by_reason(rows)
    left_out = [(reason, str(count), hours(seconds)) for reason, (count, seconds) in by_reason.items()]
    if not left_out:
        left_out = [(reason, str(count), "") for reason, count in output["skipped_by_reason"].items()]
    if left_out:
        tables.append(_tally("left out, by reason", left_out))
    if output["warnings"]:
        tables.append(_tally("warnings", [(one, str(count)) for one, count in output["warnings"].items()]))
    return tables


def _total(key: str, value: int) -> tuple[str, str]:
    """A total's words: counts as they are, seconds as hours."""
    if key.startswith("seconds_"):
        return f"time {key.removeprefix('seconds_')}", hours(value)
    return key.replace("_", " "), str(value)


def _tally(title: str, rows: Sequence[tuple[str, ...]]) -> Table:
    """rows: a name and its numbers."""
    table = Table(title=Text(title, style="bold"), title_justify="left", show_header=False, box=None, pad_edge=False)
    table.add_column()
    for name, *values in rows:
        style = "dim" if set(values) <= {"0", hours(0), ""} else ""
        table.add_row(safe(name, style, 60), *(Text(value, style=style, justify="right") for value in values))
    return table


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
        console.print(safe(f"and {ended.more} more, which are among the rows", "yellow"))
    console.print()


def _show_where(rows: Rows, console: Console) -> None:
    """How to get at a large run's rows; the command stays on one line, to be copied."""
    console.print(safe("The rows of the entries stay in S3 for a month. To get them:"))
    command = rows.how_to_get()
    place = f"The run does not say in which bucket. Their key is {rows.key}" if command is None else command
    console.print(safe(place, limit=1_000), soft_wrap=True)
