"""The stand-in for Toggl Track: the entry list, the small look-ups and the Reports search, over HTTP on loopback.

It serves one user (whose token it takes) in one organisation with any number of workspaces. Where it is not known what
the service does, it does what is harder on a client:

- an instant as `end_date` is inclusive (`end_inclusive`), so that whoever does not filter again sees an entry twice.
  A client that pages by the oldest start must also hold with `end_inclusive=False`: entries that share that start;
- a date without a time is a UTC day, whatever the user's timezone is;
- running entries come back in every window (`running_everywhere`);
- the user has a rounding preference, which the Reports search applies unless it is sent `rounding: 0`;
- combinations and values that the documentation does not name are refused.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import count, groupby
from typing import Any, Literal
from zoneinfo import ZoneInfo

from local.standins.server import Fault, Request, Response, StandIn

Plan = Literal["free", "starter", "premium"]
Moment = datetime | str
Json = dict[str, Any]

DEFAULT_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - opens nothing but this stand-in
ENTRIES_PATH = "/api/v9/me/time_entries"
MAX_ENTRIES = 1_000
REACH_MONTHS = 3
FIRST_YEAR, LAST_YEAR = 2006, 2030
HOUR_SECONDS = 3_600
ME_CALLS_AN_HOUR = 30
CALLS_AN_HOUR: dict[Plan, int] = {"free": 30, "starter": 240, "premium": 600}
PROJECTS_PER_PAGE, MAX_PROJECTS_PER_PAGE = 151, 200
REPORT_PAGE_SIZE, MAX_REPORT_PAGE_SIZE = 50, 1_000
REPORT_DEFAULT_DAYS, MAX_REPORT_DAYS = 6, 366
TOO_LARGE_BYTES = 32 * 1024 * 1024
REDIRECT_TO = "https://elsewhere.invalid"

_EDITABLE = {"description", "start", "stop", "project", "task", "billable", "tags", "duration"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_ENTRIES = re.compile(re.escape(ENTRIES_PATH))
_ME = re.compile(r"/api/v9/me")
_QUOTA = re.compile(r"/api/v9/me/quota")
_WORKSPACES = re.compile(r"/api/v9/(?:me/)?workspaces")
_PROJECTS = re.compile(r"/api/v9/workspaces/(\d+)/projects", re.ASCII)
_USERS = re.compile(r"/api/v9/workspaces/(\d+)/users", re.ASCII)
_WORKSPACE = re.compile(r"/api/v9/workspaces/(\d+)", re.ASCII)
_REPORT = re.compile(r"/reports/api/v3/workspace/(\d+)/search/time_entries", re.ASCII)


@dataclass(frozen=True)
class Project:
    """A Toggl project; `client` is the client's name."""

    id: int
    name: str
    workspace_id: int
    client: str | None = None
    active: bool = True


@dataclass(frozen=True)
class User:
    """A member of the workspaces."""

    id: int
    fullname: str
    email: str
    admin: bool = False


@dataclass(frozen=True)
class Entry:
    """A time entry as it is now. `start`, `stop`, `at` and `deleted_at` are in UTC; a running entry has no stop.

    `duration_seconds` is what the service says, which a test may set apart from stop - start.
    """

    id: int
    description: str | None
    start: datetime
    stop: datetime | None
    duration_seconds: int
    workspace_id: int
    user_id: int
    at: datetime
    project: Project | None = None
    task: str | None = None
    billable: bool = False
    tags: tuple[str, ...] = ()
    deleted_at: datetime | None = None

    @property
    def running(self) -> bool:
        return self.stop is None or self.duration_seconds < 0


@dataclass
class Quota:
    """Calls within an hour that begins with the first of them, on the stand-in's clock."""

    total: int
    used: int = 0
    began: float | None = None

    @property
    def remaining(self) -> int:
        return max(self.total - self.used, 0)

    def resets_in_seconds(self, now: float) -> int:
        return HOUR_SECONDS if self.began is None else max(math.ceil(self.began + HOUR_SECONDS - now), 0)

    def roll(self, now: float) -> None:
        """Begin anew once the hour is over."""
        if self.began is not None and now >= self.began + HOUR_SECONDS:
            self.refill()

    def take(self, now: float) -> bool:
        """Count one call; False when none is left."""
        if not self.remaining:
            return False
        self.began = now if self.began is None else self.began
        self.used += 1
        return True

    def refill(self) -> None:
        self.used, self.began = 0, None


