"""A timelog, and a list of them."""

from __future__ import annotations

from collections.abc import Callable

from graphql import GraphQLResolveInfo

from local.standins.gitlab.graphql.context import context_of
from local.standins.gitlab.graphql.fields import CONNECTION, Resolvers, gid
from local.standins.gitlab.model import Issuable, Timelog
from local.standins.gitlab.writes import may_delete


def _issuable_of(kind: str) -> Callable[[Timelog, GraphQLResolveInfo], Issuable | None]:
    return lambda timelog, _info: timelog.issuable if timelog.issuable.kind == kind else None


def _may_admin(timelog: Timelog, info: GraphQLResolveInfo) -> dict[str, bool]:
    return {"adminTimelog": may_delete(context_of(info).user, timelog)}


RESOLVERS: dict[str, Resolvers] = {
    "Timelog": {
        "id": gid,
        "issue": _issuable_of("Issue"),
        "mergeRequest": _issuable_of("MergeRequest"),
        "note": lambda _timelog, _info: None,
        "project": lambda timelog, _info: timelog.issuable.project,
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
