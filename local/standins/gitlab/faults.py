"""GitLab's own ways to fail, by name. Only those that leave out parts of an answer carry the request out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from local.standins.gitlab.requests import response_keys
from local.standins.server import BAD_GATEWAY_PAGE, Fault, Request, Response

TOO_LARGE_BYTES = 24 * 1024 * 1024

_HTML = "text/html; charset=utf-8"
_PLAIN = "text/plain"
_DEPLOY_PAGE = b"<!DOCTYPE html>\n<html><body><h1>Deploy in progress</h1></body></html>"
_TOO_MANY = b"This endpoint has been requested too many times. Try again later."

_NO_PROJECT = "Cannot return null for non-nullable field Timelog.project"

Headers = dict[str, str]
Path = list[str | int]


def error_answer(message: str, status: int, headers: Headers | None = None) -> Response:
    """GitLab's JSON for what goes wrong outside of a query."""
    return Response.of_json({"errors": [{"message": message}]}, status, headers)


def _rate_limited(fault: Fault, _request: Request, headers: Headers) -> Response:
    waiting = {"RateLimit-Remaining": "0", "Retry-After": str(int(fault.seconds or 60))}
    return Response(429, fault.body or b"Retry later\n", headers | waiting | fault.headers, _PLAIN)


def _application_limit(fault: Fault, _request: Request, _headers: Headers) -> Response:
    return Response(429, fault.body or _TOO_MANY, fault.headers, _PLAIN)


def _error_of(status: int, message: str) -> Callable[[Fault, Request, Headers], Response]:
    return lambda fault, _request, headers: error_answer(fault.body.decode() or message, status, headers)


def _payload_error(fault: Fault, request: Request, headers: Headers) -> Response:
    message = fault.body.decode() or "Failed to save timelog"
    payload = {"clientMutationId": None, "errors": [message], "timelog": None, "issue": None}
    return Response.of_json({"data": dict.fromkeys(response_keys(request), payload)}, 200, headers)


def _too_large(_fault: Fault, _request: Request, headers: Headers) -> Response:
    return Response(200, b'{"data": {"currentUser": "' + b"x" * TOO_LARGE_BYTES + b'"}}', headers)


def _redirect(fault: Fault, _request: Request, headers: Headers) -> Response:
    return Response(302, b"", {"Location": fault.body.decode() or "/users/sign_in"} | headers, _HTML)


def _lists_of_nodes(value: Any, path: Path) -> Iterator[tuple[Path, list[Any]]]:
    """Each outermost list called `nodes`, and where it is."""
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        if name == "nodes" and isinstance(inner, list):
            yield [*path, name], inner
        else:
            yield from _lists_of_nodes(inner, [*path, name])


def _hide_nodes(whole: Response) -> Response:
    """Nobody is told that there are any, but `pageInfo` stays: a page may be empty and not the last."""
    answer = json.loads(whole.body)
    for _path, nodes in _lists_of_nodes(answer["data"], []):
        nodes.clear()
    return replace(whole, body=json.dumps(answer).encode())


def _null_nodes(whole: Response) -> Response:
    """Each node is null beside an error of its own."""
    answer = json.loads(whole.body)
    errors = answer.setdefault("errors", [])
    for path, nodes in _lists_of_nodes(answer["data"], []):
        errors += [{"message": _NO_PROJECT, "path": [*path, index, "project"]} for index in range(len(nodes))]
        nodes[:] = [None] * len(nodes)
    return replace(whole, body=json.dumps(answer).encode())


LEAVING_OUT: dict[str, Callable[[Response], Response]] = {"hidden_nodes": _hide_nodes, "null_nodes": _null_nodes}
"""Made of the whole answer."""

FAULT_ANSWERS: dict[str, Callable[[Fault, Request, Headers], Response]] = {
    "application_limit": _application_limit,
    "empty": lambda _fault, _request, headers: Response(200, b"", headers),
    "forbidden": _error_of(403, "API not accessible for user"),
    "graphql_error": _error_of(200, "Internal server error"),
    "html": lambda fault, _request, _headers: Response(
        fault.status, fault.body or BAD_GATEWAY_PAGE, fault.headers, _HTML
    ),
    "internal_error": _error_of(500, "Internal server error"),
    "invalid_token": _error_of(401, "Invalid token"),
    "maintenance": lambda fault, _request, _headers: Response(503, fault.body or _DEPLOY_PAGE, fault.headers, _HTML),
    "payload_error": _payload_error,
    "rate_limited": _rate_limited,
    "redirect": _redirect,
    "too_large": _too_large,
    "unprocessable": _error_of(422, "Query too large"),
    "wrong_shape": lambda fault, _request, headers: Response(200, fault.body or b'{"data": null}', headers),
}
