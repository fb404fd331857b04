"""A stand-in for GitLab: its GraphQL API for logging time, on loopback, with data and faults that a test arranges.

It executes real GraphQL against `schema.graphql`, so a query that GitLab would refuse fails here too. Where it is not
like GitLab it is stricter: a request without a token is refused, instants need an offset, a guest creates no issue.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, execute

from local.standins.gitlab.documents import (
    complexity_of,
    limit_errors,
    operation_of,
    parse_query,
    schema_errors,
    variable_errors,
)
from local.standins.gitlab.faults import FAULT_ANSWERS, error_answer
from local.standins.gitlab.model import User
from local.standins.gitlab.requests import mutation, query, root_fields
from local.standins.gitlab.schema import MAX_COMPLEXITY, Context, gitlab_schema
from local.standins.gitlab.world import World
from local.standins.server import Fault, Request, Response, StandIn

__all__ = ["GitLab", "mutation", "query", "root_fields"]

API_PATH = "/api/graphql"
TOKEN_PATH = "/api/v4/personal_access_tokens/self"  # noqa: S105 - a path
MAX_QUERY_CHARACTERS = 10_000
REQUESTS_PER_MINUTE = 2_000

_NOT_FOUND_PAGE = b"<!DOCTYPE html>\n<html><body><h1>404: Page not found</h1></body></html>"


class InvalidVariablesError(Exception):
    """Variables that are neither an object nor one written as JSON: GitLab answers 422."""


class GitLab(World, StandIn):
    """GitLab on a loopback port. See `World` for how to arrange its data and `fail` for how to make it fail.

    Beside the faults of `Fault` it knows these, none of which carries the request out:
    `rate_limited` (429 with `Retry-After: <seconds>`, 60 by default, and a plain text body), `application_limit` (429
    without headers), `internal_error` (500), `invalid_token` (401), `forbidden` (403), `unprocessable` (422), `html`
    (`status` with a page), `maintenance` (503 with a page), `redirect` (302 to the URL `body`), `graphql_error` (200,
    the top-level error `body`), `payload_error` (200, the mutation's own error `body`), `empty` (200 without a body),
    `wrong_shape` (200 with `body`, `{"data": null}` by default), `too_large` (200 with 24 MiB).
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
        StandIn.__init__(self, port, clock)
        World.__init__(self, self.lock, now, timelog_role, issue_role)
        self.version = "18.5.2-ee"
        self.rate_limit: int | None = None
        self.web_url = self.url
        self.tells_tokens = True
        self._missing_fields: frozenset[str] = frozenset()
        self._minute = (0, 0)

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
        headers, over_limit = self._count_request()
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
        try:
            results = [self._run(asked, user, scopes) for asked in queries]
        except InvalidVariablesError as e:
            return error_answer(str(e), 422)
        return Response.of_json(results if isinstance(body, list) else results[0])

    def _run(self, asked: dict[str, Any], user: User, scopes: frozenset[str]) -> dict[str, Any]:
        """One query's answer; raises InvalidVariablesError."""
        text, variables = str(asked.get("query") or ""), _variables_of(asked)
        schema = gitlab_schema(self._missing_fields)
        errors = schema_errors(schema, text)
        if errors:
            return {"errors": errors}
        document = parse_query(text)
        operation = operation_of(document, asked.get("operationName"))
        if operation is None:
            return {"errors": [{"message": "An operation name is required"}]}
        complexity = complexity_of(document, variables, operation.selection_set)
        errors = variable_errors(schema, operation, variables)
        errors = errors or limit_errors(document, operation, complexity, MAX_COMPLEXITY)
        if errors:
            return {"errors": errors}
        context = Context(self, user, scopes, self.web_url, self.version, complexity)
        name = asked.get("operationName")
        result = execute(schema, document, None, context, variables, name, is_awaitable=lambda _value: False)
        return _formatted(cast("ExecutionResult", result))

    def _count_request(self) -> tuple[dict[str, str], bool]:
        """The RateLimit headers of one more request, and whether it is one too many."""
        minute, seconds = divmod(int(self.clock()), 60)
        observed = self._minute[1] + 1 if self._minute[0] == minute else 1
        self._minute = (minute, observed)
        limit = self.rate_limit or REQUESTS_PER_MINUTE
        headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(observed),
            "RateLimit-Remaining": str(max(0, limit - observed)),
            "RateLimit-Reset": str(int(time.time()) + 60 - seconds),
        }
        over_limit = self.rate_limit is not None and observed > self.rate_limit
        return headers | ({"Retry-After": str(60 - seconds)} if over_limit else {}), over_limit

    def special_answer(self, fault: Fault, request: Request) -> Response:
        make_answer = FAULT_ANSWERS.get(fault.kind)
        if make_answer is None:
            return super().special_answer(fault, request)
        headers, _over_limit = self._count_request()
        return make_answer(fault, request, headers | fault.headers)


def _variables_of(asked: dict[str, Any]) -> dict[str, Any]:
    given = asked.get("variables")
    try:
        variables = json.loads(given) if isinstance(given, str) and given else given
    except ValueError as e:
        raise InvalidVariablesError(str(e)) from e
    if not variables:
        return {}
    if not isinstance(variables, dict):
        raise InvalidVariablesError(f"Unexpected parameter: {variables}")
    return variables


def _formatted(result: ExecutionResult) -> dict[str, Any]:
    """What GitLab sends. An error that is not GraphQL's own is a fault of the stand-in and is raised."""
    for error in result.errors or ():
        if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
            raise error.original_error
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [
            {
                "message": error.message,
                "locations": [{"line": at.line, "column": at.column} for at in error.locations or ()],
                "path": error.path,
            }
            for error in result.errors
        ]
    return answer
