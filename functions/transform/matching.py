"""Which issue or merge request an entry belongs to: pure rules over its references and what GitLab answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from functions.shared.model import Found, Target, TimeEntry, Wanted
from functions.transform.references import ISSUE, Reference, References

AMBIGUOUS_REFERENCE = "ambiguous_reference"
ISSUE_NOT_FOUND = "issue_not_found"
NO_ISSUE = "no_issue"
PROJECT_NOT_FOUND = "project_not_found"


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
class Match:
    """Where an entry's time goes, or the reason why it goes nowhere. issue: a name for people, if there is one."""

    target: Target | None
    reason: str | None
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

    def of_entry(self, entry: TimeEntry) -> str | None:
        """The path of an entry's own project: by the Toggl project's id, else by its name, else the default."""
        by_id = self.mapped.get(str(entry.project_id)) if entry.project_id is not None else None
        by_name = self.mapped.get(entry.project_name.strip()) if entry.project_name is not None else None
        return by_id or by_name or self.default_path


def pick(references: References, entry: TimeEntry, names: ProjectNames) -> Pick | str:
    """The one reference that counts, or the reason why none does.

    One at the very beginning wins, else the only distinct one; nothing is guessed.
    """
    if references.leading is not None:
        return _placed(references.leading, entry, names)
    distinct: dict[tuple[str, str, int] | str, Pick | str] = {}
    for reference in references.found:
        placed = _placed(reference, entry, names)
        key = (placed.path.lower(), placed.sign, placed.iid) if isinstance(placed, Pick) else f"{placed} {reference}"
        distinct.setdefault(key, placed)
    if len(distinct) > 1:
        return AMBIGUOUS_REFERENCE
    return next(iter(distinct.values()), NO_ISSUE)


def _placed(reference: Reference, entry: TimeEntry, names: ProjectNames) -> Pick | str:
    if reference.page_title is not None:
        paths = names.titled.get(reference.page_title, ())
        if len(paths) > 1:
            return AMBIGUOUS_REFERENCE
        path = paths[0] if paths else None
    else:
        path = reference.path or names.of_entry(entry)
    return PROJECT_NOT_FOUND if path is None else Pick(path, reference.sign, reference.iid)


def wanted(picks: Iterable[Pick | str]) -> dict[str, Wanted]:
    """What to look up, by project path; paths that differ in case only are one project."""
    issues: dict[str, set[int]] = {}
    merge_requests: dict[str, set[int]] = {}
    for picked in picks:
        if isinstance(picked, Pick):
            path = picked.path.lower()
            issues.setdefault(path, set())
            merge_requests.setdefault(path, set())
            (issues if picked.sign == ISSUE else merge_requests)[path].add(picked.iid)
    return {path: Wanted(frozenset(issues[path]), frozenset(merge_requests[path])) for path in issues}


def match(picked: Pick | str, found: Mapping[str, Found]) -> Match:
    """What a pick comes to, given what `wanted` found (by the same lower-case paths)."""
    if not isinstance(picked, Pick):
        return Match(None, picked, None)
    project = found.get(picked.path.lower())
    if project is None:
        return Match(None, PROJECT_NOT_FOUND, picked.name)
    there = project.issues if picked.sign == ISSUE else project.merge_requests
    target = there.get(picked.iid)
    if target is None:
        return Match(None, ISSUE_NOT_FOUND, Pick(project.project.full_path, picked.sign, picked.iid).name)
    return Match(target, None, target.name)
