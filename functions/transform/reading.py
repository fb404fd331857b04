"""Everything that a plan needs to know from GitLab, in as few requests as its limits allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from contract.settings import Settings
from functions.shared.gitlab import GitLab
from functions.shared.model import Found, Project, Target, TimeEntry, Timelog, Window
from functions.transform.matching import (
    NO_ISSUE,
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
from functions.transform.references import References, find_references

LEDGER_MARGIN = timedelta(days=7)
"""How far around the window the ledger is read: an entry whose start was edited may have been posted outside of it."""


@dataclass(frozen=True, slots=True)
class Author:
    """The token's user, and the default project as that user sees it (None: not at all).

    default_path: its path, also as the settings give it of one that cannot be seen; None when they give a number.
    """

    username: str
    default_project: Project | None
    default_path: str | None


def read_author(gitlab: GitLab, settings: Settings) -> Author:
    """Who posts, and what the default project is called: one request."""
    given = settings.gitlab_project_id
    username, project = gitlab.user_and_project(given)
    if project is not None:
        return Author(username, project, project.full_path)
    return Author(username, None, None if given.isdigit() else given)


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


def read_matching(gitlab: GitLab, settings: Settings, author: Author, entries: Iterable[TimeEntry]) -> Matching:
    """Where each entry's time goes, and why.

    Requests grow with the number of projects and with hundreds of numbers and of issues, not with entries.
    """
    references = {entry: find_references(entry.description, settings.gitlab_url) for entry in entries}
    mapped = dict(settings.project_map)
    titled = _titled_projects(gitlab, references.values(), author.default_project, mapped.values())
    names = ProjectNames(author.default_path, mapped, titled)
    choices = {entry.id: choose(found, entry, names) for entry, found in references.items()}
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
        if isinstance(picked, TitlePick) and match(picked, found).reason == NO_ISSUE
    }
    return sorted(path for path in paths if path in found)


def read_ledger(gitlab: GitLab, username: str, window: Window) -> list[Timelog]:
    """The user's timelogs around the window: GitLab itself is the record of what was posted."""
    return gitlab.timelogs(username, window.start - LEDGER_MARGIN, window.end + LEDGER_MARGIN)


def _titled_projects(
    gitlab: GitLab, references: Iterable[References], default: Project | None, mapped: Iterable[str]
) -> dict[str, tuple[str, ...]]:
    """The paths behind the names in page titles: a configured project goes before any other of the same name."""
    titles = {mention.page_title for found in references for mention in found.found if mention.page_title is not None}
    if not titles:
        return {}
    known = [] if default is None else [default]
    known += gitlab.projects_by_path(path for path in mapped if path not in {one.full_path for one in known}).values()
    return {title: _called(title, known) or _called(title, gitlab.projects_named(title)) for title in sorted(titles)}


def _called(title: str, projects: Iterable[Project]) -> tuple[str, ...]:
    return tuple(sorted({project.full_path for project in projects if project.name_with_namespace == title}))
