"""GitLab's scalars: typed global ids, instants in UTC, integers as strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, cast

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema

_MODELS_OF_SCALAR = {
    "GroupID": ("Group",),
    "IssuableID": ("Issue", "WorkItem", "MergeRequest"),
    "IssueID": ("Issue", "WorkItem"),
    "LabelID": ("Label",),
    "MilestoneID": ("Milestone",),
    "ProjectID": ("Project",),
    "TimelogID": ("Timelog",),
    "UserID": ("User",),
}
_GLOBAL_ID = re.compile(r"gid://([^/]+)/([^/]+)/([^/]+)")


class GlobalId(NamedTuple):
    """`gid://gitlab/Issue/12`, in two parts. The number is -1, which nothing has, when it is not one."""

    model: str
    number: int


def bind_scalars(schema: GraphQLSchema) -> None:
    """Let the schema's scalars read and write values as GitLab's do."""
    for name, models in _MODELS_OF_SCALAR.items():
        _bind(schema, name, parse=_global_id_parser(models))
    _bind(schema, "Time", parse=_parse_time, serialize=_print_time)
    _bind(schema, "ISO8601Date", parse=_parse_day)
    _bind(schema, "BigInt", serialize=str)


def _bind(
    schema: GraphQLSchema,
    name: str,
    parse: Callable[[Any], Any] | None = None,
    serialize: Callable[[Any], Any] | None = None,
) -> None:
    scalar = cast("GraphQLScalarType", schema.type_map[name])
    if parse is not None:
        scalar.parse_value = parse  # type: ignore[method-assign, assignment]
    if serialize is not None:
        scalar.serialize = serialize  # type: ignore[method-assign, assignment]


def _global_id_parser(models: tuple[str, ...]) -> Callable[[object], GlobalId]:
    return lambda value: parse_global_id(value, models)


def parse_global_id(value: object, models: tuple[str, ...], *, typed: bool = True) -> GlobalId:
    """Raises GraphQLError with GitLab's words, which differ between the typed ids and those of type ID."""
    found = _GLOBAL_ID.fullmatch(value) if isinstance(value, str) else None
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    if found is None:
        raise GraphQLError(f"{shown} is not a valid Global ID" if typed else f"{value} is not a valid GitLab ID.")
    if found[1] != "gitlab":
        raise GraphQLError(f"{shown} is not a Gitlab Global ID")
    if found[2] not in models:
        wanted = "Issuable" if "MergeRequest" in models else models[0]
        raise GraphQLError(
            f"{shown} does not represent an instance of {wanted}"
            if typed
            else f"{value} is not a valid ID for {wanted}."
        )
    return GlobalId(found[2], int(found[3]) if found[3].isascii() and found[3].isdigit() else -1)


def _parse_time(value: object) -> datetime:
    """Stricter than GitLab, which takes an instant without an offset for one in the server's own zone."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError as e:
        raise GraphQLError("argument out of range") from e
    if instant is None or instant.tzinfo is None:
        raise GraphQLError(f'no time information in "{value}"')
    return instant


def _print_time(value: datetime) -> str:
    return value.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _parse_day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as e:
        raise GraphQLError("invalid date") from e
