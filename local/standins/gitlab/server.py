"""A stand-in for GitLab: its GraphQL API for logging time, on loopback, with data and faults that a test arranges.

It executes real GraphQL against `schema.graphql`, so a query that GitLab would refuse fails here too. Where it is not
like GitLab it is stricter: a request without a token is refused, instants need an offset, a guest creates no issue.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from local.standins.gitlab.faults import FAULT_ANSWERS, LEAVING_OUT, error_answer
from local.standins.gitlab.graphql.context import Context
from local.standins.gitlab.graphql.execution import InvalidVariablesError, answer_query
from local.standins.gitlab.graphql.schema import gitlab_schema
from local.standins.gitlab.model import User
from local.standins.gitlab.rate_limit import RateLimit
from local.standins.gitlab.requests import mutation, query, root_fields
from local.standins.gitlab.world import World
from local.standins.server import Fault, Request, Response, StandIn

__all__ = ["GitLab", "mutation", "query", "root_fields"]

API_PATH = "/api/graphql"
TOKEN_PATH = "/api/v4/personal_access_tokens/self"  # noqa: S105 - a path
MAX_QUERY_CHARACTERS = 10_000

_NOT_FOUND_PAGE = b"<!DOCTYPE html>\n<html><body><h1>404: Page not found</h1></body></html>"


class GitLab(World, StandIn):
    """GitLab on a loopback port. See `World` for how to arrange its data and `fail` for how to make it fail.

    Beside the faults of `Fault` it knows these, none of which carries the request out:
    `rate_limited` (429 with `Retry-After: <seconds>`, 60 by default, and a plain text body), `application_limit` (429
    without headers), `internal_error` (500), `invalid_token` (401), `forbidden` (403), `unprocessable` (422), `html`
    (`status` with a page), `maintenance` (503 with a page), `redirect` (302 to the URL `body`), `graphql_error` (200,
    the top-level error `body`), `payload_error` (200, the mutation's own error `body`), `empty` (200 without a body),
    `wrong_shape` (200 with `body`, `{"data": null}` by default), `too_large` (200 with 24 MiB).
    These carry it out and leave out parts of the answer: `hidden_nodes` (no nodes on the page, whatever follows it),
    `null_nodes` (each node null beside a top-level error).
    """

    def __init__(
        self,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timelog_role: str = "planner",
        issue_role: str = "planner",
    ) -> None:
        """now: GitLab's own time, which may be set again later. Roles: the least that may log time or create issues."""
        StandIn.__init__(self, port, clock, now)
        World.__init__(self, self.lock, now, timelog_role, issue_role)
        self.version = "18.5.2-ee"
        self.rate_limit = RateLimit()
        self.web_url = self.url
        self.tells_tokens = True
        self._missing_fields: frozenset[str] = frozenset()

    def make_too_old(self) -> None:
        """Become a server from before time could be logged by GraphQL."""
        self.version = "14.10.5"
        self.tells_tokens = False
        self._missing_fields = frozenset({"Mutation.timelogCreate", "Mutation.timelogDelete", "Project.maxAccessLevel"})

    def tell_no_roles(self) -> None:
        """Become a server from before 16.9, which can log time but does not tell what a user is in a project."""
        self.version = "16.8.0"
        self._missing_fields = frozenset({"Project.maxAccessLevel"})

    @property
    def operations(self) -> list[tuple[str, ...]]:
        """The root fields of each recorded request, such as `("currentUser", "timelogs")`; `()` without GraphQL."""
        with self.lock:
            return [root_fields(request) for request in self.requests]

    def count(self, root_field: str) -> int:
        """How often a root field was asked for, an aliased one as often as it occurs, whatever came of it."""
        return sum(fields.count(root_field) for fields in self.operations)

    def answer(self, request: Request) -> Response:
        if (request.method, request.path) not in {("POST", API_PATH), ("GET", TOKEN_PATH)}:
            return Response(404, _NOT_FOUND_PAGE, {}, "text/html; charset=utf-8")
        headers, over_limit = self.rate_limit.count(self.clock(), self.now())
        if over_limit:
            return Response(429, b"Retry later\n", headers, "text/plain")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if request.path == TOKEN_PATH and scheme.lower() == "bearer":
            return replace(self._answer_about_token(token.strip()), headers=headers)
        bearer = self.bearer(token.strip()) if scheme.lower() == "bearer" else None
        if bearer is None:
            return error_answer("Invalid token", 401, headers)
        user, scopes = bearer
        if user.blocked:
            return error_answer("API not accessible for user", 403, headers)
        return replace(self._answer_graphql(request, user, scopes), headers=headers)

    def _answer_about_token(self, token: str) -> Response:
        """What REST tells any token about itself; unlike GraphQL, whatever its scopes are."""
        known = self.token_facts(token)
        if known is None:
            return Response.of_json({"message": "401 Unauthorized"}, 401)
        if not self.tells_tokens:
            return Response.of_json({"error": "404 Not Found"}, 404)
        user, scopes, expires = known
        facts = {"id": 1_207, "name": "sync", "revoked": False, "active": True, "user_id": user.id}
        ends = None if expires is None else expires.isoformat()
        return Response.of_json(facts | {"scopes": sorted(scopes), "expires_at": ends})

    def _answer_graphql(self, request: Request, user: User, scopes: frozenset[str]) -> Response:
        """One query, or an array of them, whose texts count together."""
        try:
            body: Any = request.json() if "json" in request.headers.get("content-type", "") else {}
        except ValueError:
            body = None
        queries: list[Any] = body if isinstance(body, list) else [body]
        if not all(isinstance(asked, dict) for asked in queries):
            return Response.of_json({"status": 400, "error": "Bad Request"}, 400)
        if sum(len(str(asked.get("query") or "")) for asked in queries) > MAX_QUERY_CHARACTERS:
            return error_answer("Query too large", 422)
        context = Context(self, user, scopes, self.web_url, self.version)
        try:
            results = [answer_query(gitlab_schema(self._missing_fields), asked, context) for asked in queries]
        except InvalidVariablesError as e:
            return error_answer(str(e), 422)
        return Response.of_json(results if isinstance(body, list) else results[0])

    def special_answer(self, fault: Fault, request: Request) -> Response:
        if fault.kind in LEAVING_OUT:
            return LEAVING_OUT[fault.kind](self.answer(request))
        make_answer = FAULT_ANSWERS.get(fault.kind)
        if make_answer is None:
            return super().special_answer(fault, request)
        headers, _over_limit = self.rate_limit.count(self.clock(), self.now())
        return make_answer(fault, request, headers | fault.headers)
