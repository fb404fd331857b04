"""Projects, and the issues and merge requests that are looked up in one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLResolveInfo

from local.standins.gitlab.graphql.context import context_of
from local.standins.gitlab.graphql.fields import CONNECTION, Resolvers, gid_of, web_url
from local.standins.gitlab.graphql.pages import Connection, connect, order
from local.standins.gitlab.graphql.scalars import parse_global_id
from local.standins.gitlab.graphql.timelog_lists import list_timelogs
from local.standins.gitlab.model import ACCESS_LEVELS, Issuable, Project
from local.standins.gitlab.visibility import find_by_iid, sees, sees_project

_WORD = re.compile(r"\w+")


def list_projects(
    _root: None,
    info: GraphQLResolveInfo,
    *,
    ids: list[str] | None = None,
    search: str | None = None,
    membership: bool | None = None,
    **page: Any,
) -> Connection[Project]:
    context = context_of(info)
    numbers = None if ids is None else {parse_global_id(value, ("Project",), typed=False).number for value in ids}
    found = [
        project
        for project in context.world.projects
        if sees_project(context.user, project)
        and (numbers is None or project.id in numbers)
        and (not membership or project.has_role(context.user, "guest"))
        and (
            not search
            or any(search.lower() in name.lower() for name in (project.name, project.full_path.split("/")[-1]))
        )
    ]
    return connect(order(found, lambda project: (-project.id,)), **page)


def _issues_of(project: Project, info: GraphQLResolveInfo, **filters: Any) -> list[Issuable]:
    context = context_of(info)
    world = context.world
    iids = filters.get("iids")
    if filters.get("iid") is not None:
        iids = [*(iids or []), filters["iid"]]
    if iids is not None:
        candidates = [find_by_iid(world, context.user, "Issue", project, iid) for iid in dict.fromkeys(iids)]
    else:
        candidates = [issue for issue in world.issues if issue.project is project and sees(world, context.user, issue)]
    return [issue for issue in candidates if issue is not None and _passes(issue, filters)]


def _passes(issue: Issuable, filters: Mapping[str, Any]) -> bool:
    state, types, search = filters.get("state"), filters.get("types"), filters.get("search")
    if state not in (None, "all") and (issue.discussion_locked if state == "locked" else issue.state == state) is False:
        return False
    if types and issue.issue_type not in types:
        return False
    if filters.get("updatedAfter") and issue.updated_at <= filters["updatedAfter"]:
        return False
    if filters.get("updatedBefore") and issue.updated_at >= filters["updatedBefore"]:
        return False
    return not search or _has_words(issue, search, filters.get("in") or ["TITLE", "DESCRIPTION"])


def _has_words(issue: Issuable, search: str, places: list[str]) -> bool:
    """A text search: every word occurs somewhere, in any order, case and accents aside; a text without one, as it is.

    Looser than GitLab, which looks for the beginnings of words of Latin letters, and does not look for its stop words.
    """
    text = _plain(" ".join({"TITLE": issue.title, "DESCRIPTION": issue.description}[place] for place in places))
    words = _WORD.findall(_plain(search)) or [_plain(search).strip()]
    return all(word in text for word in words)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _project_issues(project: Project, info: GraphQLResolveInfo, **args: Any) -> Connection[Issuable]:
    page = {name: args.pop(name, None) for name in ("first", "last", "after", "before")}
    return connect(order(_issues_of(project, info, **args), lambda issue: (-issue.id,)), **page)


def _project_issue(project: Project, info: GraphQLResolveInfo, **args: Any) -> Issuable | None:
    return max(_issues_of(project, info, **args), key=lambda issue: issue.id, default=None)


def _merge_request(project: Project, info: GraphQLResolveInfo, iid: str) -> Issuable | None:
    context = context_of(info)
    return find_by_iid(context.world, context.user, "MergeRequest", project, iid)


def _merge_requests(
    project: Project, info: GraphQLResolveInfo, iids: list[str] | None = None, **page: Any
) -> Connection[Issuable]:
    context = context_of(info)
    found = [
        merge_request
        for merge_request in context.world.merge_requests
        if merge_request.project is project
        and (iids is None or str(merge_request.iid) in iids)
        and sees(context.world, context.user, merge_request)
    ]
    return connect(order(found, lambda merge_request: (-merge_request.id,)), **page)


def _max_access_level(project: Project, info: GraphQLResolveInfo) -> dict[str, Any]:
    role = project.role_of(context_of(info).user)
    if role is None:
        return {"integerValue": 0, "stringValue": "NO_ACCESS"}
    return {"integerValue": ACCESS_LEVELS[role], "stringValue": role.upper()}


RESOLVERS: dict[str, Resolvers] = {
    "Project": {
        "id": gid_of("Project"),
        "issue": _project_issue,
        "issues": _project_issues,
        "maxAccessLevel": _max_access_level,
        "mergeRequest": _merge_request,
        "mergeRequests": _merge_requests,
        "timelogs": list_timelogs,
        "webUrl": web_url,
    },
    "ProjectConnection": CONNECTION,
}