_PLAIN_FAILURES = {
    "not_paid": Response.of_json("This feature is available on a paid plan only", 402),
    "forbidden": Response.of_json("User does not have access to this resource", 403),
    "empty": Response(200),
    "wrong_shape": Response.of_json({"items": [], "total_count": 0}),
    "wrong_shape_null": Response.of_json(None),
}


class _RefusedError(Exception):
    """A request that the service answers with 400 and a JSON string."""


def at_path(path: str) -> Callable[[Request], bool]:
    """A fault's `when`: requests to exactly this path."""
    return lambda request: request.path == path


def on_entries(request: Request) -> bool:
    """A fault's `when`: the user's entries, by whatever window."""
    return request.path == ENTRIES_PATH


def on_modified_since(request: Request) -> bool:
    """A fault's `when`: the user's entries by modification time, deleted ones included."""
    return request.path == ENTRIES_PATH and "since" in request.query


def on_me(request: Request) -> bool:
    """A fault's `when`: the user's profile."""
    return _ME.fullmatch(request.path) is not None


def on_workspaces(request: Request) -> bool:
    """A fault's `when`: the list of workspaces."""
    return _WORKSPACES.fullmatch(request.path) is not None


def on_projects(request: Request) -> bool:
    """A fault's `when`: the projects of any workspace."""
    return _PROJECTS.fullmatch(request.path) is not None


def on_reports(request: Request) -> bool:
    """A fault's `when`: the Reports search of any workspace."""
    return _REPORT.fullmatch(request.path) is not None


@dataclass
class _Ids:
    """Ids as large as the service's: an entry's does not fit 32 bits."""

    entries: Iterator[int] = field(default_factory=lambda: count(4_127_733_901, 1_013))
    projects: Iterator[int] = field(default_factory=lambda: count(206_114_417, 37))
    workspaces: Iterator[int] = field(default_factory=lambda: count(8_415_027, 11))
    users: Iterator[int] = field(default_factory=lambda: count(10_662_310, 7))
    names: dict[str, int] = field(default_factory=dict)

    def of_name(self, name: str) -> int:
        """The id of a tag or a task, which only have a name here."""
        return self.names.setdefault(name, 17_330_500 + len(self.names))


