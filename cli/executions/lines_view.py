"""Lines as a person reads them: grouped by what happens, then by project and issue, or by reason.

What a reason or a warning means is said once, and nothing that names an issue is ever cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TypeVar
from zoneinfo import ZoneInfo

from rich.table import Table
from rich.text import Text

from cli.executions.lines import Kind, Line
from cli.terminal.text import counted, one_line, safe
from contract.vocabulary import Reason, meaning_and_advice
from functions.shared.model.place import project_in
from functions.shared.text import hours

_HEADINGS: dict[Kind, tuple[str, str, str]] = {
    "create": ("To create", "Created", "bold green"),
    "change": ("To change", "Changed", "bold cyan"),
    "remove": ("To remove", "Removed", "bold magenta"),
    "refused": ("Refused", "Failed", "bold red"),
    "left_out": ("Left out", "Left out", "bold yellow"),
    "kept": ("On GitLab already", "On GitLab already", "bold"),
}
"""As a plan says it, as a run that is over does, and the style."""

_K = TypeVar("_K", str, tuple[str, int])
_NO_PROJECT = "an issue that cannot be seen"
_LONG = 2_000


def parts_of(lines: Sequence[Line], timezone: str, *, is_plan: bool, with_kept: bool) -> Iterator[Text | Table]:
    """All lines. with_kept: what is on GitLab already too, entry by entry; else only where it is remarkable."""
    shown: list[Line] = []
    for kind in _HEADINGS:
        of_kind = [line for line in lines if line.kind == kind]
        if not of_kind:
            continue
        yield _heading(kind, of_kind, is_plan=is_plan)
        if kind in {"refused", "left_out"}:
            yield from _by_reason(of_kind, timezone)
        elif kind == "kept":
            of_kind = [one for one in of_kind if with_kept or one.warning is not None or one.duplicates]
            yield from _kept(of_kind, timezone)
        else:
            yield from _by_project(of_kind, timezone)
        shown += of_kind
    yield from _meanings(shown)


def _heading(kind: Kind, lines: Sequence[Line], *, is_plan: bool) -> Text:
    planned, done, style = _HEADINGS[kind]
    seconds = hours(sum(_seconds_of(line) for line in lines))
    words = Text(f"\n{planned if is_plan else done}", style)
    return words.append(f": {counted(len(lines), 'entry')}, {seconds}", "not bold default")


def _seconds_of(line: Line) -> int:
    """What counts of a line under its heading."""
    if line.kind in {"refused", "left_out"}:
        return line.tracked_seconds
    return sum(one.seconds for one in line.before) if line.kind == "kept" else line.seconds


def _by_project(lines: Sequence[Line], timezone: str) -> Iterator[Text | Table]:
    for project, of_project in _grouped(lines, _project_of):
        seconds = hours(sum(one.seconds for one in of_project))
        yield Text("  ").append(safe(project, "bold", _LONG)).append(f"  {seconds}", "dim")
        for issue, of_issue in _grouped(of_project, _issue_of):
            grid = _grid(4, 2)
            seconds = hours(sum(one.seconds for one in of_issue))
            grid.add_row("", safe(f"{issue[0]}{issue[1] or 'new'}", "cyan"), seconds, one_line(of_issue[0].title or ""))
            yield grid
            yield _entries(of_issue, timezone)


def _entries(lines: Iterable[Line], timezone: str) -> Table:
    """One line an entry: when, tracked -> logged, and its text; then what it was before, and what is odd."""
    grid = _grid(6, 2)
    for line in lines:
        grid.add_row("", _when(line.start, timezone), _times(line), _text_of(line))
        for remark in _remarks_on(line):
            grid.add_row("", "", "", remark)
    return grid


def _grid(indent: int, columns: int) -> Table:
    """columns: of so many that are never cut; then one that is wrapped."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(width=max(0, indent - 2))
    for _column in range(columns):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    return grid


