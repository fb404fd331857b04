"""Explanations as a person reads them in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.planning.explanation import Answer, Answered, DaysExplanation, EntryExplanation, Explanation
from cli.terminal.text import local_time, safe
from contract.settings import Settings
from contract.vocabulary import Outcome, Reason
from functions.shared.instants import format_instant
from functions.shared.model.place import NewIssue
from functions.shared.model.plan import Delete, Replace
from functions.shared.text import hours
from functions.transform.filters import Filter
from functions.transform.forms import Form
from functions.transform.matching import Match, Origin, Pick, Placed, Rule, Source, TitlePick

_FORMS: dict[Form, str] = {
    "url": "a URL of this GitLab",
    "path": "a full path and a number",
    "short_name": "the last part of a project's path and a number",
    "page_title": "a page's title",
    "gitlab": "GitLab's own reference",
    "merge_request_prefix": "the browser button's prefix",
    "merge_request_word": "a merge request, as it says",
    "number": "a number",
}
_ORIGINS: dict[Origin, str] = {
    "path": "{project}, as the text says",
    "short_name": "{project}, the only project whose path ends in it",
    "page_title": "{project}, by the name in the title",
    "project_map_id": "{project}, which project_map gives for the Toggl project's id",
    "project_map_name": "{project}, which project_map gives for the Toggl project's name",
    "project_map_rest": "{project}, which project_map gives for every other Toggl project",
    "default": "{project}, the default project",
}
_RULES: dict[Rule, str] = {
    "leading": "the one at the very beginning counts",
    "only": "it is the only one, so it counts",
    "ambiguous": "none counts: they name different things, and none is alone at the very beginning",
    "title": "none, so the whole description may be an issue's title",
    "left_out": "not looked at, since project_map has null for the Toggl project",
}
_SOURCES: dict[Source, str] = {
    "description": "references",
    "task": "in the task",
    "tags": "in the tags",
}
_COLOURS = {"created": "green", "replaced": "cyan", "deleted": "magenta", "kept": "default", "skipped": "yellow"}
_LONG = 500


def show_description(explanation: Explanation, console: Console) -> None:
    """Print how a description is matched."""
    lines = [("description", safe(explanation.entry.description or "(none)", "bold", limit=_LONG))]
    if explanation.entry.project_name is not None:
        lines.append(("Toggl project", safe(explanation.entry.project_name)))
    _print([*lines, *_matching_lines(explanation), ("result", _result(explanation))], console)


def show_days(days: DaysExplanation, console: Console) -> None:
    """Print what becomes of each entry of some days."""
    span = " to ".join(
        local_time(at.isoformat(), days.settings.timezone) for at in (days.window.start, days.window.end)
    )
    seen = "cannot be seen" if days.default_path is None else days.default_path
    console.print(safe(f"{span} ({days.settings.timezone}), as GitLab's user {days.username}; default project: {seen}"))
    for entry in days.entries:
        console.print()
        console.print(_headline(entry, days.settings))
        _print(list(_entry_lines(entry, days.settings)), console)
    console.print()
    if not days.entries:
        console.print("Toggl has no entries on these days.")
    if days.error is not None:
        console.print(
            safe(f"A run of these days would fail: {type(days.error).__name__}: {days.error}", "bold red", _LONG)
        )
    console.print("Nothing was written.")


def _print(lines: Sequence[tuple[str, Text]], console: Console) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    last = ""
    for label, text in lines:
        grid.add_row("" if label == last else label, text)
        last = label
    console.print(grid)


def _headline(explained: EntryExplanation, settings: Settings) -> Text:
    entry, row = explained.entry, explained.item.row
    headline = Text(local_time(format_instant(row.spent_at), settings.timezone), style="bold")
    if entry is None:
        why = "which Toggl no longer has" if row.outcome == Outcome.DELETED else "which was not read from Toggl"
        return headline.append(f"  entry {row.entry_id}, {why}")
    length = "running" if entry.is_running else hours(entry.seconds)
    headline.append(f"  {length}  ").append(safe(entry.description or "(no description)", "bold", limit=_LONG))
    if entry.project_name is not None:
        headline.append("  ").append(safe(entry.project_name, "not bold dim"))
    return headline


def _entry_lines(explained: EntryExplanation, settings: Settings) -> Iterator[tuple[str, Text]]:
    entry = explained.entry
    if explained.filtered_by is not None:
        why = _why_filtered(explained.filtered_by, settings)
        yield "filter", safe(f"{explained.filtered_by.reason}: {why}", limit=_LONG)
    if explained.matching is not None:
        yield from _matching_lines(explained.matching)
    if entry is not None and explained.logged_seconds is not None:
        unit = settings.round_time_to_minutes
        how = f"{settings.rounding_mode}, in units of {unit} min" if unit else "exact seconds"
        length, logged = hours(entry.seconds), hours(explained.logged_seconds)
        yield "rounding", safe(f"{length} {'stays as it is' if length == logged else f'becomes {logged}'} ({how})")
    for timelog in explained.timelogs:
        where = "an issue that cannot be seen" if timelog.target is None else timelog.target.name
        when = local_time(format_instant(timelog.spent_at), settings.timezone)
        yield "posted", safe(f"{hours(timelog.seconds)} on {where}, {when}", limit=_LONG)
    yield "plan", _decision(explained)
    if explained.morning is not None and entry is not None:
        yield "next run", safe(explained.morning.in_words(entry), "dim", _LONG)


def _why_filtered(filtered_by: Filter, settings: Settings) -> str:
    values = settings.to_json()
    given = ", ".join(f"{key}: {values[key]}" for key in filtered_by.looks_at)
    return f"{filtered_by.reason.meaning} ({given})" if given else filtered_by.reason.meaning


def _decision(explained: EntryExplanation) -> Text:
    item, row = explained.item, explained.item.row
    text = Text(row.outcome, style=_COLOURS.get(row.outcome, "bold red"))
    if row.reason is not None:
        text.append(f": {row.reason}")
    if row.outcome in {"created", "replaced"}:
        text.append(safe(f": {hours(row.seconds)} on {row.issue}", limit=_LONG))
    if row.outcome == "deleted" and row.gone:
        text.append(": Toggl says that the entry was deleted")
    if isinstance(item, Replace) and not item.duplicates_removed:
        text.append(f"; what is posted differs, {_counted(len(item.old), 'timelog')} then deleted")
    if isinstance(item, Replace | Delete) and item.duplicates_removed:
        text.append(f"; {_counted(item.duplicates_removed, 'duplicate')} deleted")
    if row.warning is not None:
        text.append(f" · {row.warning}: {row.warning.meaning}", style="yellow")
    return text


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{' is' if count == 1 else 's are'}"


def _matching_lines(explanation: Explanation) -> Iterator[tuple[str, Text]]:
    choice = explanation.choice
    for placed in choice.placed:
        counts = " ← counts" if explanation.counts(placed) and len(choice.placed) > 1 else ""
        text = safe(placed.reference.text, "cyan").append("  ")
        yield _SOURCES[choice.source], text.append(safe(f"{_place(placed)}{counts}", "not cyan", limit=_LONG))
    is_several = choice.rule == "only" and len(choice.placed) > 1
    yield _SOURCES[choice.source], safe("all name the same" if is_several else _RULES[choice.rule], "dim")
    if explanation.match is None:
        yield "GitLab", safe("nothing was looked up", "yellow")
    elif explanation.answer is not None:
        yield "GitLab", safe(_in_words(explanation.answer, explanation.match), limit=_LONG)
        for one in explanation.answer.same_title:
            yield "GitLab", safe(f"{one.target.name}  {one.title}{'' if one.is_open else '  (not open)'}", limit=_LONG)


def _place(placed: Placed) -> str:
    form = _FORMS[placed.reference.form]
    if isinstance(placed.picked, Pick):
        return f"{form} · {_ORIGINS[placed.origin].format(project=placed.picked.path)}"
    return f"{form} · {placed.reference.page_title or placed.reference.short_name}: {placed.picked}"


def _in_words(answer: Answer, match: Match) -> str:
    thing = f"issue with this title in {answer.project}" if answer.asked is None else answer.asked
    words: dict[Answered, str] = {
        "found": f"{match.issue} is there",
        "moved": f"{thing} has moved to {match.issue}",
        "not_found": f"there is no {thing} that your token's user can see",
        "project_not_found": f"there is no project {answer.project} that your token's user can see",
        "several_titles": f"there is more than one {thing}",
        "created_before": f"{match.issue} was created for this title before",
        "to_create": f"there is no {thing}, open or not",
        "other_title": f"{thing} is there, but its title is not at the very beginning, and another is named",
    }
    return words[answer.answered]


def _result(explanation: Explanation) -> Text:
    match = explanation.match
    if explanation.reason == Reason.PROJECT_NOT_VISIBLE:
        return safe(f"failed: {explanation.reason}: {Reason.PROJECT_NOT_VISIBLE.meaning}", "red")
    if explanation.reason is not None:
        return safe(f"skipped: {explanation.reason}", "yellow")
    if match is None:
        picked = explanation.choice.picked
        is_title = isinstance(picked, TitlePick)
        return safe(f"not known: {'whether an issue has this title' if is_title else 'whether it is there'}", "yellow")
    if isinstance(match.target, NewIssue):
        labels = ", ".join(explanation.labels) or "none"
        words = f"{match.issue}, to be created with the title '{match.target.title}' and the labels: {labels}"
        return safe(words, "green", limit=_LONG)
    return safe(match.issue, "green")
