"""Everything that a plan needs to know from GitLab, in as few requests as its limits allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from contract.settings import Settings
from contract.vocabulary import Reason
from functions.shared.gitlab.client import GitLab
from functions.shared.model.entry import Span
from functions.shared.model.fetched import Fetched
from functions.shared.model.place import Found, Project, Target
from functions.shared.model.timelog import Timelog
from functions.transform.matching import (
    Choice,
    Match,
    Picked,
    ProjectNames,
    TitlePick,
    choose,
    match,
    match_or_create,
    wanted,
)
from functions.transform.references import References
from functions.transform.screening import Screened

LEDGER_MARGIN = timedelta(days=7)
"""How far around the window the ledger is read for a run that does not say: one of an earlier version."""


@dataclass(frozen=True, slots=True)
class Author:
    """The token's user, by number and by name, and the configured projects as that user sees them.

    default_path: the default project's path, also as the settings give it of one that cannot be seen; None when they
    give a number. configured: the default project, and those of the project map when their names are of any use.
    """

    user_id: str
    username: str
    default_path: str | None
    configured: tuple[Project, ...] = ()


def read_author(gitlab: GitLab, settings: Settings, entries: Iterable[Screened]) -> Author:
    """Who posts, and what the configured projects are called: one request.

    entries: their descriptions may name a project by the name that a page title shows.
    """
    given = settings.gitlab_project_id
    is_named = any(_page_titles(one.references) for one in entries)
    paths = [path for _name, path in settings.project_map] if is_named else []
    user, project, others = gitlab.user_and_projects(given, paths)
    if project is not None:
        return Author(user.id, user.username, project.full_path, (project, *others))
    return Author(user.id, user.username, None if given.isdigit() else given, tuple(others))


@dataclass(frozen=True, slots=True)
class Matching:
    """How entries were matched, step by step.

    choices: what each description comes to, by entry id. found: what GitLab has of it, by lower-case project path.
    marked: the auto-created issues of the projects in which one may have to be created, by path and key.
    matches: where each entry's time goes, by entry id.
    """

    choices: Mapping[int, Choice]
    found: Mapping[str, Found]
    marked: Mapping[str, Mapping[str, Target]]
    matches: Mapping[int, Match]


def read_matching(gitlab: GitLab, settings: Settings, author: Author, entries: Iterable[Screened]) -> Matching:
    """Where the time of each entry that passes the filters goes, and why.

    Requests grow with the number of projects and with hundreds of numbers and of issues, not with entries.
    """
    passing = [one for one in entries if one.filtered_by is None]
    mapped = dict(settings.project_map)
    titled = _titled_projects(gitlab, [one.references for one in passing], author.configured)
    names = ProjectNames(author.default_path, mapped, titled)
    choices = {one.entry.id: choose(one.references, one.entry, names) for one in passing}
    picks = {entry_id: choice.picked for entry_id, choice in choices.items()}
    configured = [path for path in (author.default_path, *mapped.values()) if path is not None]
    look_up = wanted(picks.values(), configured)
    found = gitlab.find(look_up, closed_too=settings.auto_create_issues) if look_up else {}
    if not settings.auto_create_issues:
        return Matching(choices, found, {}, {entry_id: match(picked, found) for entry_id, picked in picks.items()})
    unmatched = _with_unmatched_titles(picks.values(), found)
    marked = {path: gitlab.marked_issues(found[path].project.full_path) for path in unmatched}
    terms = settings.skip_terms
    matches = {entry_id: match_or_create(picked, found, marked, terms) for entry_id, picked in picks.items()}
    return Matching(choices, found, marked, matches)


def _with_unmatched_titles(picks: Iterable[Picked], found: Mapping[str, Found]) -> list[str]:
    """The projects in which an issue may have to be created."""
    paths = {
        picked.path.lower()
        for picked in picks
        if isinstance(picked, TitlePick) and match(picked, found).reason == Reason.NO_ISSUE
    }
    return sorted(path for path in paths if path in found)


def ledger_span(fetched: Fetched) -> Span:
    """Of which days the ledger is read: an entry that was moved may have been posted outside of the window."""
    window = fetched.window
    return fetched.ledger or Span(window.start - LEDGER_MARGIN, window.end + LEDGER_MARGIN)


def read_ledger(gitlab: GitLab, author: Author, span: Span) -> list[Timelog]:
    """The user's own timelogs: GitLab itself is the record of what was posted."""
    return gitlab.timelogs(author.username, span.start, span.end)


def read_others(gitlab: GitLab, author: Author, settings: Settings, matching: Matching, span: Span) -> list[Timelog]:
    """What other users have logged in the projects of the run: an earlier user of this deployment may be among them."""
    configured = [path for path in (author.default_path, *dict(settings.project_map).values()) if path is not None]
    paths = [*configured, *(found.project.full_path for found in matching.found.values())]
    by_key = {path.lower(): path for path in paths if not path.isdigit()}
    return gitlab.timelogs_of_others(by_key.values(), author.user_id, span.start, span.end)


def _titled_projects(
    gitlab: GitLab, references: Iterable[References], configured: Iterable[Project]
) -> dict[str, tuple[str, ...]]:
    """The paths behind the names in page titles: a configured project goes before any other of the same name."""
    titles = {title for found in references for title in _page_titles(found)}
    known = list(configured)
    return {title: _called(title, known) or _called(title, gitlab.projects_named(title)) for title in sorted(titles)}


def _page_titles(references: References) -> list[str]:
    return [mention.page_title for mention in references.found if mention.page_title is not None]


def _called(title: str, projects: Iterable[Project]) -> tuple[str, ...]:
    return tuple(sorted({project.full_path for project in projects if project.name_with_namespace == title}))
