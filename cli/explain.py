"""Why a description, or each entry of a day, ends up where it does: the run's own rules, step by step. It only reads.

    python -m cli.explain "#12 Fix login" [--project TOGGL_PROJECT] [--offline] [--json]
    python -m cli.explain --day 2026-11-20 [--json]

The tokens and the settings come from the environment or from `.env`, as for `make run`. A description needs the GitLab
token only; without it, or with --offline, the text alone is explained and nothing is looked up. All reasons, warnings
and outcomes are the words of the state machine's output.

With --json, for a description (null where something does not apply, lists are never null):

    {"description", "toggl_project",
     "references": [{"text", "form": "url" | "path" | "page_title" | "merge_request_prefix" | "number",
                     "sign": "#" | "!", "number", "project": path, "reason",
                     "origin": "path" | "page_title" | "project_map_id" | "project_map_name" | "default",
                     "counts": whether it is what the rule chose}],
     "rule": "leading" | "only" | "ambiguous" | "title" (no reference: the whole description may be one),
     "looked_up": whether GitLab was asked; if not, `issue` and `gitlab` are null, and `project` is what the text or
                  the settings give: perhaps a number, or a page title's name,
     "gitlab": {"answer": "found" | "moved" | "not_found" | "project_not_found" | "several_titles" | "created_before"
                          | "to_create",
                "asked": the issue or merge request, "project", "title": what was asked for without a reference,
                "same_title": [{"issue", "title", "open"}]},
     "reason", "issue", "new_issue": {"project", "title", "labels"}}

For a day:

    {"day", "window", "username", "default_project", "error": {"name", "message"} with which a run of this day ends,
     "entries": [{"entry": as Toggl has it, null when it is gone from there, "filter": the filter's reason,
                  "matching": as above, null when filtered,
                  "rounding": {"raw_seconds", "unit_minutes", "mode", "seconds"}, null when nothing is logged,
                  "timelogs": [{"id", "issue", "seconds", "spent_at"}], what GitLab has of it now,
                  "action": "create" | "replace" | "delete" | "keep" | "skip", "duplicates_removed",
                  "row": the row of the run's output}]}
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.run import (
    ENVIRONMENT_FILE,
    GITLAB_TOKEN,
    SETTINGS_BY_VARIABLE,
    TOGGL_TOKEN,
    TOKENS,
    SetupProblem,
    parse_environment_file,
)
from cli.terminal.console import INTERRUPTED_EXIT_CODE, console_on, hours, local_time, safe
from contract import names
from contract.errors import SyncError, TooManyRemovals, WaitError
from contract.settings import Settings
from contract.vocabulary import Reason
from functions.fetch.fetching import fetch
from functions.fetch.window import resolve
from functions.shared.clients import open_gitlab, open_toggl
from functions.shared.gitlab.client import GitLab
from functions.shared.instants import format_instant
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.place import NewIssue, Titled
from functions.shared.model.plan import Delete, Item, Replace
from functions.shared.model.timelog import Timelog
from functions.shared.toggl.client import Toggl
from functions.transform.filters import Filter
from functions.transform.lookups import Matching, read_author, read_matching
from functions.transform.matching import (
    Choice,
    Match,
    Pick,
    Placed,
    ProjectNames,
    TitlePick,
    choose,
    same_titled,
)
from functions.transform.pipeline import decide
from functions.transform.planning import refuse_too_many_removals
from functions.transform.references import Form, find_references
from functions.transform.screening import unfiltered

Answered = Literal["found", "moved", "not_found", "project_not_found", "several_titles", "created_before", "to_create"]

_FORMS: dict[Form, str] = {
    "url": "a URL of this GitLab",
    "path": "a project's path and a number",
    "page_title": "a page's title",
    "merge_request_prefix": "the browser button's prefix",
    "number": "a number",
}
_ORIGINS = {
    "path": "{project}, as the text says",
    "page_title": "{project}, by the name in the title",
    "project_map_id": "{project}, which project_map has for the Toggl project's id",
    "project_map_name": "{project}, which project_map has for the Toggl project's name",
    "default": "{project}, the default project",
}
_RULES = {
    "leading": "the one at the very beginning counts",
    "only": "it is the only one, so it counts",
    "ambiguous": "none counts: they name different things, and none is at the very beginning",
    "title": "none, so the whole description may be an issue's title",
}
_COLOURS = {"created": "green", "replaced": "cyan", "deleted": "magenta", "kept": "default", "skipped": "yellow"}
_LONG = 500


@dataclass(frozen=True)
class Setup:
    """The settings, and the tokens as far as they are set."""

    settings: Settings
    toggl_token: str
    gitlab_token: str

    def __repr__(self) -> str:
        return f"Setup({self.settings.environment})"  # a traceback shows no token


@dataclass(frozen=True)
class Answer:
    """What GitLab says to what a description names. asked: its name, or None when it was asked for a title."""

    answered: Answered
    asked: str | None
    project: str
    title: str | None = None
    same_title: tuple[Titled, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "answer": self.answered,
            "asked": self.asked,
            "project": self.project,
            "title": self.title,
            "same_title": [
                {"issue": one.target.name, "title": one.title, "open": one.is_open} for one in self.same_title
            ],
        }


@dataclass(frozen=True)
class Explanation:
    """How one description is matched. match: what it comes to, or None when nothing was looked up."""

    entry: TimeEntry
    choice: Choice
    match: Match | None
    answer: Answer | None
    labels: tuple[str, ...]

    @property
    def reason(self) -> str | None:
        if self.match is not None:
            return self.match.reason
        return self.choice.picked if isinstance(self.choice.picked, Reason) else None

    def counts(self, placed: Placed) -> bool:
        """Whether a reference is the one that the rule chose, or names the same."""
        if self.choice.rule == "leading":
            return placed is self.choice.placed[0]
        return self.choice.rule == "only"

    def to_json(self) -> dict[str, Any]:
        target = self.match.target if self.match is not None else None
        new_issue = target if isinstance(target, NewIssue) else None
        return {
            "description": self.entry.description,
            "toggl_project": self.entry.project_name,
            "references": [self._reference_to_json(placed) for placed in self.choice.placed],
            "rule": self.choice.rule,
            "looked_up": self.match is not None,
            "gitlab": None if self.answer is None else self.answer.to_json(),
            "reason": self.reason,
            "issue": None if self.match is None else self.match.issue,
            "new_issue": None
            if new_issue is None
            else {"project": new_issue.project_path, "title": new_issue.title, "labels": list(self.labels)},
        }

    def _reference_to_json(self, placed: Placed) -> dict[str, Any]:
        is_placed = isinstance(placed.picked, Pick)
        return {
            "text": placed.reference.text,
            "form": placed.reference.form,
            "sign": placed.reference.sign,
            "number": placed.reference.iid,
            "project": placed.picked.path if isinstance(placed.picked, Pick) else None,
            "origin": placed.origin,
            "reason": None if is_placed else placed.picked,
            "counts": self.counts(placed),
        }


@dataclass(frozen=True)
class EntryExplanation:
    """What becomes of one entry, and why. entry: None when it is gone from Toggl. timelogs: what GitLab has of it."""

    entry: TimeEntry | None
    filtered_by: Filter | None
    matching: Explanation | None
    item: Item
    timelogs: tuple[Timelog, ...]

    @property
    def logged_seconds(self) -> int | None:
        """What rounding makes of the entry, or None when it did not come to that."""
        if self.matching is None or self.matching.reason is not None:
            return None
        return self.item.row.seconds

    def to_json(self, settings: Settings) -> dict[str, Any]:
        return {
            "entry": None if self.entry is None else self.entry.to_json(),
            "filter": None if self.filtered_by is None else self.filtered_by.reason,
            "matching": None if self.matching is None else self.matching.to_json(),
            "rounding": None
            if self.entry is None or self.logged_seconds is None
            else {
                "raw_seconds": self.entry.seconds,
                "unit_minutes": settings.round_time_to_minutes,
                "mode": settings.rounding_mode,
                "seconds": self.logged_seconds,
            },
            "timelogs": [
                {
                    "id": timelog.gid,
                    "issue": None if timelog.target is None else timelog.target.name,
                    "seconds": timelog.seconds,
                    "spent_at": format_instant(timelog.spent_at),
                }
                for timelog in self.timelogs
            ],
            "action": type(self.item).__name__.lower(),
            "duplicates_removed": self.item.duplicates_removed if isinstance(self.item, Delete) else 0,
            "row": self.item.row.to_json(),
        }


@dataclass(frozen=True)
class DayExplanation:
    """What a run of one day would do. error: with what it would end before doing anything."""

    day: str
    window: Window
    settings: Settings
    username: str
    default_path: str | None
    entries: tuple[EntryExplanation, ...]
    error: TooManyRemovals | None

    def to_json(self) -> dict[str, Any]:
        return {
            "day": self.day,
            "window": self.window.to_json(),
            "username": self.username,
            "default_project": self.default_path,
            "error": None if self.error is None else {"name": type(self.error).__name__, "message": self.error.message},
            "entries": [entry.to_json(self.settings) for entry in self.entries],
        }


def prepare(variables: MutableMapping[str, str], file: Path) -> Setup:
    """The settings and tokens of the environment and of `.env`, where the environment counts first.

    Raises SetupProblem and InvalidSettings.
    """
    given = parse_environment_file(file.read_text(encoding="utf-8"), file.name) if file.is_file() else {}
    given |= {key: variables[key] for key in (*TOKENS, *SETTINGS_BY_VARIABLE) if key in variables}
    for name in TOKENS:
        variables.pop(name, None)
    tokens = {name: _token(name, given.pop(name, "")) for name in TOKENS}
    return Setup(Settings.from_environment(given), tokens[TOGGL_TOKEN], tokens[GITLAB_TOKEN])


def _token(name: str, value: str) -> str:
    """The token; empty when there is none."""
    token = value.strip()
    if names.TOKEN_PLACEHOLDER in token:
        return ""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SetupProblem(f"{name} is no API token: it has spaces or characters that no token has.")
    return token


def described(description: str, toggl_project: str | None) -> TimeEntry:
    """An entry with this description, to ask where it would go. toggl_project: a Toggl project's name or its id."""
    is_id = toggl_project is not None and toggl_project.isascii() and toggl_project.isdigit()
    any_time = datetime(2006, 1, 1, tzinfo=UTC)
    return TimeEntry(
        id=0,
        start=any_time,
        stop=any_time,
        duration_seconds=0,
        description=description,
        billable=False,
        workspace_id=0,
        project_id=int(toggl_project) if toggl_project is not None and is_id else None,
        project_name=toggl_project,
    )


