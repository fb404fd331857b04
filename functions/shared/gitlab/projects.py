"""GitLab's projects, as the token's user sees them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Any

from functions.shared.gitlab.transport import PAGE, PAGE_INFO, Transport, asked, batches, string, wrong_shape
from functions.shared.model.place import Project

PROJECTS_WITHOUT_ISSUES = 33
PROJECTS_OFFERED = 500
PROJECT_FIELDS = "id fullPath nameWithNamespace"


class Projects(Transport):
    """Reads projects."""

    def projects_by_path(self, paths: Iterable[str]) -> dict[str, Project]:
        """The projects that can be seen, by the path that was asked for."""
        return {path: project_of(node) for path, node in self._project_nodes(paths, PROJECT_FIELDS).items()}

    def _project_nodes(self, paths: Iterable[str], wanted: str) -> dict[str, Any]:
        """The projects that can be seen, each with the wanted fields, by the path that was asked for."""
        found: dict[str, Any] = {}
        for batch in batches(sorted(set(paths)), PROJECTS_WITHOUT_ISSUES):
            declared = ", ".join(f"$p{number}: ID!" for number in range(len(batch)))
            fields = " ".join(
                f"p{number}: project(fullPath: $p{number}) {{ {wanted} }}" for number in range(len(batch))
            )
            data = self._read(f"query({declared}) {{ {fields} }}", {f"p{n}": path for n, path in enumerate(batch)})
            answers = {path: asked(data, f"p{number}") for number, path in enumerate(batch)}
            found |= {path: node for path, node in answers.items() if node is not None}
        return found

    def projects_named(self, name_with_namespace: str) -> list[Project]:
        """The user's projects whose name with namespace is this one (`Group / Project`), as page titles show it."""
        name = name_with_namespace.rsplit(" / ", 1)[-1]
        query = (
            "query($search: String, $after: String)"
            f" {{ projects(search: $search, membership: true, first: {PAGE}, after: $after)"
            f" {{ nodes {{ {PROJECT_FIELDS} }} {PAGE_INFO} }} }}"
        )
        candidates = [project_of(node) for node in self._pages(query, {"search": name}, "projects")]
        return [project for project in candidates if project.name_with_namespace == name_with_namespace]

    def member_projects(self) -> list[Project]:
        """The projects that the token's user is a member of, without those that are archived; the first 500."""
        query = (
            f"query($after: String) {{ projects(membership: true, first: {PAGE}, after: $after)"
            f" {{ nodes {{ {PROJECT_FIELDS} archived }} {PAGE_INFO} }} }}"
        )
        nodes = islice(self._pages(query, {}, "projects"), PROJECTS_OFFERED)
        return [project_of(node) for node in nodes if node.get("archived") is not True]


def project_of(node: Any) -> Project:
    try:
        return Project(
            id=int(node["id"].rsplit("/", 1)[-1]),
            full_path=string(node["fullPath"]),
            name_with_namespace=unicodedata.normalize("NFC", " ".join(string(node["nameWithNamespace"]).split())),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise wrong_shape("project") from error
