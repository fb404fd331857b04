"""Which issue or merge request an entry belongs to: pure rules over its references and what GitLab answered."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from contract.vocabulary import Reason
from functions.shared.model.entry import TimeEntry
from functions.shared.model.place import Found, NewIssue, Target, Titled, Wanted
from functions.shared.text import one_line
from functions.transform.references import ISSUE, Reference, References
from functions.transform.titles import issue_key, issue_title, normalised


@dataclass(frozen=True, slots=True)
class Pick:
    """The one place that an entry's description names: an iid in a project, the path as far as it is known."""

    path: str
    sign: str
    iid: int

    @property
    def name(self) -> str:
        return f"{self.path}{self.sign}{self.iid}"


@dataclass(frozen=True, slots=True)
class TitlePick:
    """A description without any reference, on one line: perhaps the title of an issue in the entry's own project."""

    path: str
    description: str

    @property
    def title(self) -> str:
        """What an issue that is created for it would be called."""
        return issue_title(self.description)


Picked = Pick | TitlePick | Reason
"""What an entry's description names, or the reason why it names nothing."""

Origin = Literal["path", "page_title", "project_map_id", "project_map_name", "default"]
"""Where a reference's project comes from: the text itself (the first two), the project map, or the default project."""

Rule = Literal["leading", "only", "ambiguous", "title"]
"""Which reference counts: the one at the very beginning, the only distinct one, none of several; or there is none."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A reference and what it names, or the reason why it names nothing."""

    reference: Reference
    origin: Origin
    picked: Pick | Reason


