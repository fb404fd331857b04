"""What a resolver needs to know of the request, and the words in which GitLab refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from graphql import GraphQLResolveInfo

from local.standins.gitlab.model import User
from local.standins.gitlab.world import World

NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)


@dataclass(frozen=True)
class Context:
    """Who asks, with which scopes, and what the query costs (known once it was read)."""

    world: World
    user: User
    scopes: frozenset[str]
    web_url: str
    version: str
    complexity: int = 0


def context_of(info: GraphQLResolveInfo) -> Context:
    return cast("Context", info.context)
