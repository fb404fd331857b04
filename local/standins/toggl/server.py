"""The stand-in for Toggl Track: the entry list, the small look-ups and the Reports search, over HTTP on loopback.

It serves one user (whose token it takes) in one organisation with any number of workspaces.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from local.standins.server import Fault, Request, Response, StandIn
from local.standins.toggl import look_ups
from local.standins.toggl.entry_list import list_entries
from local.standins.toggl.faults import BEFORE_THE_SERVICE, INSTEAD_OF_AN_ANSWER, MISSHAPEN, TOO_LARGE_BYTES, too_large
from local.standins.toggl.model import Entry, Plan, Project, User
from local.standins.toggl.parameters import RefusedError
from local.standins.toggl.quota import CALLS_AN_HOUR, ME_CALLS_AN_HOUR, Quota, quota_exceeded, rate_limited
from local.standins.toggl.reports import search_entries
from local.standins.toggl.requests import (
    ENTRIES,
    ME,
    PROJECTS,
    QUOTA,
    REPORT,
    USERS,
    WORKSPACE,
    WORKSPACES,
    at_path,
    is_mine,
    on_entries,
    on_me,
    on_modified_since,
    on_projects,
    on_reports,
    on_workspaces,
)
from local.standins.toggl.world import World

__all__ = [
    "Entry",
    "Project",
    "Toggl",
    "User",
    "at_path",
    "on_entries",
    "on_me",
    "on_modified_since",
    "on_projects",
    "on_reports",
    "on_workspaces",
]

DEFAULT_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 - opens nothing but this stand-in


@dataclass(frozen=True)
class _Route:
    """What answers a path; `workspace` is the one that the path names, else the user's own."""

    method: str
    pattern: re.Pattern[str]
    answer: Callable[[Request, int], Response]


class Toggl(World, StandIn):
    """Toggl Track for one user. See `World` for how to arrange its data and `fail` for how to make it fail.

    Settable at any time: `burst_limit` (more than one request a second is refused, on `clock`),
    `too_large_bytes`, and the `total` of `me_quota` and `workspace_quota`.

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
        burst_limit: bool = False,
    ) -> None:
        StandIn.__init__(self, port, clock, now)
        World.__init__(self, self.lock, now, token=token, timezone=timezone, plan=plan)
        self.burst_limit = burst_limit
        self.too_large_bytes = TOO_LARGE_BYTES
        self.me_quota = Quota(ME_CALLS_AN_HOUR)
        self.workspace_quota = Quota(CALLS_AN_HOUR[plan])
        self._routes = [
            _Route("GET", ENTRIES, lambda request, _workspace: list_entries(self, request.query)),
            _Route("GET", ME, lambda _request, _workspace: look_ups.show_me(self)),
            _Route("GET", QUOTA, lambda _request, _workspace: self._show_quotas()),
            _Route("GET", WORKSPACES, lambda _request, _workspace: look_ups.list_workspaces(self)),
            _Route("GET", WORKSPACE, lambda _request, workspace: look_ups.show_workspace(self, workspace)),
            _Route("GET", PROJECTS, lambda request, workspace: look_ups.list_projects(self, request, workspace)),
            _Route("GET", USERS, lambda _request, _workspace: look_ups.list_users(self)),
            _Route("POST", REPORT, lambda request, workspace: search_entries(self, request, workspace)),
        ]
        self._last_request: float | None = None

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
            except RefusedError as refusal:
                response = Response.of_json(str(refusal), 400)
        return quota.told_in(response, self.clock())

    def special_answer(self, fault: Fault, request: Request) -> Response:
        if fault.kind in BEFORE_THE_SERVICE:
            return BEFORE_THE_SERVICE[fault.kind](fault, request)
        if fault.kind in MISSHAPEN:
            return MISSHAPEN[fault.kind](self.answer(request))
        if fault.kind == "too_large":
            response = too_large(self.too_large_bytes)
        elif fault.kind in INSTEAD_OF_AN_ANSWER:
            response = INSTEAD_OF_AN_ANSWER[fault.kind](fault)
        else:
            return super().special_answer(fault, request)
        return self._quota_of(request).told_in(response, self.clock())

    def _quota_of(self, request: Request) -> Quota:
        return self.me_quota if is_mine(request) else self.workspace_quota

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
            return rate_limited(None)
        self._last_request = now
        return None if quota.take(now) else quota_exceeded(quota.resets_in_seconds(now))

    def _route(self, request: Request) -> Response:
        for route in self._routes:
            found = route.pattern.fullmatch(request.path)
            if found is None:
                continue
            if request.method != route.method:
                return replace(Response.of_json("Method Not Allowed", 405), headers={"Allow": route.method})
            workspace = int(found[1]) if found.groups() else self.workspace_id
            if workspace not in self.workspaces:
                return Response.of_json("User does not have access to this resource", 403)
            return route.answer(request, workspace)
        return Response(404, b"404 page not found\n", content_type="text/plain; charset=utf-8")

    def _show_quotas(self) -> Response:
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
