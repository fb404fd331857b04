"""What is wrong with a query text as such: graphql-core finds it, and graphql-ruby's words tell it.

GitLab's own library is graphql-ruby, and clients meet its sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, print_ast, validate

from local.standins.gitlab.graphql.documents import Errors, locations_of, parse_query


@dataclass(frozen=True)
class Rewording:
    """How one of graphql-core's sentences reads in graphql-ruby; `words` and `details` may use the pattern's groups."""

    pattern: re.Pattern[str]
    words: str
    code: str
    details: tuple[str, ...] = ()

    def of(self, message: str) -> dict[str, Any] | None:
        found = self.pattern.match(message)
        if found is None:
            return None
        parts = {name: value or "anonymous query" for name, value in found.groupdict().items()}
        return {
            "message": self.words.format(**parts),
            "extensions": {"code": self.code, **{name: parts[name] for name in self.details}},
        }


_REWORDINGS = [
    Rewording(re.compile(pattern), words, code, details)
    for pattern, words, code, details in (
        (
            r"Cannot query field '(?P<fieldName>\w+)' on type '(?P<typeName>\w+)'\.",
            "Field '{fieldName}' doesn't exist on type '{typeName}'",
            "undefinedField",
            ("typeName", "fieldName"),
        ),
        (
            r"Unknown argument '(?P<argumentName>\w+)' on field '\w+\.(?P<name>\w+)'\.",
            "Field '{name}' doesn't accept argument '{argumentName}'",
            "argumentNotAccepted",
            ("name", "argumentName"),
        ),
        (
            r"Field '(?P<name>\w+)' argument '(?P<arguments>\w+)' of type '.+' is required, but it was not provided\.",
            "Field '{name}' is missing required arguments: {arguments}",
            "missingRequiredArguments",
            ("name", "arguments"),
        ),
        (
            r"Field '(?P<name>\w+)' of type '(?P<typeName>[\w\[\]!]+)' must have a selection of subfields\.",
            "Field must have selections (field '{name}' returns {typeName} but has no selections)",
            "selectionMismatch",
            ("typeName",),
        ),
        (
            r"Field '(?P<name>\w+)' must not have a selection since type '(?P<typeName>[\w\[\]!]+)' has no subfields\.",
            "Selections can't be made on scalars (field '{name}' returns {typeName} but has selections)",
            "selectionMismatch",
            ("typeName",),
        ),
        (
            r"Variable '\$(?P<variableName>\w+)' is not defined(?: by operation '(?P<operation>\w+)')?\.",
            "Variable ${variableName} is used by {operation} but not declared",
            "variableNotDefined",
            ("variableName",),
        ),
        (
            r"Variable '\$(?P<variableName>\w+)' is never used(?: in operation '(?P<operation>\w+)')?\.",
            "Variable ${variableName} is declared by {operation} but not used",
            "variableNotUsed",
            ("variableName",),
        ),
        (
            r"Field '(?P<inputObjectType>\w+)\.(?P<argumentName>\w+)' of required type '(?P<type>.+)' was not provided",
            "Argument '{argumentName}' on InputObject '{inputObjectType}' is required. Expected type {type}",
            "missingRequiredInputObjectAttribute",
            ("argumentName", "inputObjectType"),
        ),
        (
            r"Field '(?P<argumentName>\w+)' is not defined by type '(?P<name>\w+)'\.",
            "InputObject '{name}' doesn't accept argument '{argumentName}'",
            "argumentNotAccepted",
            ("name", "argumentName"),
        ),
    )
]
_MISPLACED_VARIABLE = re.compile(r"Variable '\$(\w+)' of type '(.+)' used in position expecting type '(.+)'\.")


@lru_cache(maxsize=512)
def schema_errors(schema: GraphQLSchema, text: str) -> Errors:
    """What is wrong with a query text as such, formatted for the answer; at most five errors, as GitLab gives."""
    if not text.strip():
        return [{"message": "No query string was present"}]
    try:
        document = parse_query(text)
    except GraphQLError as e:
        return [{"message": e.message.replace("Syntax Error: ", ""), "locations": locations_of(e)}]
    return [_reworded(document, error) for error in validate(schema, document, max_errors=5)]


def _reworded(document: DocumentNode, error: GraphQLError) -> dict[str, Any]:
    locations = {"locations": locations_of(error)}
    misplaced = _MISPLACED_VARIABLE.match(error.message)
    if misplaced is not None:
        variable, given, wanted = misplaced.groups()
        kind = "Nullability" if given.replace("!", "") == wanted.replace("!", "") else "Type"
        argument = _argument_that_takes(document, variable)
        return {
            "message": f"{kind} mismatch on variable ${variable} and argument {argument} ({given} / {wanted})",
            **locations,
            "extensions": {"code": "variableMismatch", "variableName": variable, "argumentName": argument},
        }
    for rewording in _REWORDINGS:
        reworded = rewording.of(error.message)
        if reworded is not None:
            return {"message": reworded["message"], **locations, "extensions": reworded["extensions"]}
    return {"message": error.message, **locations}


def _argument_that_takes(document: DocumentNode, variable: str) -> str:
    found = re.search(rf"(\w+): \[?\${variable}\b", print_ast(document))
    return found[1] if found is not None else "input"
