"""Fields that several types have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from local.standins.gitlab.graphql.context import context_of
from local.standins.gitlab.model import Issuable, Project, Timelog

Resolvers = dict[str, Callable[..., Any]]
"""What each field of a type answers, by its name; the others are attributes of the same name."""


def gid(source: Issuable | Timelog, _info: GraphQLResolveInfo) -> str:
    return source.gid


def gid_of(model: str) -> Callable[[Any, GraphQLResolveInfo], str]:
    return lambda source, _info: f"gid://gitlab/{model}/{source.id}"


def web_url(source: Project | Issuable, info: GraphQLResolveInfo) -> str:
    base = context_of(info).web_url
    if isinstance(source, Project):
        return f"{base}/{source.full_path}"
    if source.kind == "MergeRequest":
        place = "merge_requests"
    else:
        place = "issues" if source.issue_type in ("ISSUE", "INCIDENT") else "work_items"
    return f"{base}/{source.project.full_path}/-/{place}/{source.iid}"


CONNECTION: Resolvers = {
    "count": lambda source, _info: len(source.rows),
    "edges": lambda source, _info: [
        {"node": node, "cursor": cursor} for node, cursor in zip(source.nodes, source.cursors, strict=True)
    ],
}
