"""A timelog, and a list of them."""

from __future__ import annotations

from collections.abc import Callable

from graphql import GraphQLError, GraphQLResolveInfo

from local.standins.gitlab.graphql.context import context_of
from local.standins.gitlab.graphql.fields import CONNECTION, Resolvers, gid
from local.standins.gitlab.model import Issuable, Project, Timelog
from local.standins.gitlab.writes import may_delete


def _issuable_of(kind: str) -> Callable[[Timelog, GraphQLResolveInfo], Issuable | None]:
    return lambda timelog, _info: timelog.issuable if timelog.issuable.kind == kind else None


def _project(timelog: Timelog, _info: GraphQLResolveInfo) -> Project:
    """There is none for an epic, although the field may not be null: GraphQL then makes the whole timelog null."""
    if timelog.issuable.kind == "GroupItem":
        raise GraphQLError("Cannot return null for non-nullable field Timelog.project")
    return timelog.issuable.project


def _may_admin(timelog: Timelog, info: GraphQLResolveInfo) -> dict[str, bool]:
    return {"adminTimelog": may_delete(context_of(info).user, timelog)}


RESOLVERS: dict[str, Resolvers] = {
    "Timelog": {
        "id": gid,
        "issue": _issuable_of("Issue"),
        "mergeRequest": _issuable_of("MergeRequest"),
        "note": lambda _timelog, _info: None,
        "project": _project,
        "timeSpent": lambda timelog, _info: timelog.seconds,
        "userPermissions": _may_admin,
    },
    "TimelogConnection": {
        **CONNECTION,
        "count": lambda source, _info, limit=None: (
            len(source.rows) if limit is None else min(len(source.rows), limit + 1)
        ),
        "totalSpentTime": lambda source, _info: sum(timelog.seconds for timelog in source.rows),
    },
}
