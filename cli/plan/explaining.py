"""Explains descriptions and days with the run's own decisions. It only reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from cli.plan.decision import Decision, decide_in_process
from cli.plan.explanation import Answer, Answered, DayExplanation, EntryExplanation, Explanation
from contract.settings import Settings
from functions.fetch.window import resolve
from functions.shared.gitlab.client import GitLab
from functions.shared.model import NewIssue, TimeEntry, Titled
from functions.shared.plan import Item
from functions.shared.toggl.client import Toggl
from functions.transform.filters import reason_to_skip
from functions.transform.lookups import Matching, read_author, read_matching
from functions.transform.matching import (
    AMBIGUOUS_TITLE,
    Choice,
    Match,
    Pick,
    ProjectNames,
    TitlePick,
    choose,
    same_titled,
)
from functions.transform.references import find_references


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
    author = read_author(gitlab, settings, [entry])
    return _explained(entry, read_matching(gitlab, settings, author, [entry]), settings)


def explain_day(day: str, settings: Settings, toggl: Toggl, gitlab: GitLab, now: datetime) -> DayExplanation:
    """What a run of one day alone would do. Raises InvalidInput and what the two clients raise when reading."""
    window = resolve({"start_date": day, "end_date": day}, settings, now).window
    decision = decide_in_process(window, settings, toggl, gitlab, now)
    return DayExplanation(
        day,
        window,
        settings,
        decision.author.username,
        decision.author.default_path,
        tuple(_explained_item(item, decision, settings) for item in decision.plan.items),
        decision.refusal,
    )


def _explained_item(item: Item, decision: Decision, settings: Settings) -> EntryExplanation:
    entry = decision.entries.get(item.row.entry_id)
    reason = None if entry is None else reason_to_skip(entry, settings)
    matching = None if entry is None or reason else _explained(entry, decision.matching, settings)
    return EntryExplanation(entry, reason, matching, item, decision.ledger.get(item.row.entry_id, ()))


def _explained(entry: TimeEntry, matching: Matching, settings: Settings) -> Explanation:
    choice, match = matching.choices[entry.id], matching.matches[entry.id]
    return Explanation(entry, choice, match, _answer(choice, match, matching, settings), settings.issue_labels)


def _answer(choice: Choice, match: Match, matching: Matching, settings: Settings) -> Answer | None:
    """What GitLab said about what was looked up; None when nothing had to be."""
    picked = choice.picked
    if isinstance(picked, str):
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
    if match.reason == AMBIGUOUS_TITLE:
        return "several_titles"
    if match.target is None:
        return "not_found"
    if isinstance(match.target, NewIssue):
        return "to_create"
    return "found" if match.target in {one.target for one in same} else "created_before"
