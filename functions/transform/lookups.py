"""Everything that a plan needs to know from GitLab, in as few requests as its limits allow."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from contract.settings import Settings
from contract.vocabulary import Reason
from functions.shared.gitlab.client import GitLab
from functions.shared.model.entry import Says, Span
from functions.shared.model.fetched import Fetched
from functions.shared.model.place import Found, Project, Target
from functions.shared.model.timelog import Timelog
from functions.transform.forms import GROUP_ITEM, Reference
from functions.transform.matching import (
    Match,
    Picked,
    ProjectNames,
    TitlePick,
    choose,
    counting,
    match,
    match_or_create,
    wanted,
)
from functions.transform.own_project import own_projects
from functions.transform.references import References
from functions.transform.screening import Screened
from functions.transform.titles import is_same_title, normalised, searched

LEDGER_MARGIN = timedelta(days=7)
"""How far around the window the ledger is read for a run that does not say: one of an earlier version."""


class Author(NamedTuple):
    """The token's user, by number and by name, and the configured projects as that user sees them.

    default_path: the default project's path, also as the settings give it of one that cannot be seen; None when they
    give a number. configured: the projects that were asked for and can be seen, by how the settings give them: the
    default one, those that they give by a number which is of use, and the others when their names are.
    """

    user_id: str
    username: str
    default_path: str | None
    configured: Mapping[str, Project] = MappingProxyType({})


def read_author(gitlab: GitLab, settings: Settings, entries: Iterable[Screened]) -> Author:
    """Who posts, and what the configured projects are called: one request.

    entries: what their texts name decides which projects are of use.
    """
    given = settings.gitlab_project_id
    user, seen = gitlab.user_and_projects([given, *_of_use(settings, list(entries))])
    project = seen.get(given)
    path = project.full_path if project is not None else None if given.isdigit() else given
    return Author(user.id, user.username, path, seen)


def _of_use(settings: Settings, entries: Collection[Screened]) -> set[str]:
    """The configured projects whose paths or names the entries may need, as the settings give them."""
    own = own_projects(settings.project_map, settings.gitlab_project_id)
    mentions = [mention for one in entries for mention in _all_mentions(one)]
    if any(mention.page_title is not None for mention in mentions):
        return set(own.configured)
    if any(mention.short_name is not None or mention.path is not None for mention in mentions):
        return {given for given in own.configured if given.isdigit()}
    passing = (own.of(one.entry)[0] for one in entries if one.filtered_by is None)
    return {given for given in passing if given is not None and given.isdigit()}


def _all_mentions(one: Screened) -> list[Reference]:
    found = one.mentions.description.found + one.mentions.task.found + one.mentions.tags.found
    return [*found, *(before.reference for mention in found for before in mention.before)]


class Matching(NamedTuple):
    """How entries were matched, step by step.

    names: how the projects are called, with which `choose` says again what a text comes to. found: what GitLab has of
    it, by lower-case project path. marked: the auto-created issues of the projects in which one may have to be created,
    by path and key. matches: where the time of entries goes, by what they say.
    """

    names: ProjectNames
    found: Mapping[str, Found]
    marked: Mapping[str, Mapping[str, Target]]
    matches: Mapping[Says, Match]


def read_matching(gitlab: GitLab, settings: Settings, author: Author, entries: Iterable[Screened]) -> Matching:
    """Where the time of each entry that passes the filters goes, and why.

    Requests grow with the number of projects and with hundreds of numbers and of issues, not with entries.
    """
    passing = [one for one in entries if one.filtered_by is None]
    names = _project_names(gitlab, settings, author, passing)
    picks = {one.entry.says: choose(one.mentions, one.entry, names).picked for one in passing}
    look_up = wanted(picks.values(), names.configured.values())
    if not settings.auto_create_issues:
        found = _with_closed_titles(gitlab, picks.values(), gitlab.find(look_up) if look_up else {})
        matches = {says: match(picked, found, names.configured) for says, picked in picks.items()}
        return Matching(names, found, {}, matches)
    found = gitlab.find(look_up, titles="all") if look_up else {}
    unmatched = _unmatched_titles(picks.values(), found)
    marked = {path: gitlab.marked_issues(found[path].project.full_path) for path in sorted(unmatched)}
    terms = settings.skip_terms
    matches = {says: match_or_create(picked, found, marked, terms, names.configured) for says, picked in picks.items()}
    return Matching(names, found, marked, matches)


def _project_names(gitlab: GitLab, settings: Settings, author: Author, entries: Collection[Screened]) -> ProjectNames:
    """How the projects of a run are called: at most one request for short names, and one for each unknown page title.

    Only the text whose references count is looked up.
    """
    own = own_projects(settings.project_map, settings.gitlab_project_id)
    paths = {given: project.full_path for given, project in author.configured.items()}
    unseen = tuple(sorted(_of_use(settings, entries) - author.configured.keys()))
    names = ProjectNames(own, {given: path for given, path in paths.items() if given.isdigit()}, unseen=unseen)
    names = replace(names, siblings=_siblings(gitlab, entries, names))
    with_titles = (one for one in entries if any(mention.page_title is not None for mention in _all_mentions(one)))
    counted = [counting(one.mentions, one.entry, names)[1] for one in with_titles]
    return replace(names, titled=_titled_projects(gitlab, counted, author.configured.values()))


def _siblings(gitlab: GitLab, entries: Iterable[Screened], names: ProjectNames) -> dict[str, str]:
    """The projects beside entries' own ones that the last part of a path may mean, as far as there are any."""
    asked = {
        names.sibling(mention.short_name, one.entry)
        for one in entries
        for mention in _all_mentions(one)
        if mention.short_name is not None
    }
    by_path = {path.lower(): path for path in asked if path is not None and path.lower() not in names.configured}
    found = gitlab.projects_given(by_path.values())
    return {path.lower(): project.full_path for path, project in found.items()}


