"""GitLab's GraphQL schema (`schema.graphql`) bound to the stand-in's world: what each field and mutation answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, build_schema

from local.standins.gitlab.durations import print_duration
from local.standins.gitlab.model import ACCESS_LEVELS, Issuable, Project, Timelog, User
from local.standins.gitlab.pages import Connection, Key, Ordered, connect, order
from local.standins.gitlab.scalars import GlobalId, bind_scalars, parse_global_id
from local.standins.gitlab.world import NotAvailableError, RejectedError, World

SCHEMA_FILE = Path(__file__).with_name("schema.graphql")
NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)
MAX_COMPLEXITY = 250

_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Context:
    """What a resolver needs to know of the request: who asks, with which scopes, and what the query costs."""

    world: World
    user: User
    scopes: frozenset[str]
    web_url: str
    version: str
    complexity: int


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


def _context(info: GraphQLResolveInfo) -> Context:
    return cast("Context", info.context)


def _gid(source: Issuable | Timelog, _info: GraphQLResolveInfo) -> str:
    return source.gid


def _gid_of(model: str) -> Callable[[Any, GraphQLResolveInfo], str]:
    return lambda source, _info: f"gid://gitlab/{model}/{source.id}"


def _projects(
    _root: None,
    info: GraphQLResolveInfo,
    *,
    ids: list[str] | None = None,
    search: str | None = None,
    membership: bool | None = None,
    **page: Any,
) -> Connection[Project]:
    context = _context(info)
    numbers = None if ids is None else {parse_global_id(value, ("Project",), typed=False).number for value in ids}
    found = [
        project
        for project in context.world.projects
        if context.world.sees_project(context.user, project)
        and (numbers is None or project.id in numbers)
        and (not membership or project.has_role(context.user, "guest"))
        and (
            not search
            or any(search.lower() in name.lower() for name in (project.name, project.full_path.split("/")[-1]))
        )
    ]
    return connect(order(found, lambda project: (-project.id,)), **page)


def _timelogs(
    parent: Project | None,
    info: GraphQLResolveInfo,
    *,
    sort: str | None = None,
    username: str | None = None,
    projectId: GlobalId | None = None,  # noqa: N803 - graphql passes arguments by their own names
    groupId: GlobalId | None = None,  # noqa: N803
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    **times: datetime | None,
) -> Connection[Timelog]:
    context = _context(info)
    world, user = context.world, context.user
    if parent is None and groupId is None and projectId is None and username != user.username:
        raise GraphQLError("Non-admin users must provide a group_id, project_id, or current username")
    start, end = _time_bounds(times)
    if groupId is not None and not world.has_group(groupId.number):
        raise GraphQLError(NOT_AVAILABLE)
    wanted = _Wanted(
        parent_id=parent.id if parent is not None else None,
        project_id=projectId.number if projectId is not None else None,
        group_id=groupId.number if groupId is not None else None,
        username=username,
        start=start,
        end=end,
        sort=sort or "SPENT_AT_ASC",
    )
    return connect(
        _find_timelogs(world, world.revision, wanted),
        first=first,
        last=last,
        after=after,
        before=before,
        sees=lambda timelog: world.sees(user, timelog.issuable),
    )


@dataclass(frozen=True)
class _Wanted:
    """The filters and the order of a list of timelogs."""

    parent_id: int | None
    project_id: int | None
    group_id: int | None
    username: str | None
    start: datetime | None
    end: datetime | None
    sort: str

    def has(self, timelog: Timelog, world: World) -> bool:
        project, spent_at = timelog.issuable.project, timelog.spent_at
        return (
            self.parent_id in (None, project.id)
            and self.project_id in (None, project.id)
            and self.username in (None, timelog.user.username)
            and (self.group_id is None or world.in_group(project, self.group_id))
            and (self.start is None or (spent_at is not None and spent_at >= self.start))
            and (self.end is None or (spent_at is not None and spent_at <= self.end))
        )


@lru_cache(maxsize=8)
def _find_timelogs(world: World, _revision: int, wanted: _Wanted) -> Ordered[Timelog]:
    """Kept while nothing changes, since a client asks for the same list page after page."""
    return order((timelog for timelog in world.timelogs if wanted.has(timelog, world)), _timelog_key(wanted.sort))


def _time_bounds(times: Mapping[str, datetime | None]) -> tuple[datetime | None, datetime | None]:
    """The inclusive bounds of startTime, endTime, startDate and endDate; raises GraphQLError with GitLab's words."""
    start, end, start_date, end_date = (times.get(name) for name in ("startTime", "endTime", "startDate", "endDate"))
    if start and start_date:
        raise GraphQLError("Provide either a start date or time, but not both")
    if end and end_date:
        raise GraphQLError("Provide either an end date or time, but not both")
    if start_date:
        start = datetime.combine(start_date, time.min, start_date.tzinfo)
    if end_date:
        end = datetime.combine(end_date, time.max, end_date.tzinfo)
    if start and end and end < start:
        raise GraphQLError("Start argument must be before End argument")
    return start, end