class Toggl(StandIn):
    """Toggl Track for one user; see the module for what it does where the service's behaviour is not known.

    Settable at any time: `token`, `timezone`, `plan` (billable is false on `free`), `admin`, `now` (an aware UTC
    datetime), `burst_limit` (more than one request a second is refused, on `clock`), `end_inclusive`,
    `running_everywhere`, `rounding_minutes` (the user's preference in reports; 0 for none), `too_large_bytes`, and the
    `total` of `me_quota` and `workspace_quota`.

    Fault kinds of its own: `quota` (402, resets after `seconds`), `not_paid` (402 with quota left), `rate_limited`
    (429, Retry-After when `seconds` is given), `forbidden`, `server_error` (`status` 500, 502 with a page, or 503),
    `empty` (200 without a body), `wrong_shape` (an object for a list), `wrong_shape_null`, `wrong_shape_no_id` (the
    first entry without its id), `wrong_shape_nulls` (the first entry with nothing but its id), `too_large`, `redirect`
    (302 to `body`, a URL, else to another host).
    """

    def __init__(
        self,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        *,
        token: str = DEFAULT_TOKEN,
        timezone: str = "Europe/Berlin",
        plan: Plan = "starter",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        admin: bool = False,
        burst_limit: bool = False,
        end_inclusive: bool = True,
        running_everywhere: bool = True,
    ) -> None:
        super().__init__(port, clock)
        self.token = token
        self.workspace_token = token[::-1]
        self.timezone = timezone
        self.plan: Plan = plan
        self.now = now
        self.burst_limit = burst_limit
        self.end_inclusive = end_inclusive
        self.running_everywhere = running_everywhere
        self.rounding_minutes = 15
        self.too_large_bytes = TOO_LARGE_BYTES
        self.me_quota = Quota(ME_CALLS_AN_HOUR)
        self.workspace_quota = Quota(CALLS_AN_HOUR[plan])
        self.organization_id = 7_990_316
        self._routes: list[tuple[str, re.Pattern[str], Callable[[Request, int], Response]]] = [
            ("GET", _ENTRIES, self._list_entries),
            ("GET", _ME, self._show_me),
            ("GET", _QUOTA, self._show_quotas),
            ("GET", _WORKSPACES, self._list_workspaces),
            ("GET", _WORKSPACE, self._show_workspace),
            ("GET", _PROJECTS, self._list_projects),
            ("GET", _USERS, self._list_users),
            ("POST", _REPORT, self._search),
        ]
        self._ids = _Ids()
        self._entries: dict[int, Entry] = {}
        self._projects: dict[int, Project] = {}
        self._workspaces: dict[int, str] = {}
        self._users: dict[int, User] = {}
        self._last_request: float | None = None
        self.workspace_id = self.add_workspace("Studio")
        self.user_id = self.add_user("Mira Lindqvist", "mira@studio.example", admin=admin).id

    @property
    def entries(self) -> list[Entry]:
        """All entries as they are now, deleted ones and those of other users included, in the order of adding."""
        with self.lock:
            return list(self._entries.values())

    @property
    def projects(self) -> list[Project]:
        with self.lock:
            return list(self._projects.values())

    @property
    def admin(self) -> bool:
        """Whether the token's user administers the workspaces, and so reads everyone's reports."""
        return self._users[self.user_id].admin

    @admin.setter
    def admin(self, admin: bool) -> None:
        with self.lock:
            self._users[self.user_id] = replace(self._users[self.user_id], admin=admin)

    def add_workspace(self, name: str, *, id: int | None = None) -> int:  # noqa: A002 - the service's word
        with self.lock:
            workspace_id = id if id is not None else _next(self._ids.workspaces, self._workspaces)
            self._workspaces[workspace_id] = name
            return workspace_id

    def add_user(self, fullname: str, email: str, *, id: int | None = None, admin: bool = False) -> User:  # noqa: A002
        """A further member of the workspaces, whose entries only an admin's report shows."""
        with self.lock:
            user = User(id if id is not None else _next(self._ids.users, self._users), fullname, email, admin)
            self._users[user.id] = user
            return user

    def add_project(
        self,
        name: str,
        id: int | None = None,  # noqa: A002
        client: str | None = None,
        *,
        active: bool = True,
        workspace: int | None = None,
    ) -> Project:
        with self.lock:
            project_id = id if id is not None else _next(self._ids.projects, self._projects)
            project = Project(project_id, name, self._known_workspace(workspace), client, active)
            self._projects[project_id] = project
            return project

    def add_entry(
        self,
        description: str | None,
        start: Moment,
        stop: Moment | int | None = None,
        *,
        id: int | None = None,  # noqa: A002
        project: Project | int | str | None = None,
        task: str | None = None,
        workspace: int | None = None,
        billable: bool = False,
        tags: Iterable[str] | None = None,
        running: bool = False,
        duration: int | None = None,
        user: User | int | None = None,
        at: Moment | None = None,
    ) -> Entry:
        """Track time from `start` to `stop`, an instant or a number of seconds; without one the entry is running.

        duration: what the service says instead of stop - start; of a running entry -1 unless given (0, -epoch exist).
        project: a Project, its id, or the name of one that was added. at: the last change, else the stop or the start.
        """
        begins = _moment(start)
        if running and stop is not None:
            raise ValueError("a running entry has no stop")
        ends = _stop(begins, stop)
        with self.lock:
            found = self._find_project(project)
            entry = Entry(
                id=id if id is not None else _next(self._ids.entries, self._entries),
                description=description,
                start=begins,
                stop=ends,
                duration_seconds=_duration_seconds(begins, ends) if duration is None else duration,
                workspace_id=found.workspace_id if found and workspace is None else self._known_workspace(workspace),
                user_id=self.user_id if user is None else user.id if isinstance(user, User) else user,
                at=_moment(at) if at is not None else ends or begins,
                project=found,
                task=task,
                billable=billable,
                tags=tuple(tags or ()),
            )
            if entry.id in self._entries:
                raise ValueError(f"there is an entry {entry.id} already")
            self._entries[entry.id] = entry
            return entry

    def edit(self, id: int, **changes: Any) -> Entry:  # noqa: A002
        """Change an entry by `add_entry`'s argument names; its `at` moves to now, its duration follows the times."""
        with self.lock:
            old = self._entries[id]
            if unknown := changes.keys() - _EDITABLE:
                raise ValueError(f"an entry has no {sorted(unknown)} to change")
            start = _moment(changes["start"]) if "start" in changes else old.start
            ends = _stop(start, changes.get("stop", old.stop))
            moved = "start" in changes or "stop" in changes
            duration = _duration_seconds(start, ends) if moved else old.duration_seconds
            new = replace(
                old,
                start=start,
                stop=ends,
                duration_seconds=changes.get("duration", duration),
                description=changes.get("description", old.description),
                project=self._find_project(changes["project"]) if "project" in changes else old.project,
                task=changes.get("task", old.task),
                billable=changes.get("billable", old.billable),
                tags=tuple(changes.get("tags", old.tags) or ()),
                at=self.now(),
            )
            self._entries[id] = new
            return new

    def delete(self, id: int) -> Entry:  # noqa: A002
        """Delete an entry: from now on only `since` shows it."""
        with self.lock:
            gone = replace(self._entries[id], at=self.now(), deleted_at=self.now())
            self._entries[id] = gone
            return gone

    def clear(self) -> None:
        """As StandIn.clear; also gives the whole quota back. The entries and projects stay."""
        super().clear()
        with self.lock:
            self.me_quota.refill()
            self.workspace_quota.refill()
            self._last_request = None

    def answer(self, request: Request) -> Response:
        quota = self._quota_of(request)
        quota.roll(self.clock())
        response = self._refuse_stranger(request) or self._refuse_excess(quota)
        if response is None:
            try:
                response = self._route(request)
            except _RefusedError as refusal:
                response = Response.of_json(str(refusal), 400)
        return self._with_quota(response, quota)

    def special_answer(self, fault: Fault, request: Request) -> Response:
        match fault.kind:
            case "server_error":
                return _server_error(fault)
            case "redirect":
                location = fault.body.decode() or REDIRECT_TO + request.path
                return Response(302, b"", {"Location": location}, "text/html")
            case "quota":
                response = _quota_exceeded(math.ceil(fault.seconds))
            case "rate_limited":
                response = _rate_limited(math.ceil(fault.seconds) or None)
            case "too_large":
                response = _too_large(self.too_large_bytes)
            case "wrong_shape_no_id" | "wrong_shape_nulls":
                response = _misshapen(self.answer(request), keep_id=fault.kind == "wrong_shape_nulls")
            case kind if kind in _PLAIN_FAILURES:
                response = _PLAIN_FAILURES[kind]
            case _:
                return super().special_answer(fault, request)
        return self._with_quota(response, self._quota_of(request))

    def _quota_of(self, request: Request) -> Quota:
        mine = request.path == "/api/v9/me" or request.path.startswith("/api/v9/me/")
        return self.me_quota if mine else self.workspace_quota

    def _with_quota(self, response: Response, quota: Quota) -> Response:
        said = {
            "X-Toggl-Quota-Remaining": str(quota.remaining),
            "X-Toggl-Quota-Resets-In": str(quota.resets_in_seconds(self.clock())),
        }
        return replace(response, headers={**said, **response.headers})

    def _refuse_stranger(self, request: Request) -> Response | None:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic" or not encoded.strip():
            return Response(401, b"", {"X-Authorization-Missing": "true"}, "text/plain; charset=utf-8")
        try:
            given = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            given = ""
        if given != f"{self.token}:api_token":
            return Response.of_json("Incorrect username and/or password", 403)
        return None

    def _refuse_excess(self, quota: Quota) -> Response | None:
        now = self.clock()
        if self.burst_limit and self._last_request is not None and now - self._last_request < 1:
            return _rate_limited(None)
        self._last_request = now
        return None if quota.take(now) else _quota_exceeded(quota.resets_in_seconds(now))

    def _route(self, request: Request) -> Response:
        for method, pattern, carry_out in self._routes:
            found = pattern.fullmatch(request.path)
            if found is None:
                continue
            if request.method != method:
                return replace(Response.of_json("Method Not Allowed", 405), headers={"Allow": method})
            workspace = int(found[1]) if found.groups() else self.workspace_id
            if workspace not in self._workspaces:
                return Response.of_json("User does not have access to this resource", 403)
            return carry_out(request, workspace)
        return Response(404, b"404 page not found\n", content_type="text/plain; charset=utf-8")

    def _show_me(self, _request: Request, _workspace: int) -> Response:
        user = self._users[self.user_id]
        profile = {
            "id": user.id,
            "api_token": self.token,
            "email": user.email,
            "fullname": user.fullname,
            "timezone": self.timezone,
            "default_workspace_id": self.workspace_id,
            "beginning_of_week": 1,
            "image_url": "https://assets.example/avatar.png",
            "created_at": "2021-03-01T08:00:00Z",
            "updated_at": "2026-01-12T09:30:00.123456Z",
            "country_id": 80,
            "has_password": True,
        }
        return Response.of_json(profile)

    def _show_quotas(self, _request: Request, _workspace: int) -> Response:
        now = self.clock()
        self.workspace_quota.roll(now)
        quotas = [
            {
                "organization_id": organization,
                "remaining": quota.remaining,
                "resets_in_secs": quota.resets_in_seconds(now),
                "total": quota.total,
            }
            for organization, quota in ((None, self.me_quota), (self.organization_id, self.workspace_quota))
        ]
        return Response.of_json(quotas)

    def _list_workspaces(self, _request: Request, _workspace: int) -> Response:
        return Response.of_json([self._workspace_json(workspace) for workspace in self._workspaces])

    def _show_workspace(self, _request: Request, workspace: int) -> Response:
        return Response.of_json(self._workspace_json(workspace))

    def _workspace_json(self, workspace: int) -> Json:
        return {
            "id": workspace,
            "organization_id": self.organization_id,
            "name": self._workspaces[workspace],
            "premium": self.plan == "premium",
            "admin": self.admin,
            "api_token": self.workspace_token,
            "rounding": 1,
            "rounding_minutes": self.rounding_minutes,
            "default_currency": "EUR",
        }

    def _list_projects(self, request: Request, workspace: int) -> Response:
        query = request.query
        active = query.get("active", "true")
        if active not in {"true", "false", "both"}:
            raise _RefusedError("active must be true, false or both")
        page = _whole(query.get("page", "1"), "page", 1, 1_000_000)
        per_page = _whole(query.get("per_page", str(PROJECTS_PER_PAGE)), "per_page", 1, MAX_PROJECTS_PER_PAGE)
        wanted = sorted(
            (
                project
                for project in self._projects.values()
                if project.workspace_id == workspace and active in {"both", str(project.active).lower()}
            ),
            key=lambda project: (project.name.casefold(), project.id),
        )
        shown = wanted[(page - 1) * per_page : page * per_page]
        return Response.of_json([self._project_json(project) for project in shown])

    def _project_json(self, project: Project) -> Json:
        return {
            "id": project.id,
            "workspace_id": project.workspace_id,
            "wid": project.workspace_id,
            "client_id": self._ids.of_name(project.client) if project.client else None,
            "name": project.name,
            "active": project.active,
            "is_private": True,
            "color": "#0b83d9",
            "billable": None if self.plan == "free" else True,
            "at": "2026-02-03T10:00:00+00:00",
            "server_deleted_at": None,
        }

    def _list_users(self, _request: Request, _workspace: int) -> Response:
        users = [
            {
                "id": user.id,
                "email": user.email,
                "fullname": user.fullname,
                "is_active": True,
                "is_admin": user.admin,
                "inactive": False,
            }
            for user in self._users.values()
        ]
        return Response.of_json(users)

    def _list_entries(self, request: Request, _workspace: int) -> Response:
        wanted = self._selection(request.query)
        mine = [entry for entry in self._entries.values() if entry.user_id == self.user_id and wanted(entry)]
        newest_first = sorted(mine, key=lambda entry: (entry.start, entry.id), reverse=True)[:MAX_ENTRIES]
        with_names = request.query.get("meta") == "true"
        return Response.of_json([self._entry_json(entry, with_names=with_names) for entry in newest_first])

    def _selection(self, query: dict[str, str]) -> Callable[[Entry], bool]:
        """What the query's window asks for; refuses a window that is none."""
        asked = {name for name in ("start_date", "end_date", "since", "before") if query.get(name)}
        if {"since", "before"} <= asked:
            raise _RefusedError("can not use since with before")
        if asked & {"start_date", "end_date"}:
            return self._between(query, asked)
        if "since" in asked:
            return self._modified_since(query["since"])
        earliest = datetime.combine(self._earliest_day(), datetime.min.time(), UTC)
        end = _window_end(query["before"], "before") if "before" in asked else None
        return lambda entry: entry.deleted_at is None and earliest <= entry.start and (end is None or entry.start < end)

    def _between(self, query: dict[str, str], asked: set[str]) -> Callable[[Entry], bool]:
        if not {"start_date", "end_date"} <= asked:
            raise _RefusedError("start_date and end_date must be used together")
        if asked & {"since", "before"}:
            raise _RefusedError("can not use since or before with start_date and end_date")
        start = _window_end(query["start_date"], "start_date")
        end = _window_end(query["end_date"], "end_date")
        if start.date() < self._earliest_day():
            raise _RefusedError(f"start_date must not be earlier than {self._earliest_day()}")
        if end < start:
            raise _RefusedError("end_date must not be earlier than start_date")
        inclusive = self.end_inclusive and not _DATE.fullmatch(query["end_date"])

        def wanted(entry: Entry) -> bool:
            if entry.deleted_at is not None:
                return False
            if entry.running and self.running_everywhere:
                return True
            return start <= entry.start and (entry.start <= end if inclusive else entry.start < end)

        return wanted

    def _modified_since(self, text: str) -> Callable[[Entry], bool]:
        since = datetime.fromtimestamp(_whole(text, "since", 0, 4_102_444_800), UTC)
        if since.date() < self._earliest_day():
            raise _RefusedError(f"since must not be earlier than {self._earliest_day()}")
        return lambda entry: entry.at >= since

    def _earliest_day(self) -> date:
        return _months_before(self.now().astimezone(UTC).date(), REACH_MONTHS)

    def _entry_json(self, entry: Entry, *, with_names: bool) -> Json:
        # Both spellings of UTC within one entry, the other way round in the next.
        zulu = entry.id % 2 == 0
        answer: Json = {
            "id": entry.id,
            "workspace_id": entry.workspace_id,
            "project_id": entry.project.id if entry.project else None,
            "task_id": self._ids.of_name(entry.task) if entry.task else None,
            "billable": entry.billable and self.plan != "free",
            "start": _utc_text(entry.start, zulu=zulu),
            "stop": _utc_text(entry.stop, zulu=not zulu) if entry.stop else None,
            "duration": entry.duration_seconds,
            "description": entry.description,
            "tags": list(entry.tags) or None,
            "tag_ids": [self._ids.of_name(tag) for tag in entry.tags] or None,
            "duronly": True,
            "at": _utc_text(entry.at, zulu=not zulu),
            "server_deleted_at": _utc_text(entry.deleted_at, zulu=zulu) if entry.deleted_at else None,
            "user_id": entry.user_id,
            "uid": entry.user_id,
            "wid": entry.workspace_id,
        }
        if entry.project:
            answer["pid"] = entry.project.id
        if entry.task:
            answer["tid"] = answer["task_id"]
        if zulu:
            answer |= {"permissions": None, "shared_with": []}
        return answer | (self._names(entry) if with_names else {})

    def _names(self, entry: Entry) -> Json:
        """The fields of `meta=true`, each only when it applies."""
        names: Json = {"user_name": self._users[entry.user_id].fullname}
        if entry.task:
            names["task_name"] = entry.task
        if entry.project:
            names |= {
                "project_name": entry.project.name,
                "project_color": "#0b83d9",
                "project_active": entry.project.active,
                "project_billable": self.plan != "free",
            }
            if entry.project.client:
                names["client_name"] = entry.project.client
        return names

    def _search(self, request: Request, workspace: int) -> Response:
        asked = _report_request(request)
        zone = ZoneInfo(self.timezone)
        found = [
            entry
            for entry in self._entries.values()
            if entry.workspace_id == workspace
            and not entry.running
            and entry.deleted_at is None
            and (self.admin or entry.user_id == self.user_id)
            and asked.start <= entry.start.astimezone(zone).date() <= asked.end
            and (asked.user_ids is None or entry.user_id in asked.user_ids)
            and (asked.project_ids is None or (entry.project is not None and entry.project.id in asked.project_ids))
            and (asked.billable is None or asked.billable == (entry.billable and self.plan != "free"))
        ]
        rows = _rows(found, asked)
        first = asked.first_row(rows)
        page = rows[first : first + asked.page_size]
        unit = self.rounding_minutes if asked.rounding is None else asked.rounding
        answer = [
            self._row_json(row, number, zone, unit, enriched=asked.enriched)
            for number, row in enumerate(page, start=first + 1)
        ]
        following = first + asked.page_size
        return Response.of_json(answer, headers=_next_page(rows, following) if following < len(rows) else None)

    def _row_json(self, row: list[Entry], number: int, zone: tzinfo, unit_minutes: int, *, enriched: bool) -> Json:
        entry, user = row[0], self._users[row[0].user_id]
        answer: Json = {
            "user_id": user.id,
            "username": user.fullname,
            "project_id": entry.project.id if entry.project else None,
            "task_id": self._ids.of_name(entry.task) if entry.task else None,
            "billable": entry.billable and self.plan != "free",
            "description": entry.description or "",
            "tag_ids": [self._ids.of_name(tag) for tag in entry.tags],
            "billable_amount_in_cents": None,
            "hourly_rate_in_cents": None,
            "currency": "EUR",
            "time_entries": [_report_entry(one, zone, unit_minutes) for one in row],
            "row_number": number,
        }
        if enriched:
            answer |= {
                "client_name": entry.project.client if entry.project else None,
                "project_name": entry.project.name if entry.project else None,
                "tag_names": list(entry.tags),
                "task_name": entry.task,
                "email": user.email,
            }
        return answer

    def _known_workspace(self, workspace: int | None) -> int:
        if workspace is None:
            return self.workspace_id
        if workspace not in self._workspaces:
            raise ValueError(f"there is no workspace {workspace}: call add_workspace first")
        return workspace

    def _find_project(self, project: Project | int | str | None) -> Project | None:
        if project is None or isinstance(project, Project):
            return project
        for known in self._projects.values():
            if project in {known.id, known.name}:
                return known
        raise ValueError(f"there is no project {project!r}: call add_project first")