def explain_text(entry: TimeEntry, settings: Settings) -> Explanation:
    """What the text alone says. The default project stands there as the settings have it, a page title's as it is."""
    references = find_references(entry.description, settings.gitlab_url)
    titles = {mention.page_title for mention in references.found if mention.page_title is not None}
    known = ProjectNames(settings.gitlab_project_id, dict(settings.project_map), {title: (title,) for title in titles})
    return Explanation(entry, choose(references, entry, known), None, None, settings.issue_labels)


def explain_description(entry: TimeEntry, settings: Settings, gitlab: GitLab) -> Explanation:
    """Where a description's time would go. Raises what `GitLab` raises when reading."""
    screened = [unfiltered(entry, settings)]
    author = read_author(gitlab, settings, screened)
    return _explained(entry, read_matching(gitlab, settings, author, screened), settings)


def explain_day(day: str, settings: Settings, toggl: Toggl, gitlab: GitLab, now: datetime) -> DayExplanation:
    """What a run of one day alone would do. Raises InvalidInput and what the two clients raise when reading."""
    fetched = fetch(toggl, resolve({"start_date": day, "end_date": day}, settings, now), now)
    decided, window = decide(fetched, gitlab), fetched.window
    error = None
    try:
        if settings.remove_deleted:
            refuse_too_many_removals(decided.plan, decided.ledger, window)
    except TooManyRemovals as refusal:
        error = refusal
    by_id = {screened.entry.id: screened for screened in decided.screened}
    explained = []
    for item in decided.plan.items:
        screened = by_id.get(item.row.entry_id)
        there = decided.ledger.get(item.row.entry_id, ())
        if screened is None:
            explained.append(EntryExplanation(None, None, None, item, there))
            continue
        entry, filtered_by = screened.entry, screened.filtered_by
        matching = None if filtered_by else _explained(entry, decided.matching, settings)
        explained.append(EntryExplanation(entry, filtered_by, matching, item, there))
    author = decided.author
    return DayExplanation(day, window, settings, author.username, author.default_path, tuple(explained), error)


