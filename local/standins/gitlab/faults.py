"""GitLab's own ways to fail, by name. None of them carries the request out."""

from __future__ import annotations

from collections.abc import Callable

from local.standins.gitlab.requests import response_keys
from local.standins.server import BAD_GATEWAY_PAGE, Fault, Request, Response

TOO_LARGE_BYTES = 24 * 1024 * 1024

_HTML = "text/html; charset=utf-8"
_PLAIN = "text/plain"
_DEPLOY_PAGE = b"<!DOCTYPE html>\n<html><body><h1>Deploy in progress</h1></body></html>"
_TOO_MANY = b"This endpoint has been requested too many times. Try again later."

Headers = dict[str, str]


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
