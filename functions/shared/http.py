"""One way to make an HTTP request: bounded in time and size, never following a redirect, never leaking a header."""

from __future__ import annotations

import html
import json
import math
import re
import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError, ReadTimeoutError

from contract.errors import plain
from functions.shared.authorities import tls_context
from functions.shared.deadline import DeadlineAdapter, TlsFailed

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 40
TOTAL_TIMEOUT_SECONDS = 50
"""A server that drips its answer must not hold a Lambda: 5 s to connect + 50 s < the post Lambda's 60 s."""

_WORDS_CHARACTERS = 4_000
"""How much of an error's body is looked at to say what it says."""

_CHUNK_BYTES = 64 * 1024

_PIECE_CHARACTERS = 12
"""What repeats so many characters of a value in a row repeats that value, however much of it was cut."""

_SHORTEST_VALUE_CHARACTERS = 4
"""A shorter value is part of too many words."""


class NotSent(Exception):
    """The connection was never made, so the server cannot have seen the request."""


class NoAnswer(Exception):
    """The request went out, but no whole answer came back: it may have been carried out."""


class TooLarge(NoAnswer):
    """The answer is larger than whoever reads it can hold."""


class Answer(NamedTuple):
    """A whole HTTP answer; header names in lower case. received_at: seconds since 1970, by our own clock."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: float

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is not JSON."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("JSON that is nested too deep") from error

    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", errors="replace")

    def from_between(self, service: str) -> str | None:
        """What to say of a refusal that is a web page, which no API answers: the token is not to blame. Else None."""
        if "html" not in self.headers.get("content-type", "").lower() and self.body.lstrip()[:1] != b"<":
            return None
        by = " by Cloudflare" if "cloudflare" in self.headers.get("server", "").lower() else ""
        return (
            f"Something between here and {service} refused the request (HTTP {self.status} with a web page{by}): a"
            f" proxy, a firewall or the like, not {service}, so the token is not to blame. Let requests from here to"
            f" {service}'s API pass there; the functions may need another network (vpc_id)."
        )

    @property
    def server_now(self) -> int:
        """The server's own clock, in seconds since 1970; ours when the answer does not say."""
        server_seconds = self.epoch_header("date")
        return int(self.received_at) if server_seconds is None else server_seconds

    def seconds_header(self, name: str) -> int | None:
        """A header that counts seconds, a fraction rounded up, or None when it is missing or not a number."""
        text = self.headers.get(name, "").strip()
        if not re.fullmatch(r"[0-9]{1,18}(\.[0-9]+)?", text):
            return None
        return math.ceil(Decimal(text))

    def epoch_header(self, name: str) -> int | None:
        """A header that holds an HTTP date, in seconds since 1970, or None when it holds none."""
        try:
            return int(parsedate_to_datetime(self.headers[name]).timestamp())
        except (KeyError, ValueError, OverflowError):
            return None

    def retry_after_seconds(self) -> int | None:
        """Retry-After, which is a number of seconds or a date, one second at least; None when there is none."""
        seconds, until = self.seconds_header("retry-after"), self.epoch_header("retry-after")
        if seconds is None and until is not None:
            seconds = until - self.server_now
        return None if seconds is None else max(1, seconds)