def _explained(entry: TimeEntry, matching: Matching, settings: Settings) -> Explanation:
    choice, match = matching.choices[entry.id], matching.matches[entry.id]
    return Explanation(entry, choice, match, _answer(choice, match, matching, settings), settings.issue_labels)


def _answer(choice: Choice, match: Match, matching: Matching, settings: Settings) -> Answer | None:
    """What GitLab said about what was looked up; None when nothing had to be."""
    picked = choice.picked
    if isinstance(picked, Reason):
        return None
    title = picked.description if isinstance(picked, TitlePick) else None
    found = matching.found.get(picked.path.lower())
    if found is None:
        return Answer("project_not_found", None if isinstance(picked, TitlePick) else picked.name, picked.path, title)
    path = found.project.full_path
    if isinstance(picked, TitlePick):
        # A new issue's title may be shorter than the description, so an issue of that title counts as well.
        titles = [picked.description, *([picked.title] if settings.auto_create_issues else [])]
        same = tuple({one.target: one for text in titles for one in same_titled(text, found.titles)}.values())
        return Answer(_answered_to_title(match, same), None, path, title, same)
    asked = Pick(path, picked.sign, picked.iid).name
    if match.target is None:
        return Answer("not_found", asked, path)
    return Answer("found" if match.target.name == asked else "moved", asked, path)


