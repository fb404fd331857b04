"""What is odd about the project map, a project's name or the quota, and shows only beside what Toggl has."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from cli.terminal.text import counted, printable
from contract.errors import SyncError
from contract.settings import Settings
from functions.shared.model.entry import TimeEntry
from functions.shared.toggl.client import Toggl
from functions.transform.own_project import REST, Doubt, doubts, own_projects

QUOTA_FOR_A_RUN = 3
"""Requests; a run needs one or two."""


def doubts_about_map(settings: Settings, toggl: Toggl) -> tuple[Doubt, ...]:
    """The keys of the map that Toggl does not know, and its names that several Toggl projects have.

    Toggl is asked for its projects only when there is such a key. Raises what `Toggl` raises.
    """
    project_map = dict(settings.project_map)
    return doubts(project_map, _projects(settings, toggl)) if project_map.keys() - {REST} else ()


def _projects(settings: Settings, toggl: Toggl) -> set[tuple[int, str]]:
    """Id and name of every Toggl project whose entries count. Raises what `Toggl` raises."""
    only = settings.toggl_workspace_id
    workspaces = [int(only)] if only else sorted(toggl.workspaces())
    return {item for workspace in workspaces for item in toggl.projects(workspace).items()}


def remarks_on_map(settings: Settings, toggl: Toggl) -> list[str]:
    """The same as lines for people; one when it cannot be seen."""
    try:
        return [str(doubt) for doubt in doubts_about_map(settings, toggl)]
    except SyncError as error:
        return [f"Toggl could not be asked for the projects of project_map. {error}"]


def remarks_on_quota(left: int | None) -> list[str]:
    """A line where fewer requests are left than the next run may need. left: None when Toggl did not say."""
    if left is None or left >= QUOTA_FOR_A_RUN:
        return []
    return [f"Toggl answers only {counted(left, 'more request')} in this hour: what needs more has to wait."]


def remark_on_project(entry: TimeEntry, settings: Settings, toggl: Toggl | None) -> str:
    """A line for people where a described entry's Toggl project is none that there is, with those that are called
    nearly so; "" where nothing is odd. Toggl is asked only for what the map does not name.

    toggl: None where it cannot be asked; then only a name that is nearly one of the map's is odd.
    """
    name = entry.project_name
    origin = own_projects(settings.project_map, settings.gitlab_project_id).of(entry)[1]
    if name is None or origin in {"project_map_id", "project_map_name"}:
        return ""
    mapped = [key for key, _to in settings.project_map if key != REST]
    try:
        projects = set() if toggl is None else _projects(settings, toggl)
    except SyncError as error:
        return f"Toggl could not be asked for the project '{printable(name, 80)}'. {printable(error, 400)}"
    if name.strip() in {str(part) for project in projects for part in project}:
        return ""
    near = _near(name, {*mapped, *(project for _id, project in projects)})
    if toggl is None and not near:
        return ""
    who = "project_map" if toggl is None else "Toggl"
    meant = f" Did you mean {' or '.join(printable(one, 80) for one in near)}?" if near else ""
    return f"{who} has no project '{printable(name, 80)}'.{meant}"


def _near(name: str, known: Iterable[str]) -> list[str]:
    folded = {one.casefold(): one for one in sorted(known)}
    return [folded[one] for one in get_close_matches(name.casefold(), folded, 3)]