@dataclass(frozen=True)
class _ReportRequest:
    """The body of a Reports search, checked. `rounding` is in minutes: None for the user's own, 0 for none."""

    start: date
    end: date
    user_ids: frozenset[int] | None
    project_ids: frozenset[int] | None
    billable: bool | None
    order_by: str
    descending: bool
    page_size: int
    grouped: bool
    rounding: int | None
    enriched: bool
    first_id: int | None
    first_row_number: int | None

    def first_row(self, rows: list[list[Entry]]) -> int:
        """The index at which the page begins: at the entry that was named, or at its number should it be gone."""
        if self.first_id is None or self.first_row_number is None:
            return 0
        for index, row in enumerate(rows):
            if row[0].id == self.first_id:
                return index
        return self.first_row_number - 1


def _report_request(request: Request) -> _ReportRequest:
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise _RefusedError("request body must be a JSON object")
    start = _report_day(body, "start_date")
    end = _report_day(body, "end_date") if body.get("end_date") else start + timedelta(days=REPORT_DEFAULT_DAYS)
    if end < start:
        raise _RefusedError("end_date must not be earlier than start_date")
    if (end - start).days >= MAX_REPORT_DAYS:
        raise _RefusedError(f"the range must not exceed {MAX_REPORT_DAYS} days")
    order_by, order_dir = body.get("order_by", "date"), str(body.get("order_dir", "DESC")).upper()
    if order_by not in {"date", "duration", "description"} or order_dir not in {"ASC", "DESC"}:
        raise _RefusedError("invalid order_by or order_dir")
    cursor = [_optional_int(body, name) for name in ("first_id", "first_row_number", "first_timestamp")]
    if any(value is not None for value in cursor) and None in cursor:
        raise _RefusedError("first_id, first_row_number and first_timestamp must be used together")
    return _ReportRequest(
        start=start,
        end=end,
        user_ids=_ids_in(body, "user_ids"),
        project_ids=_ids_in(body, "project_ids"),
        billable=body.get("billable"),
        order_by=order_by,
        descending=order_dir == "DESC",
        page_size=_whole(str(body.get("page_size", REPORT_PAGE_SIZE)), "page_size", 1, MAX_REPORT_PAGE_SIZE),
        grouped=bool(body.get("grouped", False)),
        rounding=_report_rounding(body),
        enriched=bool(body.get("enrich_response", False)),
        first_id=cursor[0],
        first_row_number=cursor[1],
    )