def _answered_to_title(match: Match, same: Sequence[Titled]) -> Answered:
    if match.reason == Reason.AMBIGUOUS_TITLE:
        return "several_titles"
    if match.target is None:
        return "not_found"
    if isinstance(match.target, NewIssue):
        return "to_create"
    return "found" if match.target in {one.target for one in same} else "created_before"


def show_description(explanation: Explanation, console: Console) -> None:
    """Print how a description is matched."""
    lines = [("description", safe(explanation.entry.description or "(none)", "bold", limit=_LONG))]
    if explanation.entry.project_name is not None:
        lines.append(("Toggl project", safe(explanation.entry.project_name)))
    _print([*lines, *_matching_lines(explanation), ("result", _result(explanation))], console)


def show_day(day: DayExplanation, console: Console) -> None:
    """Print what becomes of each entry of a day."""
    span = " to ".join(local_time(at.isoformat(), day.settings.timezone) for at in (day.window.start, day.window.end))
    seen = "cannot be seen" if day.default_path is None else day.default_path
    console.print(safe(f"{span} ({day.settings.timezone}), as GitLab's user {day.username}; default project: {seen}"))
    for entry in day.entries:
        console.print()
        console.print(_headline(entry, day.settings))
        _print(list(_entry_lines(entry, day.settings)), console)
    console.print()
    if not day.entries:
        console.print("Toggl has no entries on this day.")
    if day.error is not None:
        console.print(safe(f"A run of this day fails: {type(day.error).__name__}: {day.error}", "bold red", _LONG))
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
        return headline.append(f"  entry {row.entry_id}, which Toggl no longer has")
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
        yield "rounding", safe(f"{hours(entry.seconds)} becomes {hours(explained.logged_seconds)} ({how})")
    for timelog in explained.timelogs:
        where = "nothing that can be seen" if timelog.target is None else timelog.target.name
        when = local_time(format_instant(timelog.spent_at), settings.timezone)
        yield "posted", safe(f"{hours(timelog.seconds)} on {where}, {when}", limit=_LONG)
    yield "plan", _decision(explained)


def _why_filtered(filtered_by: Filter, settings: Settings) -> str:
    values = settings.to_json()
    given = ", ".join(f"{key}: {values[key]}" for key in filtered_by.looks_at)
    return f"{filtered_by.reason.meaning} ({given})" if given else filtered_by.reason.meaning


