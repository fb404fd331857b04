"""The mutations, each with GitLab's two ways to refuse: a top-level error, or words in the payload's `errors`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from local.standins.gitlab.graphql.context import NOT_AVAILABLE, Context, context_of
from local.standins.gitlab.graphql.fields import Resolvers
from local.standins.gitlab.graphql.scalars import GlobalId
from local.standins.gitlab.model import Issuable, Timelog
from local.standins.gitlab.writes import NotAvailableError, RejectedError, create_issue, delete_timelog, log_time


def _mutation(
    name: str, work: Callable[[Context, dict[str, Any]], object]
) -> Callable[[None, GraphQLResolveInfo, dict[str, Any]], dict[str, Any]]:
    """A resolver that answers {`name`: what `work` returns}, with GitLab's two ways to refuse."""

    def resolve(_root: None, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        context = context_of(info)
        payload: dict[str, Any] = {"clientMutationId": input.get("clientMutationId"), "errors": [], name: None}
        if "api" not in context.scopes:
            raise GraphQLError(NOT_AVAILABLE)
        try:
            return payload | {name: work(context, input)}
        except NotAvailableError as e:
            raise GraphQLError(NOT_AVAILABLE) from e
        except RejectedError as e:
            return payload | {"errors": [str(e)]}

    return resolve


def _create_timelog(context: Context, values: dict[str, Any]) -> Timelog:
    target: GlobalId = values["issuableId"]
    return log_time(
        context.world,
        context.user,
        target.model,
        target.number,
        time_spent=values["timeSpent"],
        spent_at=values.get("spentAt"),
        summary=values["summary"],
    )


def _delete_timelog(context: Context, values: dict[str, Any]) -> Timelog:
    return delete_timelog(context.world, context.user, values["id"].number)


def _create_issue(context: Context, values: dict[str, Any]) -> Issuable:
    if values.get("labels") is not None and values.get("labelIds") is not None:
        raise GraphQLError("one and only one of labels or labelIds is required.")
    return create_issue(
        context.world,
        context.user,
        values["projectPath"],
        values["title"],
        description=values.get("description") or "",
        labels=values.get("labels") or (),
        confidential=bool(values.get("confidential")),
        issue_type=values.get("type") or "ISSUE",
    )


RESOLVERS: dict[str, Resolvers] = {
    "Mutation": {
        "createIssue": _mutation("issue", _create_issue),
        "timelogCreate": _mutation("timelog", _create_timelog),
        "timelogDelete": _mutation("timelog", _delete_timelog),
    },
}
