"""A GraphQL document as GitLab judges it before it runs: syntax, schema, variables, complexity, depth, recursion.

graphql-core finds what is wrong; the words are those of GitLab's own library (graphql-ruby), since clients meet them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    is_input_type,
    is_non_null_type,
    parse,
    print_ast,
    type_from_ast,
    validate,
)
from graphql.utilities import coerce_input_value

from local.standins.gitlab.pages import MAX_PAGE_ROWS

MAX_DEPTH = 20
MAX_REPEATS_IN_A_BRANCH = 2

_UNCOUNTED_REPEATS = {"node", "edges", "nodes", "ofType"}
_PAGE_ARGUMENTS = {"first", "last"}
_CONNECTION_FIELDS = {"issues", "labels", "mergeRequests", "projects", "timelogs"}

Errors = list[dict[str, Any]]
Problems = list[tuple[list[str | int], str]]


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


@lru_cache(maxsize=512)
def schema_errors(schema: GraphQLSchema, text: str) -> Errors:
    """What is wrong with a query text as such, formatted for the answer; at most five errors, as GitLab gives."""
    if not text.strip():
        return [{"message": "No query string was present"}]
    try:
        document = parse_query(text)
    except GraphQLError as e:
        return [{"message": e.message.replace("Syntax Error: ", ""), "locations": _locations(e)}]
    return [_reworded(document, error) for error in validate(schema, document, max_errors=5)]


def _locations(error: GraphQLError) -> list[dict[str, int]]:
    return [{"line": location.line, "column": location.column} for location in error.locations or ()]


def _reworded(document: DocumentNode, error: GraphQLError) -> dict[str, Any]:
    locations = {"locations": _locations(error)}
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
                    "locations": _locations(GraphQLError("", definition)),
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


def limit_errors(document: DocumentNode, operation: OperationDefinitionNode, complexity: int, limit: int) -> Errors:
    """Which of GitLab's limits a query breaks: complexity, depth, and fields that nest in themselves."""
    messages = []
    if complexity > limit:
        messages.append(f"Query has complexity of {complexity}, which exceeds max complexity of {limit}")
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
