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

from cli.planning.preview import Account, Kind, Line, Preview, total
from cli.terminal.text import counted, hours, local_time, one_line, safe
from contract.vocabulary import Reason

_HEADINGS: dict[Kind, tuple[str, str]] = {
    "create": ("To create", "bold green"),
    "change": ("To change", "bold cyan"),
    "remove": ("To remove", "bold magenta"),
    "refused": ("Refused", "bold red"),
    "left_out": ("Left out", "bold yellow"),
    "kept": ("On GitLab already", "bold"),
}
_COUNTED: dict[Kind, str] = {"create": "to create", "change": "to change", "remove": "to remove"}
_K = TypeVar("_K", str, tuple[str, int])

_NO_PROJECT = "nothing that can be seen"
_LONG = 2_000


def show_preview(plan: Preview, console: Console, *, with_kept: bool = False) -> None:
    """Print a plan. with_kept: what is on GitLab already too, entry by entry."""
    for part in parts_of(plan, with_kept=with_kept):
        console.print(part)


def parts_of(plan: Preview, *, with_kept: bool) -> Iterator[Text | Table]:
    yield _headline(plan)
    for kind in _COUNTED:
        yield from _by_project(plan, kind)
    yield from _by_reason(plan, "refused")
    yield from _by_reason(plan, "left_out")
    yield from _kept(plan, with_kept=with_kept)
    yield from _sums(plan)
    yield from _remarks(plan)
    yield Text()
    yield _conclusion(plan)


def _headline(plan: Preview) -> Text:
    zone = plan.window.timezone
    begin, end = (local_time(at.isoformat(), zone) for at in (plan.window.start, plan.window.end))
    return safe(f"{begin} to {end} ({zone}), as {plan.username} on {plan.settings.gitlab_url}", limit=_LONG)


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
            grid = _grid(4, expand=False)
            for _column in range(3):
                grid.add_column(no_wrap=True)
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


def _grid(indent: int, *, expand: bool = True) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=expand)
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
        return safe(f"entry {line.entry_id}, which Toggl no longer has", "dim")
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
    yield Text()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for heading in ("tracked", "on GitLab", "left out", "refused", "rounding"):
        table.add_column(Text(heading, style="dim"), justify="right", no_wrap=True)
    for day, lines in plan.days().items():
        table.add_row(f"{datetime.fromisoformat(day):%a %d %b}", *_cells(total(line.account for line in lines)))
    if len(plan.days()) > 1:
        table.add_row("together", *_cells(plan.account), style="bold")
    yield table
    yield _explanation(plan.account)


def _cells(account: Account) -> list[str]:
    seconds = (account.tracked, account.on_gitlab, account.left_out, account.refused, account.rounding)
    return [hours(one) if one else "·" for one in seconds]


def _explanation(account: Account) -> Text:
    """The sum in words: every second is somewhere."""
    rounding = f"{'-' if account.rounding >= 0 else '+'} {hours(abs(account.rounding))} by rounding"
    parts = [
        f"{hours(account.tracked)} tracked = {hours(account.on_gitlab)} on GitLab",
        f"+ {hours(account.left_out)} left out",
        *([f"+ {hours(account.refused)} refused"] if account.refused else []),
        rounding,
        *([f"- {hours(account.differing)} that GitLab keeps beyond the plan"] if account.differing else []),
    ]
    return safe(" ".join(parts), "dim", _LONG)


def _remarks(plan: Preview) -> Iterator[Text]:
    gap = plan.window.gap
    if gap is not None:
        yield safe(f"\nNo longer within reach: {gap[0]} to {gap[1]}. Give these days: {gap[0]}..{gap[1]}", "yellow")
    for remark in plan.remarks:
        yield safe(remark, "yellow", _LONG)


def _conclusion(plan: Preview) -> Text:
    if plan.error is not None:
        return safe(f"A run would end with {type(plan.error).__name__}: {plan.error}", "bold red", _LONG)
    if not plan.writes:
        return Text("Nothing to do: GitLab has it all.", "bold green")
    counts = [(len(plan.of(kind)), words) for kind, words in _COUNTED.items()]
    doubles = sum(line.duplicates for line in plan.lines)
    parts = [f"{count} {words}" for count, words in [*counts, (doubles, "doubles to remove")] if count]
    return Text(f"{', '.join(parts)}. Nothing was written.", "bold")


def _grouped(lines: Iterable[Line], key: Callable[[Line], _K]) -> Iterator[tuple[_K, list[Line]]]:
    ordered = sorted(lines, key=lambda line: (key(line), line.start))
    for name, found in groupby(ordered, key=key):
        yield name, list(found)


def _project_of(line: Line) -> str:
    """The path before an issue's sign."""
    return (line.issue or "").replace("!", "#").rpartition("#")[0] or _NO_PROJECT


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
