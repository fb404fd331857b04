"""Issues, merge requests, their labels, and what was logged on them."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from local.standins.gitlab.durations import print_duration
from local.standins.gitlab.graphql.context import context_of
from local.standins.gitlab.graphql.fields import CONNECTION, Resolvers, gid, web_url
from local.standins.gitlab.graphql.pages import Connection, connect, order
from local.standins.gitlab.model import Issuable, Timelog
from local.standins.gitlab.visibility import sees


def _moved_to(issue: Issuable, info: GraphQLResolveInfo) -> Issuable | None:
    context = context_of(info)
    target = issue.moved_to
    return target if target is not None and sees(context.world, context.user, target) else None


def _labels(issue: Issuable, _info: GraphQLResolveInfo, **page: Any) -> Connection[tuple[int, str]]:
    titles = sorted(issue.labels)
    labels = [(issue.project.label_ids[title], title) for title in titles]
    return connect(order(labels, lambda label: (titles.index(label[1]),)), **page)


def _timelogs_of(issuable: Issuable, info: GraphQLResolveInfo, **page: Any) -> Connection[Timelog]:
    return connect(order(context_of(info).world.timelogs_of(issuable), lambda timelog: (-timelog.id,)), **page)


def _reference(issuable: Issuable, _info: GraphQLResolveInfo, *, full: bool) -> str:
    return issuable.reference if full else issuable.short_reference


def _total_seconds(issuable: Issuable, info: GraphQLResolveInfo) -> int:
    return context_of(info).world.total_seconds(issuable)


RESOLVERS: dict[str, Resolvers] = {
    "Issue": {
        "id": gid,
        "iid": lambda issue, _info: str(issue.iid),
        "dueDate": lambda _issue, _info: None,
        "humanTimeEstimate": lambda _issue, _info: None,
        "humanTotalTimeSpent": lambda issue, info: print_duration(_total_seconds(issue, info)),
        "labels": _labels,
        "milestone": lambda _issue, _info: None,
        "moved": lambda issue, _info: issue.moved_to is not None,
        "movedTo": _moved_to,
        "projectId": lambda issue, _info: issue.project.id,
        "reference": _reference,
        "timeEstimate": lambda _issue, _info: 0,
        "timelogs": _timelogs_of,
        "totalTimeSpent": _total_seconds,
        "webUrl": web_url,
    },
    "IssueConnection": CONNECTION,
    "Label": {
        "id": lambda label, _info: f"gid://gitlab/ProjectLabel/{label[0]}",
        "title": lambda label, _info: label[1],
    },
    "LabelConnection": CONNECTION,
    "MergeRequest": {
        "id": gid,
        "iid": lambda merge_request, _info: str(merge_request.iid),
        "reference": _reference,
        "timelogs": _timelogs_of,
        "webUrl": web_url,
    },
    "MergeRequestConnection": CONNECTION,
}
