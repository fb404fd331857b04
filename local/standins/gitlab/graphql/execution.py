"""One GraphQL query: judged as GitLab judges it, run against the world, and answered."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute

from local.standins.gitlab.graphql.context import Context
from local.standins.gitlab.graphql.documents import operation_of, parse_query
from local.standins.gitlab.graphql.limits import complexity_of, limit_errors
from local.standins.gitlab.graphql.variables import variable_errors
from local.standins.gitlab.graphql.wording import schema_errors

Answer = dict[str, Any]


class InvalidVariablesError(Exception):
    """Variables that are neither an object nor one written as JSON: GitLab answers 422."""


def answer_query(schema: GraphQLSchema, asked: Answer, context: Context) -> Answer:
    """Raises InvalidVariablesError."""
    text, variables, name = str(asked.get("query") or ""), _variables_of(asked), asked.get("operationName")
    errors = schema_errors(schema, text)
    if errors:
        return {"errors": errors}
    document = parse_query(text)
    operation = operation_of(document, name)
    if operation is None:
        return {"errors": [{"message": "An operation name is required"}]}
    complexity = complexity_of(document, variables, operation.selection_set)
    errors = variable_errors(schema, operation, variables) or limit_errors(document, operation, complexity)
    if errors:
        return {"errors": errors}
    costed = replace(context, complexity=complexity)
    result = execute(schema, document, None, costed, variables, name, is_awaitable=lambda _value: False)
    return _formatted(cast("ExecutionResult", result))


def _variables_of(asked: Answer) -> dict[str, Any]:
    given = asked.get("variables")
    try:
        variables = json.loads(given) if isinstance(given, str) and given else given
    except ValueError as e:
        raise InvalidVariablesError(str(e)) from e
    if not variables:
        return {}
    if not isinstance(variables, dict):
        raise InvalidVariablesError(f"Unexpected parameter: {variables}")
    return variables


def _formatted(result: ExecutionResult) -> Answer:
    """What GitLab sends. An error that is not GraphQL's own is a fault of the stand-in and is raised."""
    for error in result.errors or ():
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    answer: Answer = {"data": result.data}
    if result.errors:
        answer["errors"] = [
            {
                "message": error.message,
                "locations": [{"line": at.line, "column": at.column} for at in error.locations or ()],
                "path": error.path,
            }
            for error in result.errors
        ]
    return answer
