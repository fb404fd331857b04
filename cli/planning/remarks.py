"""What is odd about the settings of a plan, and shows only beside what Toggl has."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from contract.errors import SyncError
from contract.settings import Settings
from functions.shared.model.entry import TimeEntry
from functions.shared.toggl.client import Toggl


def unknown_in_map(settings: Settings, entries: Iterable[TimeEntry], toggl: Toggl) -> list[str]:
    """A line for each key of the project map that is no project of Toggl's; one when that cannot be seen.

    entries: of which the projects are known already; only for other keys Toggl is asked.
    """
    used = {(entry.project_id or 0, entry.project_name or "") for entry in entries}
    left = [key for key, _path in settings.project_map if key != "*" and _form(key) not in set(_known(used))]
    if not left:
        return []
    only = settings.toggl_workspace_id
    try:
        workspaces = [int(only)] if only else sorted(toggl.workspaces())
        known = {item for workspace in workspaces for item in _known(toggl.projects(workspace).items())}
    except SyncError as error:
        return [f"project_map: whether Toggl has these projects cannot be seen. {error}"]
    unknown = [key for key in left if _form(key) not in known]
    return [f"project_map: Toggl has no project '{key}', so this row has no effect." for key in unknown]


def _known(projects: Iterable[tuple[int, str]]) -> Iterator[str]:
    for number, name in projects:
        yield from (str(number), _form(name))


def _form(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())
