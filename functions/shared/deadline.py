"""Connections whose answers must be whole by a deadline, through a proxy as well.

A read timeout begins again with every byte, so a server that drips its answer could hold a request forever.
"""

from __future__ import annotations

import io
import re
import socket
import ssl
import time
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from contract.values import is_loopback


class TlsFailed(NewConnectionError):
    """There was no TLS handshake, so nothing was sent. why: OpenSSL's word for it, or what the proxy answered."""

    def __init__(self, connection: HTTPSConnection, why: str) -> None:
        super().__init__(connection, why)
        self.why = why


class DeadlineAdapter(HTTPAdapter):
    """Bounds the time from the end of a request to the last byte of its answer.

    Past it, reading raises what a read timeout raises. total_seconds: that time. tls: who is trusted. A TLS
    handshake that fails, and a proxy that makes no way, raise TlsFailed, which is not a connection that breaks later.
    """

    def __init__(self, total_seconds: float, tls: ssl.SSLContext) -> None:
        self._pools = _pools_for(total_seconds)
        self._tls = tls
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        contexts = {"ssl_context": self._tls, "proxy_ssl_context": self._tls}
        manager = super().proxy_manager_for(proxy, **contexts, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: Any, *_where: Any) -> None:
        """Always, by the context alone: whom it trusts is not read again for each connection."""
        conn.cert_reqs = "CERT_REQUIRED"

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:  # type: ignore[override]
        """No proxy leads to this machine itself, whatever the environment exempts."""
        how["verify"] = True
        if is_loopback(urlsplit(request.url or "").hostname or ""):
            how["proxies"] = {}
        return super().send(request, **how)


def _answering_within(seconds: float) -> type[HTTPResponse]:
    class Answer(HTTPResponse):
        def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
            super().__init__(sock, *args, **kwargs)
            self.fp = io.BufferedReader(_UntilDeadline(self.fp.detach(), sock, seconds))

    return Answer


def _pools_for(total_seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    whole_answer = _answering_within(total_seconds)

    class Connection(HTTPConnection):
        response_class = whole_answer

    class TlsConnection(HTTPSConnection):
        response_class = whole_answer

        def connect(self) -> None:
            """Whatever a proxy answers belongs to the time for connecting, not to that for the answer."""
            self.response_class = _answering_within(self.timeout or total_seconds)
            try:
                super().connect()
            except (OSError, ValueError, HTTPException) as error:  # a certificate for another host is a ValueError
                raise TlsFailed(self, _why(error)) from error
            finally:
                self.response_class = whole_answer

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = TlsConnection

    return {"http": Pool, "https": TlsPool}


def _why(error: Exception) -> str:
    refusal = re.match(r"Tunnel connection failed: ([0-9]{1,9})", str(error))
    if refusal is not None:
        return f"the proxy answers HTTP {refusal[1]}"
    return str(getattr(error, "reason", None) or type(error).__name__)


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
