"""Through a proxy: the same bounds, the same certainty of what was sent, and never to this machine itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.shared import http
from functions.shared.http import Http, NoAnswer, NotSent
from tests.functions.certificates import Authority, TlsServer, Tunnel
from tests.functions.servers import Elsewhere, closed_url, whole

URL = "https://gitlab.corp.example/api/graphql"
"""It is nowhere but behind the proxy."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))


@pytest.fixture
def gitlab(authority: Authority) -> Iterator[TlsServer]:
    with TlsServer(authority, lambda connection: connection.sendall(whole(b"{}"))) as server:
        yield server


def client() -> Http:
    return Http("Bearer glpat-secret", "glpat-secret", 100_000)


def test_https_proxy_counts_and_sees_no_token(monkeypatch: pytest.MonkeyPatch, gitlab: TlsServer) -> None:
    with Tunnel(gitlab.address) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        answer = client().request("POST", URL, body={})

    assert answer.status == 200
    assert proxy.asked[0].startswith("CONNECT gitlab.corp.example:443 ")
    assert "glpat" not in "".join(proxy.asked)
    assert b"Bearer glpat-secret" in gitlab.received[0]


def test_a_proxy_that_is_reached_over_tls_has_a_certificate_of_ones_own_authority(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, gitlab: TlsServer
) -> None:
    with Tunnel(gitlab.address, authority=authority) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        assert client().request("POST", URL, body={}).status == 200


def test_no_proxy_counts(monkeypatch: pytest.MonkeyPatch, gitlab: TlsServer) -> None:
    def refused(*_args: object, **_kwargs: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", refused)
    with Tunnel(gitlab.address) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "corp.example")

        with pytest.raises(NotSent, match="no connection could be made"):
            client().request("POST", URL, body={})

    assert proxy.asked == []


def test_no_proxy_leads_to_this_machine_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with Tunnel() as proxy, Elsewhere() as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)

        for host in ("127.0.0.1", "localhost"):
            assert client().request("GET", server.url.replace("127.0.0.1", host)).status == 200

    assert proxy.asked == []


@pytest.mark.parametrize("dripped", ["tunnel", "answer"])
def test_the_deadline_of_a_request_holds_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, dripped: str
) -> None:
    monkeypatch.setattr(http, "TOTAL_TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(http, "CONNECT_TIMEOUT_SECONDS", 0.3)

    def drip(connection: socket.socket) -> bool:
        for _ in range(200):
            time.sleep(0.02)
            connection.sendall(b"HTTP/1.1 200 "[:1])
        return False

    def answer(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        server.drip(connection, b"x" * 1000)

    with (
        TlsServer(authority, answer) as server,
        Tunnel(server.address, drip if dripped == "tunnel" else None) as proxy,
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        begun = time.monotonic()

        with pytest.raises(NotSent if dripped == "tunnel" else NoAnswer):
            client().request("POST", URL, body={})

    assert time.monotonic() - begun < 2


def test_a_proxy_that_refuses_proves_that_nothing_was_sent_and_says_what_it_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(connection: socket.socket) -> bool:
        connection.sendall(b"HTTP/1.1 407 glpat-secret\r\n\r\n")
        return False

    with Tunnel(begin=refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        with pytest.raises(NotSent, match=r"\(the proxy answers HTTP 407\)$"):
            client().request("POST", URL, body={})


def test_a_proxy_that_hangs_up_proves_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with Tunnel(begin=lambda _connection: False) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)

        with pytest.raises(NotSent, match="no secure connection"):
            client().request("POST", URL, body={})


@pytest.mark.parametrize("proxy", ["http://", "socks5://127.0.0.1:1", "http://[", "ftp://127.0.0.1:1"])
def test_a_proxy_that_is_none_proves_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    with pytest.raises(NotSent):
        client().request("POST", URL, body={})


def test_a_proxy_that_is_not_there_proves_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", closed_url())

    with pytest.raises(NotSent, match="no connection to the proxy could be made"):
        client().request("POST", URL, body={})


def test_a_server_behind_a_proxy_that_is_not_trusted_gets_nothing(
    monkeypatch: pytest.MonkeyPatch, gitlab: TlsServer, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Authority(tmp_path).certificate))

    with Tunnel(gitlab.address) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(NotSent, match="CERTIFICATE_VERIFY_FAILED"):
            client().request("POST", URL, body={})

    assert gitlab.received == []
