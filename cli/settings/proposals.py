"""What a person is proposed who sets up an environment."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from functions.shared.model.place import Project


def proposed_map(toggl_names: Iterable[str], projects: Iterable[Project], default_path: str) -> dict[str, str]:
    """Toggl project -> GitLab project where exactly one is called alike; what goes to the default project is left out.

    Alike: the project's name or the end of its path, case and everything but letters and digits aside.
    """
    called: dict[str, set[str]] = {}
    for project in projects:
        names = {project.full_path.rpartition("/")[2], project.name_with_namespace.rpartition(" / ")[2]}
        for name in names:
            called.setdefault(_form(name), set()).add(project.full_path)
    found = {name: called.get(_form(name), set()) for name in sorted(set(toggl_names))}
    return {name: path for name, paths in found.items() if len(paths) == 1 for path in paths if path != default_path}


def _form(name: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKC", name).casefold() if one.isalnum())
