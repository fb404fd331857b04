"""GitLab's projects, as the token's user sees them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from functions.shared.gitlab.transport import PAGE, PAGE_INFO, Transport, asked, batches, nodes_of, string, wrong_shape
from functions.shared.model.place import Project

PROJECTS_WITHOUT_ISSUES = 33
PROJECTS_OFFERED = 500
PROJECT_FIELDS = "id fullPath nameWithNamespace"


class AskedProjects(NamedTuple):
    """The part of a query that asks for projects by their paths and numbers, and how its answer is read."""

    paths: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def declared(self) -> str:
        variables = [f"$p{number}: ID!" for number in range(len(self.paths))]
        variables += ["$numbers: [ID!]"] if self.numbers else []
        return f"({', '.join(variables)})" if variables else ""

    @property
    def fields(self) -> str:
        parts = [f"p{n}: project(fullPath: $p{n}) {{ {PROJECT_FIELDS} }}" for n in range(len(self.paths))]
        if self.numbers:
            parts.append(f"numbered: projects(ids: $numbers, first: {PAGE}) {{ nodes {{ {PROJECT_FIELDS} }} }}")
        return " ".join(parts)

    @property
    def variables(self) -> dict[str, Any]:
        given: dict[str, Any] = {f"p{number}": path for number, path in enumerate(self.paths)}
        ids = [f"gid://gitlab/Project/{number}" for number in self.numbers]
        return given | ({"numbers": ids} if ids else {})

    def seen_in(self, data: dict[str, Any]) -> dict[str, Project]:
        """The projects that can be seen, by the path or number that was asked for."""
        answers = {path: asked(data, f"p{number}") for number, path in enumerate(self.paths)}
        seen = {path: project_of(node) for path, node in answers.items() if node is not None}
        numbered = [project_of(node) for node in nodes_of(data, "numbered")] if self.numbers else []
        return seen | {str(project.id): project for project in numbered}


def first_projects(given: Iterable[str]) -> tuple[AskedProjects, list[str]]:
    """As many projects as one request may ask for, and the rest."""
    there = sorted(set(given))
    paths = [one for one in there if not one.isdigit()]
    numbers = [one for one in there if one.isdigit()]
    asked_for = AskedProjects(tuple(paths[:PROJECTS_WITHOUT_ISSUES]), tuple(numbers[:PAGE]))
    return asked_for, paths[PROJECTS_WITHOUT_ISSUES:] + numbers[PAGE:]


class Projects(Transport):
    """Reads projects."""

    def projects_given(self, given: Iterable[str]) -> dict[str, Project]:
        """The projects that can be seen, by the path or the number that was asked for."""
        found: dict[str, Project] = {}
        rest = list(given)
        while rest:
            part, rest = first_projects(rest)
            found |= part.seen_in(self._read(f"query{part.declared} {{ {part.fields} }}", part.variables))
        return found

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
