"""Toggl's own ways to fail, by name; none but the misshapen ones carry the request out."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace

from local.standins.server import Fault, Request, Response
from local.standins.toggl.quota import quota_exceeded, rate_limited

REDIRECT_TO = "https://elsewhere.invalid"
TOO_LARGE_BYTES = 32 * 1024 * 1024


def _server_error(fault: Fault, _request: Request) -> Response:
    """The service itself answers with a JSON string; what stands before it with a page."""
    if fault.status == 500:
        return Response.of_json("Internal Server Error", 500, fault.headers)
    page = fault.body or f"<html><body><h1>{fault.status} Server Error</h1></body></html>".encode()
    return Response(fault.status, page, fault.headers, "text/html")


def _redirect(fault: Fault, request: Request) -> Response:
    location = fault.body.decode() or REDIRECT_TO + request.path
    return Response(302, b"", {"Location": location}, "text/html")


def too_large(length: int) -> Response:
    """One entry with a description that fills so many bytes."""
    head, tail = b'[{"id": 4127733901, "description": "', b'"}]'
    return Response(200, head + b"x" * (length - len(head) - len(tail)) + tail)


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


BEFORE_THE_SERVICE: dict[str, Callable[[Fault, Request], Response]] = {
    "redirect": _redirect,
    "server_error": _server_error,
}
"""Answered without the quota's headers."""

INSTEAD_OF_AN_ANSWER: dict[str, Callable[[Fault], Response]] = {
    "empty": lambda _fault: Response(200),
    "forbidden": lambda _fault: Response.of_json("User does not have access to this resource", 403),
    "not_paid": lambda _fault: Response.of_json("This feature is available on a paid plan only", 402),
    "quota": lambda fault: quota_exceeded(math.ceil(fault.seconds)),
    "rate_limited": lambda fault: rate_limited(math.ceil(fault.seconds) or None),
    "wrong_shape": lambda _fault: Response.of_json({"items": [], "total_count": 0}),
    "wrong_shape_null": lambda _fault: Response.of_json(None),
}

MISSHAPEN: dict[str, Callable[[Response], Response]] = {
    "wrong_shape_no_id": lambda whole: _misshapen(whole, keep_id=False),
    "wrong_shape_nulls": lambda whole: _misshapen(whole, keep_id=True),
}
"""Made of the whole answer."""
