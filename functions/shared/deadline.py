"""Connections whose answers must be whole by a deadline.

A read timeout counts anew with every byte, so a server that drips its answer could hold a request forever.
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError


class TlsFailed(NewConnectionError):
    """There was no TLS handshake, so nothing was sent. why: OpenSSL's word for it."""

    def __init__(self, connection: HTTPSConnection, why: str) -> None:
        super().__init__(connection, why)
        self.why = why


class DeadlineAdapter(HTTPAdapter):
    """Bounds the time from the end of a request to the last byte of its answer.

    Past it, reading raises what a read timeout raises. total_seconds: that time. A TLS handshake that fails raises
    TlsFailed, which is not a connection that breaks later.
    """

    def __init__(self, total_seconds: float) -> None:
        self._pools = _pools_for(total_seconds)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools


def _pools_for(total_seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    class Answer(HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock, total_seconds))

    class Connection(HTTPConnection):
        response_class = Answer

    class TlsConnection(HTTPSConnection):
        response_class = Answer

        def connect(self) -> None:
            try:
                super().connect()
            except (OSError, ValueError) as error:  # a certificate for another host is a ValueError
                raise TlsFailed(self, getattr(error, "reason", None) or type(error).__name__) from error

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": Pool, "https": TlsPool}


class _UntilDeadline(io.RawIOBase):
    """A socket's incoming bytes until the deadline; later reads raise TimeoutError."""

    def __init__(self, incoming: Any, sock: socket.socket, total_seconds: float) -> None:
        self._incoming = incoming
        self._sock = sock
        self._deadline = time.monotonic() + total_seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer is not whole in time")
        timeout = self._sock.gettimeout()
        self._sock.settimeout(left if timeout is None else min(timeout, left))
        count: int | None = self._incoming.readinto(buffer)
        return count

    def close(self) -> None:
        self._incoming.close()
        super().close()
