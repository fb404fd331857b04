"""GitLab's GraphQL schema (`schema.graphql`), executable: each of its types bound to what its fields answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, build_schema

from local.standins.gitlab.graphql import issuables, mutations, projects, queries, timelogs
from local.standins.gitlab.graphql.fields import Resolvers
from local.standins.gitlab.graphql.scalars import bind_scalars

SCHEMA_FILE = Path(__file__).with_name("schema.graphql")

_RESOLVERS: dict[str, Resolvers] = {
    **queries.RESOLVERS,
    **mutations.RESOLVERS,
    **projects.RESOLVERS,
    **issuables.RESOLVERS,
    **timelogs.RESOLVERS,
}


@lru_cache(maxsize=8)
def gitlab_schema(missing_fields: frozenset[str] = frozenset()) -> GraphQLSchema:
    """The executable schema, without `missing_fields` such as `Mutation.timelogCreate`: those of a newer server."""
    schema = build_schema(SCHEMA_FILE.read_text(encoding="utf-8"))
    for missing in missing_fields:
        type_name, field_name = missing.split(".")
        del cast("GraphQLObjectType", schema.type_map[type_name]).fields[field_name]
    for type_name, resolvers in _RESOLVERS.items():
        fields = cast("GraphQLObjectType", schema.type_map[type_name]).fields
        for field_name in fields:
            resolve = resolvers.get(field_name)
            fields[field_name].resolve = resolve if resolve is not None else _attribute(_snake_case(field_name))
    bind_scalars(schema)
    return schema


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _attribute(name: str) -> Callable[[Any, GraphQLResolveInfo], Any]:
    return lambda source, _info: getattr(source, name)