def _with_closed_titles(gitlab: GitLab, picks: Iterable[Picked], found: Mapping[str, Found]) -> dict[str, Found]:
    """The same, with the closed issues of the titles that no open one has."""
    keys = {there.project.full_path: key for key, there in found.items()}
    searches = {
        found[key].project.full_path: {text for title in titles if (text := searched(title))}
        for key, titles in _unmatched_titles(picks, found).items()
    }
    closed = {keys[path]: there for path, there in gitlab.closed_issues(searches, is_same_title).items()}
    return {key: there._replace(titles=there.titles + closed.get(key, ())) for key, there in found.items()}


def _unmatched_titles(picks: Iterable[Picked], found: Mapping[str, Found]) -> dict[str, set[str]]:
    """The titles that were looked for and that no issue has, each in one spelling, by lower-case project path."""
    unmatched: dict[str, dict[str, str]] = {}
    for picked in picks:
        path = picked.path.lower() if isinstance(picked, TitlePick) else ""
        if isinstance(picked, TitlePick) and path in found and match(picked, found).reason == Reason.NO_ISSUE:
            unmatched.setdefault(path, {})[normalised(picked.description)] = picked.description
    return {path: set(spellings.values()) for path, spellings in unmatched.items()}


def ledger_span(fetched: Fetched) -> Span:
    """Of which days the ledger is read: an entry that was moved may have been posted outside of the window."""
    window = fetched.window
    return fetched.ledger or Span(window.start - LEDGER_MARGIN, window.end + LEDGER_MARGIN)


def read_ledger(gitlab: GitLab, author: Author, span: Span) -> list[Timelog]:
    """The user's own timelogs: GitLab itself is the record of what was posted."""
    return gitlab.timelogs(author.username, span.start, span.end)


def read_others(gitlab: GitLab, author: Author, settings: Settings, matching: Matching, span: Span) -> list[Timelog]:
    """What other users have logged in the projects of the run: an earlier user of this deployment may be among them."""
    configured = own_projects(settings.project_map, settings.gitlab_project_id).configured
    known = author.configured
    numbered = gitlab.projects_given(given for given in configured if given.isdigit() and given not in known)
    paths = [given for given in configured if not given.isdigit()]
    paths += [project.full_path for project in (*known.values(), *numbered.values())]
    paths += [found.project.full_path for found in matching.found.values()]
    by_key = {path.lower(): path for path in paths}
    return gitlab.timelogs_of_others(by_key.values(), author.user_id, span.start, span.end)


def _titled_projects(
    gitlab: GitLab, references: Iterable[References], configured: Iterable[Project]
) -> dict[str, tuple[str, ...]]:
    """The paths behind the names in page titles: a configured project goes before any other of the same name."""
    titles = {
        mention.page_title
        for found in references
        for mention in found.found
        if mention.page_title is not None and mention.sign != GROUP_ITEM
    }
    known = list(configured)
    return {title: _called(title, known) or _called(title, gitlab.projects_named(title)) for title in sorted(titles)}


def _called(title: str, projects: Iterable[Project]) -> tuple[str, ...]:
    return tuple(sorted({project.full_path for project in projects if project.name_with_namespace == title}))
