"""Loopback servers that do what no stand-in does: answer byte by byte, or only watch what arrives."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from typing import Self

from local.standins.server import Request, Response, StandIn


class Elsewhere(StandIn):
    """Another host: whatever is asked of it, it answers and keeps."""

    def answer(self, request: Request) -> Response:
        return Response.of_json({"data": {}, "path": request.path})


class RawServer:
    """Reads a request, then lets `answer` write to the connection what it likes. `received` has what arrived."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self.received: list[bytes] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        self._listener.close()

    def drip(self, connection: socket.socket, data: bytes, seconds_a_byte: float = 0.02) -> None:
        """Send byte by byte until all is sent, the client hangs up or the test is over."""
        for byte in data:
            if self._over.wait(seconds_a_byte):
                return
            connection.sendall(bytes([byte]))

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.received.append(_request_of(connection))
                self._answer(connection)
            except OSError:
                return  # the client hung up, which is what some tests are about


def silent_server() -> RawServer:
    """Takes a request and never answers, until the client hangs up."""

    def wait_for_the_client(connection: socket.socket) -> None:
        connection.recv(1)

    return RawServer(wait_for_the_client)


def whole(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer with its length."""
    return b"\r\n".join(
        [
            f"HTTP/1.1 {status}".encode(),
            f"Content-Length: {len(body)}".encode(),
            *(h.encode() for h in headers),
            b"",
            body,
        ]
    )


def closed_url() -> str:
    """A loopback address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _request_of(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        data += chunk
        if not chunk or not data[:1].isalpha():  # hung up, or no HTTP at all
            return data
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while length is not None and len(body) < int(length[1]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
