"""The common part of the two stand-ins: a loopback HTTP server that records its requests and fails when it is told to.

A stand-in runs in a thread of the process that made it: a test arranges its data and its faults by plain method calls.
What a fault does is the same for both services; what an answer looks like is each stand-in's own.
"""

from __future__ import annotations

import json
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

BAD_GATEWAY_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><center>502 Bad Gateway</center></body></html>"
)
MAX_REQUEST_BYTES = 8 * 1024 * 1024

_CARRIED_OUT_AT_ONCE = {"lost_answer", "error_after", "truncated"}


@dataclass(frozen=True)
class Request:
    """One HTTP request as it arrived. `headers` has lower-case names; `query` keeps the last value of each name.

    client_port: from where it came, by which the local process that made it can be found.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    client_port: int = 0

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is not JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Response:
    """One HTTP answer. `body` is sent as it is; `announced_bytes` is a Content-Length that it does not keep."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    announced_bytes: int | None = None

    @classmethod
    def of_json(cls, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        return cls(status, json.dumps(value, ensure_ascii=False).encode(), dict(headers or {}))


@dataclass
class Fault:
    """One way to fail, armed for the requests that it matches.

    kind: `refused` (connection closed before the request is carried out), `status` (answered with `status` instead of
    being carried out), `lost_answer` (carried out, connection closed without an answer), `error_after` (carried out,
    then answered with `status`), `late` (answered with `status` at once, carried out `seconds` later), `slow` (carried
    out and answered after `seconds`), `unanswered` (carried out `seconds` later, the connection silent for
    `silent_seconds` of real time and then closed), `truncated` (carried out, the connection closed after half of the
    announced body), `body` (200 with `body` instead of being carried out), and whatever a stand-in adds in
    `special_answer`.
    when: matches a request for which it returns True. skip: so many matches pass first. times: how often it fails.
    """

    kind: str
    when: Callable[[Request], bool] = lambda _request: True
    times: int = 1
    skip: int = 0
    status: int = 502
    seconds: float = 0.0
    silent_seconds: float = 0.0
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class StandIn:
    """A loopback server with one `answer` method to fill in. Use it as a context manager, or call start and stop.

    `clock` counts the stand-in's seconds for what happens later (late commits, quota resets); tests and scaled local
    runs hand in a faster one. `now`, settable, is the service's own time (aware, UTC): what is written now is written
    then, and the `Date` of every answer says it, `clock_error_seconds` ahead. `requests` lists what arrived, in order.
    """

    def __init__(
        self,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.clock = clock
        self.now = now
        self.clock_error_seconds = 0
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self.met: dict[str, int] = {}
        self.lock = threading.RLock()
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._server = _Server(("127.0.0.1", port), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()

    def await_quiet(self, seconds: float) -> None:
        """Wait until no request has come for so long."""
        seen = -1
        while seen != len(self.requests):
            seen = len(self.requests)
            time.sleep(seconds)

    def answer(self, request: Request) -> Response:
        """Carry out one request. Called under `lock`, so state needs no further care."""
        raise NotImplementedError

    def special_answer(self, fault: Fault, request: Request) -> Response:
        """The answer for a fault kind of the stand-in's own; the base knows none."""
        raise ValueError(f"unknown fault kind {fault.kind!r} for {request.path}")

    def fail(self, kind: str, **how: Any) -> Fault:
        """Arm a fault; see `Fault` for what `how` may say. Faults are tried in the order in which they were armed."""
        fault = Fault(kind, **how)
        with self.lock:
            self.faults.append(fault)
        return fault

    def clear(self) -> None:
        """Forget the recorded requests, the armed faults and what was still to happen."""
        with self.lock:
            self.requests.clear()
            self.faults.clear()
            self.met.clear()
            self._later.clear()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Let `action` happen once the stand-in's clock is `seconds` further on (looked at when a request arrives)."""
        with self.lock:
            self._later.append((self.clock() + seconds, action))

    def settle(self) -> None:
        """Let everything that was to happen later happen now."""
        with self.lock:
            due, self._later = self._later, []
            for _at, action in due:
                action()

    def respond(self, request: Request) -> Response | None:
        """The answer to one request with the faults applied; None closes the connection without an answer."""
        with self.lock:
            self.run_due()
            self.requests.append(request)
            fault = self._take_fault(request)
            if fault is None:
                return self.answer(request)
            self.met[fault.kind] = self.met.get(fault.kind, 0) + 1
            if fault.kind == "unanswered":
                self.later(fault.seconds, lambda: self.carry_out_unseen(request))
            elif fault.kind != "slow":
                return self._fail(fault, request)
        if fault.kind == "unanswered":
            time.sleep(fault.silent_seconds)
            return None
        time.sleep(fault.seconds)
        with self.lock:
            return self.answer(request)

    def _fail(self, fault: Fault, request: Request) -> Response | None:
        failure = Response(fault.status, fault.body or BAD_GATEWAY_PAGE, fault.headers, "text/html")
        whole = self.answer(request) if fault.kind in _CARRIED_OUT_AT_ONCE else failure
        match fault.kind:
            case "refused" | "lost_answer":
                return None
            case "status" | "error_after":
                return failure
            case "late":
                self.later(fault.seconds, lambda: self.carry_out_unseen(request))
                return failure
            case "truncated":
                return replace(whole, body=whole.body[: len(whole.body) // 2], announced_bytes=len(whole.body))
            case "body":
                return Response(200, fault.body, fault.headers)
            case _:
                return self.special_answer(fault, request)

    def carry_out_unseen(self, request: Request) -> None:
        """Carry out a request whose answer nobody gets."""
        with self.lock:
            self.answer(request)

    def run_due(self) -> None:
        """Let happen what was to happen by now; a request does so too when it arrives."""
        with self.lock:
            now = self.clock()
            due = sorted((one for one in self._later if one[0] <= now), key=lambda one: one[0])
            self._later = [one for one in self._later if one[0] > now]
            for _at, action in due:
                action()

    def fault_for(self, request: Request) -> Fault | None:
        """The armed fault that would meet this request now."""
        with self.lock:
            fitting = (fault for fault in self.faults if fault.times > 0 and fault.when(request))
            return next((fault for fault in fitting if fault.skip <= 0), None)

    def _take_fault(self, request: Request) -> Fault | None:
        taken = self.fault_for(request)
        for fault in self.faults:
            if fault is taken:
                fault.times -= 1
                break
            if fault.times > 0 and fault.when(request):
                fault.skip -= 1
        return taken


def lasting_ports(count: int) -> list[int]:
    """Free ports for servers that are stopped and started again.

    Outside of the range from which systems take the ports of outgoing connections (32768 and above, by default), so
    that nobody gets one in the meantime.
    """
    dice = random.SystemRandom()
    found: list[int] = []
    while len(found) < count:
        port = dice.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found += [port] if port not in found else []
    return found


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the default of 5 makes a crowd of clients wait for a second try at connecting

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """With the connections that clients keep: a server that is gone answers nobody any more."""
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):  # the client has closed it in this moment
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about a client that hung up, which some tests do."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler_for(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60
        wbufsize = -1  # headers and body leave together, and at once: apart, the second waits 40 ms for a delayed ACK
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            split = urlsplit(self.path)
            length = min(int(self.headers.get("Content-Length") or 0), MAX_REQUEST_BYTES)
            request = Request(
                method=self.command,
                path=split.path,
                query={name: values[-1] for name, values in parse_qs(split.query, keep_blank_values=True).items()},
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
                client_port=self.client_address[1],
            )
            response = stand_in.respond(request)
            if response is None:
                self.close_connection = True
                return
            self.send_response(response.status)
            self.send_header("Content-Type", response.content_type)
            announced_bytes = len(response.body) if response.announced_bytes is None else response.announced_bytes
            self.send_header("Content-Length", str(announced_bytes))
            for name, value in response.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)
            self.close_connection = self.close_connection or announced_bytes != len(response.body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815 - the names http.server looks for

        def date_time_string(self, timestamp: float | None = None) -> str:
            now = stand_in.now().timestamp() if timestamp is None else timestamp
            return super().date_time_string(int(now + stand_in.clock_error_seconds))

        def log_message(self, *_args: object) -> None:
            """Keep quiet: what arrived is in `requests`."""

    return Handler