def _report_day(body: Json, name: str) -> date:
    text = body.get(name)
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise _RefusedError(f"{name} must be YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _RefusedError(f"{name} must be YYYY-MM-DD") from error


def _report_rounding(body: Json) -> int | None:
    rounding, minutes = _optional_int(body, "rounding"), _optional_int(body, "rounding_minutes")
    if rounding == 0:
        return 0
    return minutes if rounding is not None or minutes is not None else None


def _optional_int(body: Json, name: str) -> int | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise _RefusedError(f"{name} must be a number")
    return value


def _ids_in(body: Json, name: str) -> frozenset[int] | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, int) for one in value):
        raise _RefusedError(f"{name} must be a list of numbers")
    return frozenset(value)


def _rows(entries: list[Entry], asked: _ReportRequest) -> list[list[Entry]]:
    """One entry a row, or with `grouped` all that share everything but their times."""
    keys: dict[str, Callable[[Entry], Any]] = {
        "date": lambda entry: (entry.start, entry.id),
        "duration": lambda entry: (entry.duration_seconds, entry.id),
        "description": lambda entry: (entry.description or "", entry.start, entry.id),
    }
    ordered = sorted(entries, key=keys[asked.order_by], reverse=asked.descending)
    if not asked.grouped:
        return [[entry] for entry in ordered]
    place = {entry.id: index for index, entry in enumerate(ordered)}

    def alike(entry: Entry) -> tuple[Any, ...]:
        project_id = entry.project.id if entry.project else 0
        return entry.user_id, project_id, entry.task or "", entry.billable, entry.description or "", entry.tags

    neighbours = sorted(ordered, key=lambda entry: (alike(entry), place[entry.id]))
    groups = [list(group) for _key, group in groupby(neighbours, alike)]
    return sorted(groups, key=lambda group: place[group[0].id])


