"""The root of a query, and the types that only it leads to."""

from __future__ import annotations

from graphql import GraphQLResolveInfo

from local.standins.gitlab.graphql.context import context_of
from local.standins.gitlab.graphql.fields import Resolvers, gid_of
from local.standins.gitlab.graphql.limits import MAX_COMPLEXITY
from local.standins.gitlab.graphql.projects import list_projects
from local.standins.gitlab.graphql.scalars import GlobalId
from local.standins.gitlab.graphql.timelog_lists import list_timelogs
from local.standins.gitlab.model import Issuable, Project, User
from local.standins.gitlab.visibility import find_issuable, find_project


def _issue(_root: None, info: GraphQLResolveInfo, id: GlobalId) -> Issuable | None:  # noqa: A002 - the argument's name
    context = context_of(info)
    return find_issuable(context.world, context.user, id.model, id.number)


def _user(_root: None, info: GraphQLResolveInfo, username: str | None = None, **ids: GlobalId | None) -> User | None:
    number = ids.get("id")
    return context_of(info).world.user_by(username, number.number if number is not None else None)


def _project(_root: None, info: GraphQLResolveInfo, fullPath: str) -> Project | None:  # noqa: N803
    context = context_of(info)
    return find_project(context.world, context.user, fullPath)


RESOLVERS: dict[str, Resolvers] = {
    "Query": {
        "currentUser": lambda _root, info: info.context.user,
        "echo": lambda _root, info, text: f'"{info.context.user.username}" says: {text}',
        "issue": _issue,
        "metadata": lambda _root, info: {
            "version": info.context.version,
            "revision": "0a1b2c3d4e5",
            "enterprise": True,
        },
        "project": _project,
        "projects": list_projects,
        "queryComplexity": lambda _root, info: {"limit": MAX_COMPLEXITY, "score": info.context.complexity},
        "timelogs": list_timelogs,
        "user": _user,
    },
    "CurrentUser": {"id": gid_of("User")},
    "UserCore": {"id": gid_of("User")},
    "PageInfo": {},
}
