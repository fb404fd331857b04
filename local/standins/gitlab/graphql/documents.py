"""A GraphQL document: parsed, its operation found, its fields walked."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

Errors = list[dict[str, Any]]


@lru_cache(maxsize=512)
def parse_query(text: str) -> DocumentNode:
    """Raises GraphQLError."""
    return parse(text)


def operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """The operation of that name, or the only one; None when it cannot be told."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    named = [node for node in operations if name is None or (node.name is not None and node.name.value == name)]
    return named[0] if len(named) == 1 else None


def fields_of(document: DocumentNode, *selections: SelectionSetNode | None) -> Iterator[FieldNode]:
    """The fields of some selections, those of fragments included."""
    for selection_set in selections:
        for node in selection_set.selections if selection_set is not None else ():
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from fields_of(document, node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                yield from fields_of(document, _fragment(document, node.name.value))


def _fragment(document: DocumentNode, name: str) -> SelectionSetNode | None:
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode) and node.name.value == name:
            return node.selection_set
    return None


def locations_of(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": location.line, "column": location.column} for location in error.locations or ()]
