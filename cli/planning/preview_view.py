"""A plan as a person reads it before saying yes: grouped by what happens, then by project and issue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TypeVar
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.executions.accounts import is_all_left_out, is_mostly_left_out, sum_in_words, total, what_is_missing
from cli.planning.preview import Kind, Line, Preview
from cli.terminal.text import counted, hours, local_time, one_line, safe
from contract.vocabulary import Reason
from functions.shared.model.place import project_in
from functions.shared.model.row import Account

_HEADINGS: dict[Kind, tuple[str, str]] = {
    "create": ("To create", "bold green"),
    "change": ("To change", "bold cyan"),
    "remove": ("To remove", "bold magenta"),
    "refused": ("Refused", "bold red"),
    "left_out": ("Left out", "bold yellow"),
    "kept": ("On GitLab already", "bold"),
}
_COUNTED: dict[Kind, str] = {"create": "to create", "change": "to change", "remove": "to remove"}
_PARTS = {
    "tracked": "tracked",
    "on GitLab": "on_gitlab",
    "left out": "left_out",
    "refused": "failed",
    "rounding": "rounding",
    "differing": "differing",
}
_EXCEPTIONS = frozenset({"failed", "differing"})
_K = TypeVar("_K", str, tuple[str, int])

_NO_PROJECT = "nothing that can be seen"
_LONG = 2_000


def show_preview(plan: Preview, console: Console, *, with_kept: bool = False, is_before_writing: bool = False) -> None:
    """Print a plan. with_kept: what is on GitLab already too, entry by entry. is_before_writing: it may be carried out
    next, so it does not end with nothing being written.
    """
    for part in parts_of(plan, with_kept=with_kept, is_before_writing=is_before_writing):
        console.print(part)


def parts_of(plan: Preview, *, with_kept: bool, is_before_writing: bool) -> Iterator[Text | Table]:
    yield from _headlines(plan)
    for kind in _COUNTED:
        yield from _by_project(plan, kind)
    yield from _by_reason(plan, "refused")
    yield from _by_reason(plan, "left_out")
    yield from _kept(plan, with_kept=with_kept)
    yield from _sums(plan)
    yield from _remarks(plan)
    yield Text()
    yield _conclusion(plan, is_before_writing=is_before_writing)


def _headlines(plan: Preview) -> Iterator[Text]:
    """The time that is covered; above it, where more is left out than GitLab would then have, that."""
    account = plan.account
    if is_all_left_out(account):
        yield Text(f"All of it is left out: {hours(account.left_out)}", "bold yellow")
    elif is_mostly_left_out(account):
        on_gitlab = hours(account.on_gitlab)
        yield Text(f"More is left out ({hours(account.left_out)}) than on GitLab ({on_gitlab})", "bold yellow")
    zone = plan.window.timezone
    begin, end = (local_time(at.isoformat(), zone) for at in (plan.window.start, plan.window.end))
    yield safe(f"{begin} to {end} ({zone}), as {plan.username} on {plan.settings.gitlab_url}", limit=_LONG)
    if plan.window.changes_since is not None:
        since = local_time(plan.window.changes_since.isoformat(), zone)
        yield safe(f"and what was changed in Toggl since {since}", limit=_LONG)


def _heading(kind: Kind, lines: Sequence[Line], seconds: int) -> Text:
    words, style = _HEADINGS[kind]
    return Text(f"\n{words}", style).append(f": {counted(len(lines), 'entry')}, {hours(seconds)}", "not bold default")


def _by_project(plan: Preview, kind: Kind) -> Iterator[Text | Table]:
    lines = plan.of(kind)
    if not lines:
        return
    yield _heading(kind, lines, sum(line.seconds for line in lines))
    for project, of_project in _grouped(lines, _project_of):
        seconds = hours(sum(one.seconds for one in of_project))
        yield Text("  ").append(safe(project, "bold", _LONG)).append(f"  {seconds}", "dim")
        for issue, of_issue in _grouped(of_project, _issue_of):
            grid = _grid(4)
            for _column in range(2):
                grid.add_column(no_wrap=True)
            grid.add_column(overflow="fold", ratio=1)
            seconds = hours(sum(one.seconds for one in of_issue))
            grid.add_row("", safe(f"{issue[0]}{issue[1] or 'new'}", "cyan"), seconds, one_line(of_issue[0].title or ""))
            yield grid
            yield _entries(of_issue, plan.window.timezone)


def _entries(lines: Iterable[Line], timezone: str) -> Table:
    """One line an entry: when, tracked -> logged, and its text; then what it was before, and what is odd."""
    grid = _grid(6)
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    for line in lines:
        grid.add_row("", _when(line.start, timezone), _times(line), _text_of(line))
        for remark in _remarks_on(line):
            grid.add_row("", "", "", remark)
    return grid


def _grid(indent: int) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(width=max(0, indent - 2))
    return grid


def _when(start: datetime, timezone: str) -> Text:
    return Text(start.astimezone(ZoneInfo(timezone)).strftime("%a %d %b %H:%M"), style="dim")


def _times(line: Line) -> Text:
    if line.kind in {"left_out", "refused"}:
        return Text("running" if line.reason == Reason.RUNNING else hours(line.tracked_seconds))
    if line.gone or line.kind == "remove":
        return Text(hours(line.seconds))
    return Text(f"{hours(line.tracked_seconds)} → {hours(line.seconds)}")


def _text_of(line: Line) -> Text:
    if line.gone:
        why = "which Toggl no longer has" if line.kind == "remove" else "which did not come from Toggl"
        return safe(f"entry {line.entry_id}, {why}", "dim")
    text = one_line(line.description or "(no description)")
    if line.toggl_project:
        text.append("  ").append(one_line(line.toggl_project).plain, "dim")
    return text


def _remarks_on(line: Line) -> Iterator[Text]:
    if line.kind == "change":
        there = ", ".join(f"{one.issue or _NO_PROJECT} {hours(one.seconds)}" for one in line.before)
        yield safe(f"{there} → {line.issue} {hours(line.seconds)}", "cyan", _LONG)
    if line.kind == "remove" and line.reason is not None:
        yield safe(f"{line.reason}: {_meaning(line.reason)}", "magenta", _LONG)
    if line.warning is not None:
        yield safe(f"{line.warning}: {line.warning.meaning}", "yellow", _LONG)
    yield from _why_again(line)


def _why_again(line: Line) -> Iterator[Text]:
    if line.pending is not None:
        yield safe(f"an earlier run could not finish it: {line.pending}", "yellow", _LONG)
    elif line.late:
        yield safe("changed in Toggl after its day was synced", "dim", _LONG)


def _by_reason(plan: Preview, kind: Kind) -> Iterator[Text | Table]:
    lines = plan.of(kind)
    if not lines:
        return
    yield _heading(kind, lines, sum(line.tracked_seconds for line in lines))
    for reason, of_reason in _grouped(lines, lambda line: line.reason or ""):
        meaning, advice = _meaning(reason), _advice(reason)
        yield _indented(2, safe(f"{reason}: {meaning}" if meaning else reason, "bold", _LONG))
        if advice:
            yield _indented(2, safe(f"→ {advice}", "dim", _LONG))
        grid = _grid(4)
        grid.add_column(no_wrap=True)
        grid.add_column(no_wrap=True, justify="right")
        grid.add_column(overflow="fold", ratio=1)
        for line in of_reason:
            text = _text_of(line)
            if line.issue:
                text.append("  ").append(safe(line.issue, "dim", _LONG))
            grid.add_row("", _when(line.start, plan.window.timezone), _times(line), text)
            for remark in _why_again(line):
                grid.add_row("", "", "", remark)
        yield grid


def _kept(plan: Preview, *, with_kept: bool) -> Iterator[Text | Table]:
    lines = plan.of("kept")
    if not lines:
        return
    yield _heading("kept", lines, sum(sum(one.seconds for one in line.before) for line in lines))
    shown = [line for line in lines if with_kept or line.warning is not None or line.duplicates]
    if shown:
        grid = _grid(4)
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold", ratio=1)
        for line in shown:
            there = ", ".join(f"{one.issue or _NO_PROJECT} {hours(one.seconds)}" for one in line.before)
            text = safe(there, limit=_LONG).append("  ").append(_text_of(line))
            grid.add_row("", _when(line.start, plan.window.timezone), text)
            for remark in _remarks_on(line):
                grid.add_row("", "", remark)
            if line.duplicates:
                grid.add_row("", "", safe(f"{counted(line.duplicates, 'double')} of it will be removed", "magenta"))
        yield grid


def _sums(plan: Preview) -> Iterator[Text | Table]:
    """The account of each day; a column of nothing but zeros is left out, where it is an exception."""
    if not plan.lines:
        return
    yield Text()
    parts = {heading: key for heading, key in _PARTS.items() if key not in _EXCEPTIONS or getattr(plan.account, key)}
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for heading in parts:
        table.add_column(Text(heading, style="dim"), justify="right", no_wrap=True)

    def cells(account: Account) -> list[str]:
        seconds = [getattr(account, key) for key in parts.values()]
        return [hours(one) if one else "·" for one in seconds]

    days = {day: fetched for day, lines in plan.days().items() if (fetched := [one for one in lines if not one.gone])}
    for day, lines in days.items():
        table.add_row(f"{datetime.fromisoformat(day):%a %d %b}", *cells(total(line.account for line in lines)))
    if len(days) > 1:
        table.add_row("together", *cells(plan.account), style="bold")
    if days:
        yield table
    yield safe(sum_in_words(plan.account), "dim", _LONG)


def _remarks(plan: Preview) -> Iterator[Text]:
    gap = plan.window.gap
    if gap is not None:
        yield safe(f"\nNo longer within reach: {gap[0]} to {gap[1]}. Give these days: {gap[0]}..{gap[1]}", "yellow")
    for remark in plan.remarks:
        yield safe(remark, "yellow", _LONG)


def _conclusion(plan: Preview, *, is_before_writing: bool) -> Text:
    if plan.error is not None:
        return safe(f"A run would end with {type(plan.error).__name__}: {plan.error}", "bold red", _LONG)
    if not plan.writes:
        return _nothing_to_do(plan)
    counts = [(len(plan.of(kind)), words) for kind, words in _COUNTED.items()]
    doubles = sum(line.duplicates for line in plan.lines)
    parts = [f"{count} {words}" for count, words in [*counts, (doubles, "doubles to remove")] if count]
    return Text(f"{', '.join(parts)}.{'' if is_before_writing else ' Nothing was written.'}", "bold")


def _nothing_to_do(plan: Preview) -> Text:
    if not plan.lines:
        return Text("Nothing to do: Toggl has no entries there.", "bold green")
    if is_all_left_out(plan.account):
        return Text("Nothing to do: all of it is left out.", "bold yellow")
    if missing := what_is_missing(plan.account):
        return Text(f"Nothing to do, but GitLab does not have it all: {missing}.", "bold yellow")
    if left_out := plan.of("left_out"):
        return Text(f"Nothing to do, but for {counted(len(left_out), 'entry')} left out.", "bold green")
    return Text("Nothing to do: GitLab has it all.", "bold green")


def _grouped(lines: Iterable[Line], key: Callable[[Line], _K]) -> Iterator[tuple[_K, list[Line]]]:
    ordered = sorted(lines, key=lambda line: (key(line), line.start))
    for name, found in groupby(ordered, key=key):
        yield name, list(found)


def _project_of(line: Line) -> str:
    return project_in(line.issue or "") or _NO_PROJECT


def _issue_of(line: Line) -> tuple[str, int]:
    """An issue's sign and number; 0 of one that is still to be created."""
    issue = line.issue or "#new"
    sign = "!" if "!" in issue else "#"
    number = issue.rpartition(sign)[2]
    return sign, int(number) if number.isdigit() else 0


def _indented(by: int, text: Text) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(width=by)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_row("", text)
    return grid


def _meaning(reason: str) -> str:
    return Reason(reason).meaning if reason in set(Reason) else ""


def _advice(reason: str) -> str:
    return Reason(reason).advice if reason in set(Reason) else ""