def _timelog_key(sort: str) -> Callable[[Timelog], Key]:
    """GitLab's orders: a missing `spent_at` comes last both ways, and equal rows lie in the order of their ids."""
    field, direction = sort.lower().rsplit("_", 1)
    sign = 1 if direction == "asc" else -1

    def key(timelog: Timelog) -> Key:
        if field == "time_spent":
            return sign * timelog.seconds, timelog.id
        if field != "spent_at":
            return sign * _microseconds(timelog.created_at), sign * timelog.id
        if timelog.spent_at is None:
            return 1, 0, timelog.id
        return 0, sign * _microseconds(timelog.spent_at), timelog.id

    return key


def _microseconds(instant: datetime) -> int:
    return (instant - datetime.fromtimestamp(0, instant.tzinfo)) // timedelta(microseconds=1)


def _issue(_root: None, info: GraphQLResolveInfo, id: GlobalId) -> Issuable | None:  # noqa: A002 - the argument's name
    context = _context(info)
    return context.world.find_issuable(context.user, id.model, id.number)


def _user(_root: None, info: GraphQLResolveInfo, username: str | None = None, **ids: GlobalId | None) -> User | None:
    number = ids.get("id")
    return _context(info).world.user_by(username, number.number if number is not None else None)


def _issues_of(project: Project, info: GraphQLResolveInfo, **filters: Any) -> list[Issuable]:
    context = _context(info)
    world = context.world
    iids = filters.get("iids")
    if filters.get("iid") is not None:
        iids = [*(iids or []), filters["iid"]]
    if iids is not None:
        candidates = [world.find_by_iid(context.user, "Issue", project, iid) for iid in dict.fromkeys(iids)]
    else:
        candidates = [issue for issue in world.issues if issue.project is project and world.sees(context.user, issue)]
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
    """A text search: every word occurs somewhere, in any order and case. Text without a word finds nothing."""
    text = " ".join({"TITLE": issue.title, "DESCRIPTION": issue.description}[place] for place in places).lower()
    words = _WORD.findall(search.lower())
    return bool(words) and all(word in text for word in words)


def _project_issues(project: Project, info: GraphQLResolveInfo, **args: Any) -> Connection[Issuable]:
    page = {name: args.pop(name, None) for name in ("first", "last", "after", "before")}
    return connect(order(_issues_of(project, info, **args), lambda issue: (-issue.id,)), **page)


def _project_issue(project: Project, info: GraphQLResolveInfo, **args: Any) -> Issuable | None:
    return max(_issues_of(project, info, **args), key=lambda issue: issue.id, default=None)


def _merge_request(project: Project, info: GraphQLResolveInfo, iid: str) -> Issuable | None:
    context = _context(info)
    return context.world.find_by_iid(context.user, "MergeRequest", project, iid)


def _merge_requests(
    project: Project, info: GraphQLResolveInfo, iids: list[str] | None = None, **page: Any
) -> Connection[Issuable]:
    context = _context(info)
    found = [
        merge_request
        for merge_request in context.world.merge_requests
        if merge_request.project is project
        and (iids is None or str(merge_request.iid) in iids)
        and context.world.sees(context.user, merge_request)
    ]
    return connect(order(found, lambda merge_request: (-merge_request.id,)), **page)


def _web_url(source: Project | Issuable, info: GraphQLResolveInfo) -> str:
    base = _context(info).web_url
    if isinstance(source, Project):
        return f"{base}/{source.full_path}"
    if source.kind == "MergeRequest":
        place = "merge_requests"
    else:
        place = "issues" if source.issue_type in ("ISSUE", "INCIDENT") else "work_items"
    return f"{base}/{source.project.full_path}/-/{place}/{source.iid}"


def _moved_to(issue: Issuable, info: GraphQLResolveInfo) -> Issuable | None:
    context = _context(info)
    target = issue.moved_to
    return target if target is not None and context.world.sees(context.user, target) else None


def _labels(issue: Issuable, _info: GraphQLResolveInfo, **page: Any) -> Connection[tuple[int, str]]:
    titles = sorted(issue.labels)
    labels = [(issue.project.label_ids[title], title) for title in titles]
    return connect(order(labels, lambda label: (titles.index(label[1]),)), **page)


def _timelogs_of(issuable: Issuable, info: GraphQLResolveInfo, **page: Any) -> Connection[Timelog]:
    return connect(order(_context(info).world.timelogs_of(issuable), lambda timelog: (-timelog.id,)), **page)


def _total_seconds(issuable: Issuable, info: GraphQLResolveInfo) -> int:
    return _context(info).world.total_seconds(issuable)


def _issuable_of(kind: str) -> Callable[[Timelog, GraphQLResolveInfo], Issuable | None]:
    return lambda timelog, _info: timelog.issuable if timelog.issuable.kind == kind else None


def _max_access_level(project: Project, info: GraphQLResolveInfo) -> dict[str, Any]:
    role = project.role_of(_context(info).user)
    if role is None:
        return {"integerValue": 0, "stringValue": "NO_ACCESS"}
    return {"integerValue": ACCESS_LEVELS[role], "stringValue": role.upper()}


