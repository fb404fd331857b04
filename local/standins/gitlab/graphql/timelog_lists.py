"""The lists of timelogs: which ones are asked for, in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache

from graphql import GraphQLError, GraphQLResolveInfo

from local.standins.gitlab.graphql.context import NOT_AVAILABLE, context_of
from local.standins.gitlab.graphql.pages import Connection, Key, Ordered, connect, order
from local.standins.gitlab.graphql.scalars import GlobalId
from local.standins.gitlab.model import Project, Timelog
from local.standins.gitlab.visibility import sees
from local.standins.gitlab.world import World


def list_timelogs(
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
    """Of a project, or of the query's root, where one who is not an admin must say whose or where."""
    context = context_of(info)
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
        sees=lambda timelog: sees(world, user, timelog.issuable),
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
        place, spent_at = timelog.issuable.place, timelog.spent_at
        project_id = place.id if isinstance(place, Project) else None
        return (
            (self.parent_id is None or self.parent_id == project_id)
            and (self.project_id is None or self.project_id == project_id)
            and self.username in (None, timelog.user.username)
            and (self.group_id is None or world.in_group(place, self.group_id))
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