@dataclass(frozen=True, slots=True)
class Choice:
    """What an entry's description comes to before GitLab is asked, and by which rule. placed: every reference of it."""

    picked: Picked
    rule: Rule
    placed: tuple[Placed, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """Where an entry's time goes, or the reason why it goes nowhere. issue: a name for people, if there is one."""

    target: Target | NewIssue | None
    reason: Reason | None
    issue: str | None


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """How the projects of a run are called.

    default_path: the default project's full path, None when it cannot be seen. mapped: Toggl project name or id ->
    path. titled: a page title's name with namespace -> the paths of the projects that are called so.
    """

    default_path: str | None
    mapped: Mapping[str, str]
    titled: Mapping[str, tuple[str, ...]]

    def of_entry(self, entry: TimeEntry) -> tuple[str | None, Origin]:
        """The path of an entry's own project: by the Toggl project's id, else by its name, else the default."""
        by_id = self.mapped.get(str(entry.project_id)) if entry.project_id is not None else None
        if by_id is not None:
            return by_id, "project_map_id"
        by_name = self._named(entry.project_name) if entry.project_name is not None else None
        return (self.default_path, "default") if by_name is None else (by_name, "project_map_name")

    def _named(self, project_name: str) -> str | None:
        """The path that the map gives for a Toggl project's name, its Unicode form aside."""
        name = unicodedata.normalize("NFC", project_name.strip())
        return next((path for key, path in self.mapped.items() if unicodedata.normalize("NFC", key) == name), None)


def choose(references: References, entry: TimeEntry, names: ProjectNames) -> Choice:
    """The one reference that counts, or the whole description as a title, or the reason why neither is there.

    A reference at the very beginning wins, else the only distinct one; nothing is guessed.
    """
    if not references.found:
        path, whole = names.of_entry(entry)[0], one_line(entry.description)
        if not whole:
            return Choice(Reason.NO_ISSUE, "title")
        return Choice(Reason.PROJECT_NOT_FOUND if path is None else TitlePick(path, whole), "title")
    placed = tuple(_placed(reference, entry, names) for reference in references.found)
    if references.leading is not None:
        return Choice(placed[references.found.index(references.leading)].picked, "leading", placed)
    if len({_identity(one) for one in placed}) > 1:
        return Choice(Reason.AMBIGUOUS_REFERENCE, "ambiguous", placed)
    return Choice(placed[0].picked, "only", placed)


def _placed(reference: Reference, entry: TimeEntry, names: ProjectNames) -> Placed:
    origin: Origin
    if reference.page_title is not None:
        paths = names.titled.get(reference.page_title, ())
        if len(paths) > 1:
            return Placed(reference, "page_title", Reason.AMBIGUOUS_REFERENCE)
        path, origin = (paths[0] if paths else None), "page_title"
    elif reference.path is not None:
        path, origin = reference.path, "path"
    else:
        path, origin = names.of_entry(entry)
    return Placed(
        reference, origin, Reason.PROJECT_NOT_FOUND if path is None else Pick(path, reference.sign, reference.iid)
    )


def _identity(placed: Placed) -> object:
    """What is the same for two mentions of one thing."""
    if isinstance(placed.picked, Reason):
        return placed.picked, placed.reference
    return placed.picked.path.lower(), placed.picked.sign, placed.picked.iid


def wanted(picks: Iterable[Picked], configured: Iterable[str] = ()) -> dict[str, Wanted]:
    """What to look up, by lower-case project path: paths that differ in case only are one project.

    It is asked for as the settings spell it (configured: their paths), else as the first description does, since a
    server need not ignore the case.
    """
    spellings = {path.lower(): path for path in configured}
    by_path: dict[str, list[Pick | TitlePick]] = {}
    for picked in picks:
        if not isinstance(picked, Reason):
            by_path.setdefault(picked.path.lower(), []).append(picked)
    return {
        path: Wanted(
            issues=frozenset(one.iid for one in there if isinstance(one, Pick) and one.sign == ISSUE),
            merge_requests=frozenset(one.iid for one in there if isinstance(one, Pick) and one.sign != ISSUE),
            titles=any(isinstance(one, TitlePick) for one in there),
            path=spellings.get(path, there[0].path),
        )
        for path, there in by_path.items()
    }


def match(picked: Picked, found: Mapping[str, Found]) -> Match:
    """What a pick comes to, given what `wanted` found (by the same lower-case paths)."""
    if isinstance(picked, Reason):
        return Match(None, picked, None)
    project = found.get(picked.path.lower())
    if project is None:
        return Match(None, Reason.PROJECT_NOT_FOUND, picked.name if isinstance(picked, Pick) else None)
    if isinstance(picked, TitlePick):
        return _match_title(picked.description, project.titles)
    there = project.issues if picked.sign == ISSUE else project.merge_requests
    target = there.get(picked.iid)
    if target is None:
        return Match(None, Reason.ISSUE_NOT_FOUND, Pick(project.project.full_path, picked.sign, picked.iid).name)
    return _matched(target)


def same_titled(title: str, there: Iterable[Titled]) -> list[Titled]:
    """The issues whose title is the same, case, white space and Unicode form aside."""
    wanted_title = normalised(title)
    return [one for one in there if normalised(one.title) == wanted_title]


def _match_title(title: str, there: Iterable[Titled]) -> Match:
    same = {one.target for one in same_titled(title, there) if one.is_open}
    if len(same) > 1:
        return Match(None, Reason.AMBIGUOUS_TITLE, None)
    return _matched(next(iter(same))) if same else Match(None, Reason.NO_ISSUE, None)


def match_or_create(
    picked: Picked,
    found: Mapping[str, Found],
    marked: Mapping[str, Mapping[str, Target]],
    skip_terms: Collection[str],
) -> Match:
    """Like `match`, but an unmatched title gets an issue: one that was created for it, one that has it, or a new one.

    found: with the titles of closed issues too. marked: the auto-created issues of each project, by key.
    """
    matched = match(picked, found)
    if matched.reason != Reason.NO_ISSUE or not isinstance(picked, TitlePick):
        return matched
    if normalised(picked.title) in {normalised(term) for term in skip_terms}:
        return Match(None, Reason.SKIP_TERM, None)
    project = found[picked.path.lower()]
    key = issue_key(project.project.id, picked.title)
    earlier = marked.get(picked.path.lower(), {}).get(key)
    if earlier is not None:
        return _matched(earlier)
    same = {one.target for one in same_titled(picked.title, project.titles)}
    if len(same) > 1:
        return Match(None, Reason.AMBIGUOUS_TITLE, None)
    return _matched(next(iter(same)) if same else NewIssue(key, project.project.full_path, picked.title))


def _matched(target: Target | NewIssue) -> Match:
    return Match(target, None, target.name)