def _when(start: datetime, timezone: str) -> Text:
    return Text(start.astimezone(ZoneInfo(timezone)).strftime("%a %d %b %H:%M"), style="dim")


def _times(line: Line) -> Text:
    if line.kind in {"left_out", "refused"}:
        return Text("running" if line.reason == Reason.RUNNING else hours(line.tracked_seconds))
    if line.gone or line.kind == "remove" or line.tracked_seconds == line.seconds:
        return Text(hours(line.seconds))
    return Text(f"{hours(line.tracked_seconds)} → {hours(line.seconds)}")


def _text_of(line: Line) -> Text:
    if line.gone:
        why = "which Toggl no longer has" if line.kind == "remove" else "which was not read from Toggl"
        return safe(f"entry {line.entry_id}, {why}", "dim")
    text = safe(line.description or "(no description)")
    if line.toggl_project:
        text.append("  ").append(safe(line.toggl_project, "dim"))
    return text


def _remarks_on(line: Line) -> Iterator[Text]:
    """What is odd about a line; its words are explained once, below all lines."""
    if line.kind == "change" and line.before:
        yield safe(f"{_there(line)} → {line.issue} {hours(line.seconds)}", "cyan", _LONG)
    if words := [word for word in _words_on(line) if word is not None]:
        yield safe(", ".join(words), "yellow", _LONG)
    if line.duplicates:
        yield safe(f"{counted(line.duplicates, 'double')} of it removed", "magenta")
    if line.pending is not None:
        yield safe(f"an earlier run could not finish it: {line.pending}", "yellow", _LONG)
    elif line.late:
        yield safe("changed in Toggl after its day was synced", "dim", _LONG)


def _words_on(line: Line) -> tuple[str | None, ...]:
    """The reason and the warning of a line; the reason of one that stands below its reason is said there."""
    return (None if line.kind in {"refused", "left_out"} else line.reason, line.warning)


def _there(line: Line) -> str:
    return ", ".join(f"{one.issue or _NO_PROJECT} {hours(one.seconds)}" for one in line.before)


def _by_reason(lines: Sequence[Line], timezone: str) -> Iterator[Table]:
    for reason, of_reason in _grouped(lines, lambda line: line.reason or ""):
        yield from _explained(reason)
        grid = _grid(4, 2)
        grid.columns[2].justify = "right"
        for line in of_reason:
            text = _text_of(line)
            if line.issue and not text.plain.startswith(line.issue):
                text.append("  ").append(safe(line.issue, "cyan", _LONG))
            grid.add_row("", _when(line.start, timezone), _times(line), text)
            for remark in _remarks_on(line):
                grid.add_row("", "", "", remark)
        yield grid


def _kept(lines: Sequence[Line], timezone: str) -> Iterator[Table]:
    grid = _grid(4, 1)
    for line in lines:
        text = safe(_there(line), limit=_LONG).append("  ").append(_text_of(line))
        grid.add_row("", _when(line.start, timezone), text)
        for remark in _remarks_on(line):
            grid.add_row("", "", remark)
    if lines:
        yield grid


def _meanings(lines: Iterable[Line]) -> Iterator[Text | Table]:
    """What the words beside the lines mean, each once."""
    words = dict.fromkeys(word for line in lines for word in _words_on(line) if word and meaning_and_advice(word)[0])
    if words:
        yield Text("\nWarnings", "bold")
    for word in words:
        yield from _explained(word)


def _explained(word: str) -> Iterator[Table]:
    meaning, advice = meaning_and_advice(word)
    yield _indented(safe(f"{word}: {meaning}" if meaning else word, "bold", _LONG))
    if advice:
        yield _indented(safe(f"→ {advice}", "dim", _LONG))


def _indented(text: Text) -> Table:
    grid = Table.grid(expand=True)
    grid.add_column(width=2)
    grid.add_column(overflow="fold", ratio=1)
    grid.add_row("", text)
    return grid


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
