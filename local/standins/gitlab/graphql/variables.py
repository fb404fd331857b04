"""What is wrong with the variables of a valid operation, in graphql-ruby's words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    is_input_type,
    is_non_null_type,
    type_from_ast,
)
from graphql.utilities import coerce_input_value

from local.standins.gitlab.graphql.documents import Errors, locations_of

Problems = list[tuple[list[str | int], str]]


def variable_errors(schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Any]) -> Errors:
    """What is wrong with the variables of a valid operation, in graphql-ruby's words."""
    errors: Errors = []
    for definition in operation.variable_definitions:
        name = definition.variable.name.value
        type_ = type_from_ast(schema, definition.type)
        if not is_input_type(type_) or (name not in given and definition.default_value is not None):
            continue
        if given.get(name) is None:
            problems: Problems = [([], "Expected value to not be null")] if is_non_null_type(type_) else []
        else:
            problems = _problems(given[name], type_)
        if problems:
            where = ", ".join(f"{'.'.join(map(str, path))} ({why})" for path, why in problems if path)
            message = f"Variable ${name} of type {type_} was provided invalid value"
            errors.append(
                {
                    "message": f"{message} for {where}" if where else message,
                    "locations": locations_of(GraphQLError("", definition)),
                    "extensions": {
                        "value": given.get(name),
                        "problems": [{"path": path, "explanation": why} for path, why in problems],
                    },
                }
            )
    return errors


def _problems(value: Any, type_: Any) -> Problems:
    problems: Problems = []

    def note(path: list[str | int], invalid: Any, error: GraphQLError) -> None:
        missing = re.match(r"Field '(\w+)' of required type .* was not provided\.", error.message)
        unknown = re.match(r"Field '(\w+)' is not defined by type '(\w+)'\.", error.message)
        if missing is not None:
            problems.append(([*path, missing[1]], "Expected value to not be null"))
        elif unknown is not None:
            problems.append(([*path, unknown[1]], f"Field is not defined on {unknown[2]}"))
        elif invalid is None:
            problems.append((path, "Expected value to not be null"))
        else:
            problems.append((path, _explanation(error, invalid)))

    coerce_input_value(value, type_, note)
    return problems


def _explanation(error: GraphQLError, invalid: Any) -> str:
    wrong_kind = re.match(r"(String|Int|Boolean|ID|Float) cannot represent", error.message)
    if wrong_kind is not None:
        return f"Could not coerce value {json.dumps(invalid)} to {wrong_kind[1]}"
    return error.message
