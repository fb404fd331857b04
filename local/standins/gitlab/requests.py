"""What a recorded request asks of GitLab, and predicates that pick the requests which a fault hits."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, OperationType

from local.standins.gitlab.graphql.documents import fields_of, operation_of, parse_query
from local.standins.server import Request

Predicate = Callable[[Request], bool]


def root_fields(request: Request) -> tuple[str, ...]:
    """The root fields that a request asks for, in order; empty when it holds no GraphQL."""
    return tuple(name for _kind, name, _key in _roots_of(request))


def query(name: str, about: str = "") -> Predicate:
    """Matches requests that query this root field and, with `about`, have that text in a variable or in the query."""
    return _asks(OperationType.QUERY, name, about)


def mutation(name: str, about: str = "") -> Predicate:
    """Matches requests that call this mutation, as in `when=mutation("timelogCreate", "[toggl:7]")`."""
    return _asks(OperationType.MUTATION, name, about)


def _asks(kind: OperationType, name: str, about: str) -> Predicate:
    def matches(request: Request) -> bool:
        if not any((of_kind, of_name) == (kind, name) for of_kind, of_name, _key in _roots_of(request)):
            return False
        return any(about in text for text in _texts_in(request.json()))

    return matches


def _texts_in(value: Any) -> list[str]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [text for item in inner for text in _texts_in(item)]
    return [value if isinstance(value, str) else json.dumps(value)]


def _roots_of(request: Request) -> list[tuple[OperationType, str, str]]:
    """(query or mutation, root field, key in the answer) of everything that a request asks for."""
    try:
        body = request.json()
        queries = body if isinstance(body, list) else [body]
        found = []
        for one in queries:
            document = parse_query(one["query"])
            operation = operation_of(document, one.get("operationName"))
            if operation is None:
                continue
            for node in fields_of(document, operation.selection_set):
                name = node.name.value
                found.append((operation.operation, name, node.alias.value if node.alias else name))
    except (ValueError, KeyError, TypeError, AttributeError, GraphQLError):
        return []
    return found


def response_keys(request: Request) -> list[str]:
    """The keys under `data` in the answer to a request."""
    return [key for _kind, _name, key in _roots_of(request)]
