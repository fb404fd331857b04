"""How a run ended, as a person reads it: the headline, the totals, and its entries or where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.columns import Columns
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from cli.executions.accounts import (
    KEYS,
    account_in,
    account_to_json,
    is_all_left_out,
    is_mostly_left_out,
    left_out_by_reason,
    sum_in_words,
    what_is_missing,
)
from cli.executions.ended import Ended, Rows
from cli.terminal.text import counted, hours, local_time, one_line, safe
from contract.vocabulary import EntryWarning, Reason
from functions.shared.model.place import project_in
from functions.shared.model.row import Account

_HOURS = {
    "seconds_tracked": "tracked",
    "seconds_on_gitlab": "on GitLab",
    "seconds_left_out": "left out",
    "seconds_failed": "refused",
    "seconds_rounding": "rounding",
    "seconds_differing": "differing",
}
"""What the account calls its parts in front of a person."""

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

_GOOD, _DOUBTFUL, _BAD = "bold green", "bold yellow", "bold red"
_OUTCOMES = {
    "synced": ("Synced", _GOOD),
    "dry_run": ("Dry run: this is what would happen, nothing was written", "bold cyan"),
    "failed": ("Failed", _BAD),
}


def show(ended: Ended, console: Console, *, only: frozenset[str] | None = None) -> None:
    """Print how a run ended. only: show the entries of these outcomes, all by default."""
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
    span = f"{local_time(window['start'], timezone)} to {local_time(window['end'], timezone)} ({timezone})"
    console.print(safe(span, "dim"))
    if window.get("changes_since"):
        since = local_time(window["changes_since"], timezone)
        console.print(safe(f"and what was changed in Toggl since {since}", "dim"))
    if window.get("gap"):
        gap = window["gap"]
        console.print(
            safe(f"No longer within reach: {gap['start']} to {gap['end']}. Start a run for these days.", "yellow")
        )
    console.print()
    console.print(Columns(_tallies(ended, output), padding=(0, 4)))
    if (account := account_in(output["totals"])) is not None:
        console.print(safe(sum_in_words(account), "dim", 400))
    console.print()
    if ended.rows is None:
        _show_entries(ended, output["entries"], timezone, console, only)
        return
    _show_failed(ended, console)
    _show_where(ended.rows, console)


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
        return _nothing_to_sync(totals, account_in(totals))
    words, style = _OUTCOMES[output["outcome"]]
    refused = ", but for what GitLab still refuses" if totals.get("failed") else ""
    more = _more_left_out(totals)
    return f"{words}{refused}{more}", _DOUBTFUL if refused or more else style


def _nothing_to_sync(totals: Mapping[str, int], account: Account | None) -> tuple[str, str]:
    """A run without a write. account: None of a run of an earlier version."""
    skipped = totals.get("skipped", 0)
    if not totals.get("fetched", 0):
        return "Nothing to sync: Toggl has no entries there", _GOOD
    if skipped == totals["fetched"] or (account is not None and is_all_left_out(account)):
        length = "" if account is None or not account.left_out else f", {hours(account.left_out)}"
        return f"Nothing was synced: all of it was left out{length}", _DOUBTFUL
    missing = "" if account is None else what_is_missing(account)
    if missing and account is not None:
        style = _DOUBTFUL if account.left_out + account.failed > account.on_gitlab else _GOOD
        return f"Nothing to sync: GitLab has {hours(account.on_gitlab)}, but for {missing}", style
    if skipped:
        return f"Nothing to sync, but for {counted(skipped, 'entry')} left out", _GOOD
    return "Nothing to sync: GitLab has it all", _GOOD


def _more_left_out(totals: Mapping[str, int]) -> str:
    """The end of the headline of a run after which more is left out than is on GitLab; "" for others."""
    account = account_in(totals)
    if account is None or not is_mostly_left_out(account):
        return ""
    if is_all_left_out(account):
        return f", all of it left out: {hours(account.left_out)}"
    return f", more left out ({hours(account.left_out)}) than on GitLab ({hours(account.on_gitlab)})"


def _tallies(ended: Ended, output: Mapping[str, Any]) -> list[Table]:
    totals, rows = output["totals"], output["entries"]
    counts = [(key, value) for key, value in totals.items() if key not in KEYS]
    tables = [_tally("totals", [_total(key, value) for key, value in counts])]
    if (account := account_in(totals)) is not None:
        tables.append(_tally("hours", [(_HOURS[key], hours(value)) for key, value in account_to_json(account).items()]))
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
        style = "dim" if set(values) <= {"0", "0:00", ""} else ""
        table.add_row(safe(name, style, 60), *(Text(value, style=style, justify="right") for value in values))
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
        remarks = (row["reason"], row["warning"], _where_it_is(row))
        for remark in filter(None, remarks):
            table.add_row("", "", "", "", "", _in_words(remark))
    return table


def _where_it_is(row: Mapping[str, Any]) -> str | None:
    """Of a row whose entry was not fetched, why."""
    if not row["gone"]:
        return None
    return "gone from Toggl" if row["outcome"] == "deleted" else "not looked at in this run"


def _place(timezone: str) -> Callable[[Mapping[str, Any]], tuple[str, str, str]]:
    """The day, the project and the start of a row, by which it is sorted."""

    def place(row: Mapping[str, Any]) -> tuple[str, str, str]:
        project = project_in(row["issue"] or "")
        return local_time(row["spent_at"], timezone).split()[0], project or "without an issue", row["spent_at"]

    return place


def _number_in(issue: str | None) -> str:
    """`#12` of `group/project#12`; the project stands in the heading."""
    return "" if issue is None else issue.removeprefix(project_in(issue))


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
