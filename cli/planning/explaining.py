"""Explains descriptions and days with the run's own decisions. It only reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from cli.planning.decision import decide_in_process
from cli.planning.explanation import Answer, Answered, DaysExplanation, EntryExplanation, Explanation
from cli.planning.next_run import Morning
from contract.settings import Settings
from contract.state import SyncState
from contract.vocabulary import Reason
from functions.fetch.window import resolve
from functions.shared.gitlab.client import GitLab
from functions.shared.model.entry import TimeEntry, cut
from functions.shared.model.place import NewIssue, Titled
from functions.shared.model.plan import Item
from functions.shared.toggl.client import Toggl
from functions.transform.lookups import Matching, read_author, read_matching
from functions.transform.matching import (
    Choice,
    Match,
    Pick,
    ProjectNames,
    TitlePick,
    choose,
    picked_by_title,
    same_titled,
)
from functions.transform.own_project import own_projects
from functions.transform.pipeline import Decided
from functions.transform.screening import Screened, find_mentions, unfiltered


def described(description: str, toggl_project: str | None) -> TimeEntry:
    """An entry with this description, to ask where it would go. toggl_project: a Toggl project's name or its id."""
    is_id = toggl_project is not None and toggl_project.isascii() and toggl_project.isdigit()
    any_time = datetime(2006, 1, 1, tzinfo=UTC)
    return TimeEntry(
        id=0,
        start=any_time,
        stop=any_time,
        duration_seconds=0,
        description=cut(description),
        billable=False,
        workspace_id=0,
        project_id=int(toggl_project) if toggl_project is not None and is_id else None,
        project_name=toggl_project,
    )


def explain_text(entry: TimeEntry, settings: Settings) -> Explanation:
    """What the text alone says. The default project stands there as the settings have it, a page title's as it is."""
    mentions = find_mentions(entry, settings.gitlab_url)
    titles = {mention.page_title for mention in mentions.description.found if mention.page_title is not None}
    own = own_projects(settings.project_map, settings.gitlab_project_id)
    known = ProjectNames(own, titled={title: (title,) for title in titles})
    return Explanation(entry, choose(mentions, entry, known), None, None, settings.issue_labels)


def explain_description(entry: TimeEntry, settings: Settings, gitlab: GitLab) -> Explanation:
    """Where a description's time would go. Raises what `GitLab` raises when reading."""
    screened = [unfiltered(entry, settings)]
    author = read_author(gitlab, settings, screened)
    return _explained(entry, read_matching(gitlab, settings, author, screened), settings)


def explain_days(
    run_input: Mapping[str, Any],
    settings: Settings,
    toggl: Toggl,
    gitlab: GitLab,
    now: datetime,
    *,
    state: SyncState | None = None,
) -> DaysExplanation:
    """What a run of these days alone would do, and what a deployment's next run does about each of their entries.

    state: what the deployment's runs have left; None where there is no deployment. Raises InvalidInput,
    GitLabUserChanged and what the two clients raise when reading.
    """
    decision = decide_in_process(resolve(run_input, settings, now, state), toggl, gitlab, now, state)
    morning = None if state is None else Morning(settings, state, now)
    decided = decision.decided
    screened = {one.entry.id: one for one in decided.screened}
    return DaysExplanation(
        decision.fetched.window,
        settings,
        decided.author.username,
        decided.author.default_path,
        tuple(
            _explained_item(item, screened.get(item.row.entry_id), decided, settings, morning)
            for item in decided.plan.items
        ),
        decision.refusal,
    )


def _explained_item(
    item: Item, screened: Screened | None, decided: Decided, settings: Settings, morning: Morning | None
) -> EntryExplanation:
    timelogs = decided.ledger.get(item.row.entry_id, ())
    if screened is None:
        return EntryExplanation(None, None, None, item, timelogs)
    entry, filtered_by = screened.entry, screened.filtered_by
    matching = None if filtered_by else _explained(entry, decided.matching, settings)
    return EntryExplanation(entry, filtered_by, matching, item, timelogs, morning)


def _explained(entry: TimeEntry, matching: Matching, settings: Settings) -> Explanation:
    choice = choose(find_mentions(entry, settings.gitlab_url), entry, matching.names)
    match = matching.matches[entry.says]
    return Explanation(entry, choice, match, _answer(choice, match, matching, settings), settings.issue_labels)


def _answer(choice: Choice, match: Match, matching: Matching, settings: Settings) -> Answer | None:
    """What GitLab said about what was looked up; None when nothing had to be."""
    if isinstance(choice.picked, Reason) or match.reason == Reason.GROUP_ITEM:
        return None
    counts = picked_by_title(choice.picked, matching.found)
    picked = choice.picked if isinstance(counts, Reason) else counts
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
        is_in_doubt = match.reason == Reason.AMBIGUOUS_REFERENCE
        return Answer("other_title" if is_in_doubt else "not_found", asked, path)
    return Answer("found" if match.target.name == asked else "moved", asked, path)


def _answered_to_title(match: Match, same: Sequence[Titled]) -> Answered:
    if match.reason == Reason.AMBIGUOUS_TITLE:
        return "several_titles"
    if match.target is None:
        return "not_found"
    if isinstance(match.target, NewIssue):
        return "to_create"
    return "found" if match.target in {one.target for one in same} else "created_before"