class Http:
    """Makes requests with one kept connection and one set of credentials, and counts them.

    authorization: the header's value. token: the secret in it, which no error text may repeat. body_limit_bytes: of an
    answer; JSON of small values becomes 35 times as large in memory, so it has to fit who reads it.
    `requests_made` grows by one per request sent, whatever became of it. Raises InvalidSettings for a certificate file
    of the environment that is none.
    """

    def __init__(self, authorization: str, token: str, body_limit_bytes: int) -> None:
        self.requests_made = 0
        self._secrets = (authorization.split(" ", 1)[-1], token)
        self._body_limit_bytes = body_limit_bytes
        self._session = requests.Session()
        adapter = DeadlineAdapter(TOTAL_TIMEOUT_SECONDS, tls_context())
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._session.auth = _Authorization(authorization)
        self._session.headers["User-Agent"] = "toggl-gitlab-sync"

    def request(
        self,
        method: str,
        url: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        """One request and its whole answer. `body` is sent as JSON. Raises NotSent or NoAnswer."""
        self.requests_made += 1
        try:
            with self._session.request(
                method,
                url,
                params=query,
                json=body,
                timeout=(CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, headers, _read(response, self._body_limit_bytes), time.time())
        except requests.exceptions.RequestException as error:
            raise _failure(error) from error

    def words(self, text: str, limit: int = 300, sent: Iterable[str] = ()) -> str:
        """What a server says in an error, fit for a message: one line, cut, the credentials and `sent` blacked out.

        sent: the texts of the request, which are somebody's and which a server may repeat.
        """
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return plain(blacked_out(text[:_WORDS_CHARACTERS], sent), limit)


class _Authorization(requests.auth.AuthBase):
    """Sets the header itself; as an auth object, it also keeps requests from taking credentials out of ~/.netrc."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def blacked_out(text: str, values: Iterable[str]) -> str:
    """The text without what it repeats of the values: whole, cut, or as JSON and HTML write them."""
    is_secret = bytearray(len(text))
    for value in values:
        for written in {
            value,
            json.dumps(value)[1:-1],
            json.dumps(value, ensure_ascii=False)[1:-1],
            html.escape(value),
        }:
            _mark(text, written, is_secret)
    shown = "".join("\0" if hidden else character for character, hidden in zip(text, is_secret, strict=True))
    return re.sub("\0+", "***", shown)


def _mark(text: str, value: str, is_secret: bytearray) -> None:
    size = min(len(value), _PIECE_CHARACTERS)
    if size < _SHORTEST_VALUE_CHARACTERS:
        return
    for piece in {value[start : start + size] for start in range(len(value) - size + 1)}:
        found = text.find(piece)
        while found >= 0:
            is_secret[found : found + size] = b"\1" * size
            found = text.find(piece, found + 1)


def _read(response: requests.Response, limit_bytes: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > limit_bytes:
            raise TooLarge(f"the answer is larger than {limit_bytes} bytes")
    return bytes(body)


def _failure(error: requests.exceptions.RequestException) -> NotSent | NoAnswer:
    """What became of the request, by what urllib3 met: only while connecting is it certain that nothing was sent."""
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, ProxyError):
        return _not_sent(reason.original_error, " to the proxy") or NotSent("the proxy cannot be used")
    if isinstance(error, _BAD_PROXY):
        return NotSent("the proxy of the environment cannot be used")
    return _not_sent(reason, "") or NoAnswer(_no_answer(error, reason))


def _not_sent(reason: Exception, to_whom: str) -> NotSent | None:
    if isinstance(reason, TlsFailed):
        return NotSent(f"no secure connection could be made ({reason.why}){_advice(reason.why)}")
    if isinstance(reason, NewConnectionError):
        return NotSent(f"no connection{to_whom} could be made")
    if isinstance(reason, ConnectTimeoutError):
        return NotSent(f"no connection{to_whom} within {CONNECT_TIMEOUT_SECONDS} s")
    return None


def _no_answer(error: requests.exceptions.RequestException, reason: Exception) -> str:
    if isinstance(reason, ReadTimeoutError):
        return "no whole answer came in time"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "the connection broke before the answer was whole"
    return f"no whole answer came ({type(error).__name__})"


_BAD_PROXY = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)
"""What requests says to a proxy's URL, of which it looks at nothing before; the other URL is a setting, and checked."""


def _advice(why: str) -> str:
    if why != "CERTIFICATE_VERIFY_FAILED":
        return ""
    return ": its certificate is not from an authority that is trusted here, see ca_certificate in docs/deploying.md"
