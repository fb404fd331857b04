"""GitLab's limits for a query: its complexity, its depth, and fields that nest in themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, FieldNode, IntValueNode, OperationDefinitionNode, SelectionSetNode, VariableNode

from local.standins.gitlab.graphql.documents import Errors, fields_of
from local.standins.gitlab.graphql.pages import MAX_PAGE_ROWS

MAX_COMPLEXITY = 250
MAX_DEPTH = 20
MAX_REPEATS_IN_A_BRANCH = 2

_UNCOUNTED_REPEATS = {"node", "edges", "nodes", "ofType"}
_PAGE_ARGUMENTS = {"first", "last"}
_CONNECTION_FIELDS = {"issues", "labels", "mergeRequests", "projects", "timelogs"}


def limit_errors(document: DocumentNode, operation: OperationDefinitionNode, complexity: int) -> Errors:
    """Which of GitLab's limits a query breaks: complexity, depth, and fields that nest in themselves."""
    messages = []
    if complexity > MAX_COMPLEXITY:
        messages.append(f"Query has complexity of {complexity}, which exceeds max complexity of {MAX_COMPLEXITY}")
    depth = _depth(document, operation.selection_set)
    if depth > MAX_DEPTH:
        messages.append(f"Query has depth of {depth}, which exceeds max depth of {MAX_DEPTH}")
    repeated = _repeated(document, operation.selection_set, Counter())
    if repeated:
        found = "{" + ", ".join(f'"{name}"=>{times}' for name, times in repeated.items()) + "}"
        messages.append(f"Recursive query - too many of fields '{found}' detected\nin single branch of the query\")\n")
    return [{"message": message} for message in messages]


def complexity_of(document: DocumentNode, variables: Mapping[str, Any], *selections: SelectionSetNode | None) -> int:
    """What GitLab counts for a query, or a little more.

    A field counts 1 and its children. A connection counts its children and 1, 1 more when sorted (timelogs always are),
    5 more when searched, and for each row of a page a hundredth of that again (GitLab's `BaseField`, `BaseResolver`).
    Stricter: GitLab adds nothing for the rows of `labels`, of an issue's timelogs, and of a search by iids.
    """
    fields: dict[str, list[FieldNode]] = {}
    for node in fields_of(document, *selections):
        fields.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
    total = 0
    for nodes in fields.values():
        own = 1 + complexity_of(document, variables, *(node.selection_set for node in nodes))
        total += _with_rows(nodes[0], own, variables) if nodes[0].name.value in _CONNECTION_FIELDS else own
    return total


def _with_rows(node: FieldNode, own: int, variables: Mapping[str, Any]) -> int:
    given = {argument.name.value: argument.value for argument in node.arguments}
    own += 1 if "sort" in given or node.name.value == "timelogs" else 0
    own += 5 if "search" in given else 0
    rows = MAX_PAGE_ROWS
    for name in _PAGE_ARGUMENTS & given.keys():
        value = given[name]
        size = variables.get(value.name.value) if isinstance(value, VariableNode) else None
        size = int(value.value) if isinstance(value, IntValueNode) else size
        rows = min(rows, size) if isinstance(size, int) else rows
    return own + own * max(rows, 0) // 100


def _depth(document: DocumentNode, selections: SelectionSetNode | None) -> int:
    return max((1 + _depth(document, node.selection_set) for node in fields_of(document, selections)), default=0)


def _repeated(document: DocumentNode, selections: SelectionSetNode | None, above: Counter[str]) -> dict[str, int]:
    """The fields with selections that occur more than twice in one branch (GitLab's `RecursionAnalyzer`)."""
    repeated: dict[str, int] = {}
    for node in fields_of(document, selections):
        name = node.name.value
        if node.selection_set is None:
            continue
        branch = above + Counter([name])
        if branch[name] > MAX_REPEATS_IN_A_BRANCH and name not in _UNCOUNTED_REPEATS:
            repeated[name] = max(branch[name], repeated.get(name, 0))
        for below, times in _repeated(document, node.selection_set, branch).items():
            repeated[below] = max(times, repeated.get(below, 0))
    return repeated
