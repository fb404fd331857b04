"""What is odd about the project map, and shows only beside what Toggl has."""

from __future__ import annotations

from contract.errors import SyncError
from contract.settings import Settings
from functions.shared.toggl.client import Toggl
from functions.transform.own_project import REST, Doubt, doubts


def doubts_about_map(settings: Settings, toggl: Toggl) -> tuple[Doubt, ...]:
    """The keys of the map that Toggl does not know, and its names that several Toggl projects have.

    Toggl is asked for its projects only when there is such a key. Raises what `Toggl` raises.
    """
    project_map = dict(settings.project_map)
    if not project_map.keys() - {REST}:
        return ()
    only = settings.toggl_workspace_id
    workspaces = [int(only)] if only else sorted(toggl.workspaces())
    return doubts(project_map, {item for workspace in workspaces for item in toggl.projects(workspace).items()})


def remarks_on_map(settings: Settings, toggl: Toggl) -> list[str]:
    """The same as lines for people; one when it cannot be seen."""
    try:
        return [str(doubt) for doubt in doubts_about_map(settings, toggl)]
    except SyncError as error:
        return [f"Whether Toggl has the projects of project_map cannot be seen. {error}"]
