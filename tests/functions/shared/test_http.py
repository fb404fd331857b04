"""One HTTP request over real sockets: what is certain about it, and how it is bounded."""

from __future__ import annotations

import gzip
import json
import socket
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from functions.shared import http
from functions.shared.http import Answer, Http, NoAnswer, NotSent
from local.standins.server import Request, Response, StandIn
from tests.functions.servers import Elsewhere, RawServer, closed_url, silent_server, whole

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()
TOKEN = "glpat-Http-Tests-0001"
AUTHORIZATION = f"Bearer {TOKEN}"
LIMIT_BYTES = 1024 * 1024
JSON = b'{"data": {"currentUser": {"username": "mira"}}}'
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def client() -> Http:
    return Http(AUTHORIZATION, TOKEN, LIMIT_BYTES)


@pytest.fixture
def server() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server


class Fixed(StandIn):
    """Gives the same answer to everything."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self._response = response

    def answer(self, _request: Request) -> Response:
        return self._response


def test_a_request_arrives_with_its_query_its_json_and_the_authorization(client: Http, server: Elsewhere) -> None:
    client.request("POST", f"{server.url}/a", query={"q": "ä &="}, body={"x": [1, "😀"]})

    [request] = server.requests
    assert (request.method, request.path, request.query) == ("POST", "/a", {"q": "ä &="})
    assert request.json() == {"x": [1, "😀"]}
    assert request.headers["authorization"] == AUTHORIZATION


def test_an_answer_has_its_status_its_headers_in_lower_case_and_its_body(client: Http) -> None:
    with Fixed(Response(418, JSON, {"X-Toggl-Quota-Left": "7"})) as server:
        answer = client.request("GET", server.url)

    assert (answer.status, answer.body, answer.headers["x-toggl-quota-left"]) == (418, JSON, "7")
    assert answer.json() == json.loads(JSON)


def test_every_request_counts_whatever_became_of_it(client: Http, server: Elsewhere) -> None:
    client.request("GET", server.url)
    with pytest.raises(NotSent):
        client.request("GET", closed_url())

    assert client.requests_made == 2


# What proves that the request was never seen.


def test_a_refused_connection_proves_that_nothing_was_sent(client: Http) -> None:
    with pytest.raises(NotSent, match="no connection could be made"):
        client.request("POST", closed_url(), body={})


def test_a_connection_that_takes_too_long_proves_that_nothing_was_sent(
    client: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_args: object, **_kwargs: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", never)

    with pytest.raises(NotSent, match="no connection within 5 s"):
        client.request("POST", "http://127.0.0.1:9", body={})


def test_a_failed_tls_handshake_proves_that_nothing_was_sent_and_says_why(client: Http) -> None:
    with RawServer(lambda connection: connection.sendall(whole(b"", status="400 Bad Request"))) as server:
        with pytest.raises(NotSent, match=r"no secure connection could be made \([A-Z_]+\)"):
            client.request("POST", f"https://{server.address}", body={})

        assert len(server.received) == 1
        assert b"HTTP" not in server.received[0]


# What leaves it open.


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        HEAD + b"Content-Length: 99\r\n\r\n" + JSON,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n30\r\n" + JSON,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nno length\r\n",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    ],
    ids=["nothing", "half a body", "half a chunk", "no chunk", "no gzip", "no http"],
)
def test_an_answer_that_is_not_whole_is_no_answer(client: Http, sent: bytes) -> None:
    with RawServer(lambda connection: connection.sendall(sent)) as server:
        with pytest.raises(NoAnswer):
            client.request("POST", server.url, body={})

        assert len(server.received) == 1, "a write must not be repeated by the client"


def test_a_silent_server_is_given_up_after_the_read_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_TIMEOUT_SECONDS", 0.1)
    with silent_server() as server, pytest.raises(NoAnswer, match="in time"):
        Http(AUTHORIZATION, TOKEN, LIMIT_BYTES).request("POST", server.url, body={})


@pytest.mark.parametrize(
    ("at_once", "dripped"),
    [
        (b"", HEAD + b"X-Slow: " + b"x" * 500),
        (HEAD, b"X-A: 1\r\n" * 80),
        (HEAD + b"Content-Length: 1000\r\n\r\n", b"x" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 200),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0" * 1000),
        (HEAD + b"Connection: close\r\n\r\n", b"x" * 1000),
    ],
    ids=["status line", "headers", "body", "chunks", "chunk length", "body without length"],
)
def test_a_server_that_drips_its_answer_is_given_up_after_the_total_time(
    monkeypatch: pytest.MonkeyPatch, at_once: bytes, dripped: bytes
) -> None:
    monkeypatch.setattr(http, "TOTAL_TIMEOUT_SECONDS", 0.2)

    def answer(connection: socket.socket) -> None:
        connection.sendall(at_once)
        server.drip(connection, dripped)

    server = RawServer(answer)
    began = time.monotonic()
    with server, pytest.raises(NoAnswer):
        Http(AUTHORIZATION, TOKEN, LIMIT_BYTES).request("GET", server.url)

    assert 0.2 <= time.monotonic() - began < 2


def test_a_slow_answer_that_is_whole_in_time_is_taken(client: Http) -> None:
    server = RawServer(lambda connection: server.drip(connection, whole(JSON), 0.001))

    with server:
        answer = client.request("GET", server.url)

    assert answer.body == JSON


def test_connections_are_kept_and_every_answer_has_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TOTAL_TIMEOUT_SECONDS", 2.0)
    client = Http(AUTHORIZATION, TOKEN, LIMIT_BYTES)

    def answer(connection: socket.socket) -> None:
        for _request in range(3):
            server.drip(connection, whole(b"x"), 0.013)
            connection.recv(65536)

    server = RawServer(answer)
    with server:
        bodies = [client.request("GET", server.url).body for _ in range(3)]

        assert bodies == [b"x"] * 3
        assert len(server.received) == 1


def test_all_times_together_are_shorter_than_the_post_lambdas_minute() -> None:
    assert http.CONNECT_TIMEOUT_SECONDS + http.TOTAL_TIMEOUT_SECONDS < 60
    assert http.READ_TIMEOUT_SECONDS < http.TOTAL_TIMEOUT_SECONDS


# Size.


def test_a_body_of_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    client = Http(AUTHORIZATION, TOKEN, 100_000)

    with Fixed(Response(200, b"x" * 100_000)) as server:
        assert len(client.request("GET", server.url).body) == 100_000
    with Fixed(Response(200, b"x" * 100_001)) as server, pytest.raises(NoAnswer, match="larger than 100000 bytes"):
        client.request("GET", server.url)


def test_a_compressed_answer_is_unpacked(client: Http) -> None:
    with Fixed(Response(200, gzip.compress(JSON), {"Content-Encoding": "gzip"})) as server:
        assert client.request("GET", server.url).body == JSON


def test_a_compressed_answer_that_unpacks_to_too_much_is_given_up_early(client: Http) -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024), compresslevel=1)

    with Fixed(Response(200, bomb, {"Content-Encoding": "gzip"})) as server:
        tracemalloc.start()
        try:
            with pytest.raises(NoAnswer, match="larger than"):
                client.request("GET", server.url)
            peak_bytes = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak_bytes < 4 * LIMIT_BYTES


# Credentials.


def test_credentials_of_a_netrc_file_are_not_used(
    server: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))

    Http(AUTHORIZATION, TOKEN, LIMIT_BYTES).request("GET", server.url)

    assert server.requests[0].headers["authorization"] == AUTHORIZATION


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_never_followed(client: Http, elsewhere: Elsewhere, status: int) -> None:
    with Fixed(Response(status, b"", {"Location": f"{elsewhere.url}/api/graphql"})) as server:
        answer = client.request("POST", server.url, body={})

    assert answer.status == status
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no such thing", "no such thing"),
        (f"bad token {TOKEN}!", "bad token ***!"),
        (f"you sent {AUTHORIZATION}", "you sent Bearer ***"),
        ('<b>"no"</b>\r\n\x1b[31m', "<b>'no'</b> [31m"),
        ("", ""),
    ],
)
def test_a_servers_words_are_repeated_without_the_credentials(client: Http, text: str, expected: str) -> None:
    assert client.words(text) == expected


@pytest.mark.parametrize("before", range(3980, 4001))
def test_no_part_of_a_credential_is_left_where_words_are_cut(client: Http, before: int) -> None:
    words = client.words(" " * before + TOKEN)

    assert words in {"*" * length for length in range(4)}


def test_words_are_cut_to_their_limit(client: Http) -> None:
    assert client.words("x" * 5000) == "x" * 300
    assert client.words("x" * 5000, 10) == "x" * 10


# Reading an answer.


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("3600", 3600),
        (" 12 ", 12),
        ("-1", None),
        ("1.5", 2),
        ("12.0", 12),
        (".5", None),
        ("1.", None),
        ("1e3", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("９", None),
        ("9" * 10, 9_999_999_999),
        ("9" * 18, 999_999_999_999_999_999),
        ("9" * 19, None),
    ],
)
def test_a_header_counts_seconds_or_says_nothing(text: str, seconds: int | None) -> None:
    assert Answer(429, {"retry-after": text}, b"", NOON).seconds_header("retry-after") == seconds


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "12"}, 12),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "Wed, 25 Nov 2026 12:01:30 GMT"}, 90),
        ({"retry-after": "Wed, 25 Nov 2026 12:01:30 GMT", "date": "Wed, 25 Nov 2026 12:01:00 GMT"}, 30),
        ({"retry-after": "Wed, 25 Nov 2026 11:00:00 GMT"}, 1),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_clock_if_it_tells(
    headers: dict[str, str], seconds: int | None
) -> None:
    assert Answer(429, headers, b"", NOON).retry_after_seconds() == seconds


def test_a_missing_header_says_nothing() -> None:
    assert Answer(429, {}, b"", NOON).seconds_header("retry-after") is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe\xfd", b"[" * 100_000, b"9" * 100_000])
def test_a_body_that_is_no_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        Answer(200, {}, body, NOON).json()


def test_any_body_can_be_shown_as_text() -> None:
    assert Answer(200, {}, b"caf\xe9", NOON).text() == "caf\ufffd"


def test_a_stand_in_that_is_stopped_answers_nobody_on_a_connection_that_was_kept(client: Http) -> None:
    with Elsewhere() as server:
        client.request("GET", server.url)

    with pytest.raises(NotSent):
        client.request("GET", server.url)