def _may_admin(timelog: Timelog, info: GraphQLResolveInfo) -> dict[str, bool]:
    context = _context(info)
    return {"adminTimelog": context.world.may_remove(context.user, timelog)}


def _mutation(
    name: str, work: Callable[[Context, dict[str, Any]], object]
) -> Callable[[None, GraphQLResolveInfo, dict[str, Any]], dict[str, Any]]:
    """A resolver that answers {`name`: what `work` returns}, with GitLab's two ways to refuse."""

    def resolve(_root: None, info: GraphQLResolveInfo, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002
        context = _context(info)
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
    return context.world.log_time(
        context.user,
        target.model,
        target.number,
        time_spent=values["timeSpent"],
        spent_at=values.get("spentAt"),
        summary=values["summary"],
    )


def _delete_timelog(context: Context, values: dict[str, Any]) -> Timelog:
    return context.world.delete_timelog(context.user, values["id"].number)


def _create_issue(context: Context, values: dict[str, Any]) -> Issuable:
    if values.get("labels") is not None and values.get("labelIds") is not None:
        raise GraphQLError("one and only one of labels or labelIds is required.")
    return context.world.create_issue(
        context.user,
        values["projectPath"],
        values["title"],
        description=values.get("description") or "",
        labels=values.get("labels") or (),
        confidential=bool(values.get("confidential")),
        issue_type=values.get("type") or "ISSUE",
    )


_CONNECTION: dict[str, Callable[..., Any]] = {
    "count": lambda source, _info: len(source.rows),
    "edges": lambda source, _info: [
        {"node": node, "cursor": cursor} for node, cursor in zip(source.nodes, source.cursors, strict=True)
    ],
}

_RESOLVERS: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": {
        "currentUser": lambda _root, info: info.context.user,
        "echo": lambda _root, info, text: f'"{info.context.user.username}" says: {text}',
        "issue": _issue,
        "metadata": lambda _root, info: {
            "version": info.context.version,
            "revision": "0a1b2c3d4e5",
            "enterprise": True,
        },
        "project": lambda _root, info, fullPath: info.context.world.find_project(info.context.user, fullPath),  # noqa: N803
        "projects": _projects,
        "queryComplexity": lambda _root, info: {"limit": MAX_COMPLEXITY, "score": info.context.complexity},
        "timelogs": _timelogs,
        "user": _user,
    },
    "Mutation": {
        "createIssue": _mutation("issue", _create_issue),
        "timelogCreate": _mutation("timelog", _create_timelog),
        "timelogDelete": _mutation("timelog", _delete_timelog),
    },
    "CurrentUser": {"id": _gid_of("User")},
    "UserCore": {"id": _gid_of("User")},
    "PageInfo": {},
    "Project": {
        "id": _gid_of("Project"),
        "issue": _project_issue,
        "issues": _project_issues,
        "maxAccessLevel": _max_access_level,
        "mergeRequest": _merge_request,
        "mergeRequests": _merge_requests,
        "timelogs": _timelogs,
        "webUrl": _web_url,
    },
    "ProjectConnection": _CONNECTION,
    "Issue": {
        "id": _gid,
        "iid": lambda issue, _info: str(issue.iid),
        "dueDate": lambda _issue, _info: None,
        "humanTimeEstimate": lambda _issue, _info: None,
        "humanTotalTimeSpent": lambda issue, info: print_duration(_total_seconds(issue, info)),
        "labels": _labels,
        "milestone": lambda _issue, _info: None,
        "moved": lambda issue, _info: issue.moved_to is not None,
        "movedTo": _moved_to,
        "projectId": lambda issue, _info: issue.project.id,
        "reference": lambda issue, _info, full: issue.reference if full else issue.short_reference,
        "timeEstimate": lambda _issue, _info: 0,
        "timelogs": _timelogs_of,
        "totalTimeSpent": _total_seconds,
        "webUrl": _web_url,
    },
    "IssueConnection": _CONNECTION,
    "Label": {
        "id": lambda label, _info: f"gid://gitlab/ProjectLabel/{label[0]}",
        "title": lambda label, _info: label[1],
    },
    "LabelConnection": _CONNECTION,
    "MergeRequest": {
        "id": _gid,
        "iid": lambda merge_request, _info: str(merge_request.iid),
        "timelogs": _timelogs_of,
        "webUrl": _web_url,
    },
    "MergeRequestConnection": _CONNECTION,
    "Timelog": {
        "id": _gid,
        "issue": _issuable_of("Issue"),
        "mergeRequest": _issuable_of("MergeRequest"),
        "note": lambda _timelog, _info: None,
        "project": lambda timelog, _info: timelog.issuable.project,
        "timeSpent": lambda timelog, _info: timelog.seconds,
        "userPermissions": _may_admin,
    },
    "TimelogConnection": {
        **_CONNECTION,
        "count": lambda source, _info, limit=None: (
            len(source.rows) if limit is None else min(len(source.rows), limit + 1)
        ),
        "totalSpentTime": lambda source, _info: sum(timelog.seconds for timelog in source.rows),
    },
}
