"""A plan as a person reads it before saying yes: what happens, how the hours add up, and what is odd."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.executions.accounts import (
    PARTS,
    more_left_out,
    nothing_to_write,
    out_of_reach,
    part_in_words,
    sum_in_words,
    total,
)
from cli.executions.lines import Kind
from cli.executions.lines_view import parts_of as parts_of_lines
from cli.planning.preview import Preview
from cli.terminal.text import local_time, safe
from functions.shared.model.row import Account

_COUNTED: dict[Kind, str] = {"create": "to create", "change": "to change", "remove": "to remove"}
_EXCEPTIONS = frozenset({"failed", "differing"})
_LONG = 2_000


def show_preview(plan: Preview, console: Console, *, with_kept: bool = False, is_before_writing: bool = False) -> None:
    """Print a plan. with_kept: what is on GitLab already too, entry by entry. is_before_writing: it may be carried out
    next, so it does not end with nothing being written.
    """
    for part in parts_of(plan, with_kept=with_kept, is_before_writing=is_before_writing):
        console.print(part)


def parts_of(plan: Preview, *, with_kept: bool, is_before_writing: bool) -> Iterator[Text | Table]:
    yield from _headlines(plan)
    yield from parts_of_lines(plan.lines, plan.window.timezone, is_plan=True, with_kept=with_kept)
    yield from _sums(plan)
    yield from _remarks(plan)
    yield Text()
    yield _conclusion(plan, is_before_writing=is_before_writing)


def _headlines(plan: Preview) -> Iterator[Text]:
    """The time that is covered; above it, where more is left out than GitLab would then have, that."""
    if more := more_left_out(plan.account):
        yield Text(f"{more[0].upper()}{more[1:]}", "bold yellow")
    zone = plan.window.timezone
    begin, end = (local_time(at.isoformat(), zone) for at in (plan.window.start, plan.window.end))
    yield safe(f"{begin} to {end} ({zone}), as {plan.username} on {plan.settings.gitlab_url}", limit=_LONG)
    if plan.window.changes_since is not None:
        since = local_time(plan.window.changes_since.isoformat(), zone)
        yield safe(f"and what was changed in Toggl since {since}", limit=_LONG)


def _sums(plan: Preview) -> Iterator[Text | Table]:
    """The account of each day; a column of nothing but zeros is left out, where it is an exception."""
    if not plan.lines:
        return
    yield Text()
    parts = {key: heading for key, heading in PARTS.items() if key not in _EXCEPTIONS or getattr(plan.account, key)}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for heading in parts.values():
        table.add_column(Text(heading, style="dim"), justify="right", no_wrap=True)

    def cells(account: Account) -> list[str]:
        return [part_in_words(account, key) if getattr(account, key) else "·" for key in parts]

    days = {day: fetched for day, lines in plan.days().items() if (fetched := [one for one in lines if not one.gone])}
    for day, lines in days.items():
        table.add_row(f"{datetime.fromisoformat(day):%a %d %b}", *cells(total(line.account for line in lines)))
    if len(days) > 1:
        table.add_row("total", *cells(plan.account), style="bold")
    if days:
        yield table
    yield safe(sum_in_words(plan.account), "dim", _LONG)


def _remarks(plan: Preview) -> Iterator[Text]:
    gap = plan.window.gap
    if gap is not None:
        yield Text()
        yield safe(out_of_reach(*gap), "yellow")
    for remark in plan.remarks:
        yield safe(remark, "yellow", _LONG)


def _conclusion(plan: Preview, *, is_before_writing: bool) -> Text:
    if plan.error is not None:
        return safe(f"A run would end with {type(plan.error).__name__}: {plan.error}", "bold red", _LONG)
    if not plan.writes:
        words, is_good = nothing_to_write(
            plan.account, sum(not one.gone for one in plan.lines), len(plan.of("left_out"))
        )
        return Text(f"Nothing to do: {words}.", "bold green" if is_good else "bold yellow")
    counts = [(len(plan.of(kind)), words) for kind, words in _COUNTED.items()]
    doubles = sum(line.duplicates for line in plan.lines)
    parts = [f"{count} {words}" for count, words in [*counts, (doubles, "doubles to remove")] if count]
    return Text(f"{', '.join(parts)}.{'' if is_before_writing else ' Nothing was written.'}", "bold")