def _report_entry(entry: Entry, zone: tzinfo, unit_minutes: int) -> Json:
    stop = entry.stop or entry.start
    seconds = round((stop - entry.start).total_seconds())
    if unit_minutes:
        unit = unit_minutes * 60
        seconds = -(-seconds // unit) * unit
        stop = entry.start + timedelta(seconds=seconds)
    return {
        "id": entry.id,
        "seconds": seconds,
        "start": entry.start.astimezone(zone).isoformat(timespec="seconds"),
        "stop": stop.astimezone(zone).isoformat(timespec="seconds"),
        "at": _utc_text(entry.at, zulu=False),
    }


def _next_page(rows: list[list[Entry]], index: int) -> dict[str, str]:
    first = rows[index][0]
    return {
        "X-Next-ID": str(first.id),
        "X-Next-Row-Number": str(index + 1),
        "X-Next-Timestamp": str(int(first.start.timestamp())),
    }


def _quota_exceeded(resets_in_seconds: int) -> Response:
    text = f"You have hit your hourly limit for API calls. Your quota will reset in {resets_in_seconds} seconds."
    headers = {"X-Toggl-Quota-Remaining": "0", "X-Toggl-Quota-Resets-In": str(resets_in_seconds)}
    return Response(402, text.encode(), headers, "text/plain; charset=utf-8")


def _rate_limited(retry_after_seconds: int | None) -> Response:
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    return Response(429, b"Too Many Requests\n", headers, "text/plain; charset=utf-8")


def _too_large(length: int) -> Response:
    head, tail = b'[{"id": 4127733901, "description": "', b'"}]'
    return Response(200, head + b"x" * (length - len(head) - len(tail)) + tail)


def _server_error(fault: Fault) -> Response:
    """The service itself answers with a JSON string; what stands before it with a page. No quota headers either way."""
    if fault.status == 500:
        return Response.of_json("Internal Server Error", 500, fault.headers)
    page = fault.body or f"<html><body><h1>{fault.status} Server Error</h1></body></html>".encode()
    return Response(fault.status, page, fault.headers, "text/html")


def _misshapen(whole: Response, *, keep_id: bool) -> Response:
    """The answer with its first entry broken: without its id, or with nothing but its id."""
    rows = json.loads(whole.body) if whole.status == 200 else None
    if not isinstance(rows, list):
        return whole
    rows = rows or [{"id": 4127733901, "description": None}]
    nested = rows[0].get("time_entries")
    broken = nested[0] if nested else rows[0]
    if keep_id:
        broken.update(dict.fromkeys(broken.keys() - {"id"}))
    else:
        del broken["id"]
    return replace(whole, body=json.dumps(rows).encode())


def _window_end(text: str, name: str) -> datetime:
    """One end of a window: an RFC 3339 instant with seconds and offset, or a date (the beginning of that UTC day)."""
    if not (_DATE.fullmatch(text) or _INSTANT.fullmatch(text)):
        raise _RefusedError(f"invalid {name}: use YYYY-MM-DD or RFC 3339")
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _RefusedError(f"invalid {name}: use YYYY-MM-DD or RFC 3339") from error
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise _RefusedError(f"{name} must be between {FIRST_YEAR} and {LAST_YEAR}")
    return moment


def _whole(text: str, name: str, least: int, most: int) -> int:
    if not re.fullmatch(r"\d{1,12}", text, re.ASCII) or not least <= int(text) <= most:
        raise _RefusedError(f"{name} must be a number from {least} to {most}")
    return int(text)


def _months_before(day: date, months: int) -> date:
    month = day.year * 12 + day.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))


def _moment(value: Moment) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset")
    return moment.astimezone(UTC)


def _stop(start: datetime, stop: Moment | int | None) -> datetime | None:
    if isinstance(stop, int):
        return start + timedelta(seconds=stop)
    return None if stop is None else _moment(stop)


def _duration_seconds(start: datetime, stop: datetime | None) -> int:
    return -1 if stop is None else round((stop - start).total_seconds())


def _utc_text(moment: datetime, *, zulu: bool) -> str:
    text = moment.astimezone(UTC).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if zulu else text


def _next(ids: Iterator[int], taken: dict[int, Any]) -> int:
    return next(number for number in ids if number not in taken)
