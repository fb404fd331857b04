"""A company's own authority, and a server with a certificate of it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.functions.servers import RawServer


class Authority:
    """Made with the command openssl, which the local AWS needs for TLS as well. certificate: its PEM file."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "authority.pem"
        self._key = folder / "authority.key"
        self._server, self._server_key = folder / "server.pem", folder / "server.key"
        request = folder / "server.csr"
        names = folder / "names"
        names.write_text("subjectAltName = IP:127.0.0.1, DNS:gitlab.corp.example\n")
        _openssl("req", "-x509", "-subj", "/CN=Corp Authority", "-out", self.certificate, *_new_key(self._key))
        _openssl("req", "-subj", "/CN=gitlab.corp.example", "-out", request, *_new_key(self._server_key))
        signed = ("-CA", self.certificate, "-CAkey", self._key, "-set_serial", "7", "-extfile", names)
        _openssl("x509", "-req", "-in", request, "-days", "2", "-out", self._server, *signed)

    def context(self) -> ssl.SSLContext:
        """What a server of theirs needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._server, self._server_key)
        return context


class TlsServer(RawServer):
    """The same with TLS, by a certificate of the authority, for 127.0.0.1 and gitlab.corp.example."""

    def __init__(self, authority: Authority, answer: Callable[[socket.socket], None]) -> None:
        super().__init__(answer)
        self._context = authority.context()

    @property
    def url(self) -> str:
        return f"https://{self.address}"

    def _talk(self, connection: socket.socket) -> None:
        try:
            secured = self._context.wrap_socket(connection, server_side=True)
        except OSError:
            return  # the client does not trust it
        super()._talk(secured)


def _new_key(file: Path) -> tuple[str | Path, ...]:
    return ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file)


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Tunnel:
    """A proxy that makes a way to `to`, whatever it is asked for, after it said `answer`. asked: the requests' heads.

    begin: gets the connection instead of `answer` being sent, and says whether the way is open. authority: of its own
    certificate; None when it is reached without TLS.
    """

    def __init__(
        self, to: str = "", begin: Callable[[socket.socket], bool] | None = None, authority: Authority | None = None
    ) -> None:
        self.asked: list[str] = []
        self._to = to
        self._begin = begin or _open
        self._context = authority and authority.context()
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, accepted: socket.socket) -> None:
        with self._context.wrap_socket(accepted, server_side=True) if self._context else accepted as connection:
            head = b""
            while b"\r\n\r\n" not in head:
                chunk = connection.recv(4096)
                if not chunk:
                    return
                head += chunk
            self.asked.append(head.decode())
            try:
                if not self._begin(connection):
                    return
            except OSError:
                return  # the client hung up, which is what some tests are about
            host, _, port = self._to.rpartition(":")
            with socket.create_connection((host, int(port))) as target:
                back = threading.Thread(target=_pass_on, args=(target, connection), daemon=True)
                back.start()
                _pass_on(connection, target)
                back.join(5)


def _open(connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    return True


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