def _decision(explained: EntryExplanation) -> Text:
    item, row = explained.item, explained.item.row
    text = Text(row.outcome, style=_COLOURS[row.outcome])
    if row.reason is not None:
        text.append(f": {row.reason}")
    if row.outcome in {"created", "replaced"}:
        text.append(safe(f": {hours(row.seconds)} on {row.issue}", limit=_LONG))
    if row.outcome == "deleted" and row.gone:
        text.append(": Toggl says that the entry was deleted")
    if isinstance(item, Replace):
        text.append(f"; what is posted differs, {_counted(len(item.old), 'timelog')} then deleted")
    if isinstance(item, Delete) and item.duplicates_removed:
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
        yield "references", text.append(safe(f"{_place(placed)}{counts}", "not cyan", limit=_LONG))
    is_several = choice.rule == "only" and len(choice.placed) > 1
    yield "references", safe("all name the same" if is_several else _RULES[choice.rule], "dim")
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
    if placed.origin == "page_title":
        return f"{form} · {placed.reference.page_title}: {placed.picked}"
    return f"{form} · the default project, which cannot be seen: {placed.picked}"


def _in_words(answer: Answer, match: Match) -> str:
    thing = f"issue with this title in {answer.project}" if answer.asked is None else answer.asked
    words: dict[Answered, str] = {
        "found": f"{match.issue} is there",
        "moved": f"{thing} has moved to {match.issue}",
        "not_found": f"there is no {'open ' if answer.asked is None else ''}{thing} that your token's user can see",
        "project_not_found": f"there is no project {answer.project} that your token's user can see",
        "several_titles": f"there is more than one {thing}",
        "created_before": f"{match.issue} was created for this title before",
        "to_create": f"there is no {thing}, open or not",
    }
    return words[answer.answered]


def _result(explanation: Explanation) -> Text:
    match = explanation.match
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


def parser() -> argparse.ArgumentParser:
    described_by = (__doc__ or "").partition("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m cli.explain", description=described_by)
    made.add_argument("description", nargs="?", help="a time entry's description")
    made.add_argument("--project", metavar="TOGGL_PROJECT", help="the entry's Toggl project, by name or id")
    made.add_argument("--offline", action="store_true", help="explain the text only, and ask nobody")
    made.add_argument("--day", metavar="DAY", help="explain every entry of this day, YYYY-MM-DD, instead")
    made.add_argument("--json", action="store_true", help="print JSON and nothing else")
    return made


def main(arguments: Sequence[str] | None = None, now: datetime | None = None) -> int:
    made = parser()
    options = made.parse_args(arguments)
    if (options.description is None) == (options.day is None):
        made.error("give either a description or --day")
    if options.day is not None and (options.project is not None or options.offline):
        made.error("--project and --offline go with a description")
    try:
        return _explain(options, prepare(os.environ, ENVIRONMENT_FILE), now or datetime.now(UTC))
    except WaitError as error:
        print(f"{type(error).__name__}: try again in {error.wait_seconds} s.", file=sys.stderr)
    except SyncError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    except SetupProblem as problem:
        print(problem, file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED_EXIT_CODE
    return 1


def _explain(options: argparse.Namespace, setup: Setup, now: datetime) -> int:
    console = console_on(quiet=options.json)
    settings = setup.settings
    if options.day is not None:
        toggl = open_toggl(settings, _needed(TOGGL_TOKEN, setup.toggl_token))
        gitlab = open_gitlab(settings, _needed(GITLAB_TOKEN, setup.gitlab_token))
        day = explain_day(options.day, settings, toggl, gitlab, now)
        show_day(day, console)
        return _print_json(day.to_json(), options)
    entry = described(options.description, options.project)
    if options.offline or not setup.gitlab_token:
        explanation = explain_text(entry, settings)
    else:
        explanation = explain_description(entry, settings, open_gitlab(settings, setup.gitlab_token))
    show_description(explanation, console)
    if explanation.match is None and not options.offline:
        print(f"Nothing was looked up, because {GITLAB_TOKEN} is not set (--offline says so).", file=sys.stderr)
    return _print_json(explanation.to_json(), options)


def _needed(name: str, token: str) -> str:
    if not token:
        raise SetupProblem(f"{name} is missing. Put it into .env (cp .env.example .env), or into the environment.")
    return token


def _print_json(value: dict[str, Any], options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps(value, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
