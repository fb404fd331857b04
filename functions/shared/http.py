"""One way to make an HTTP request: bounded in time and size, never following a redirect, never leaking a header."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ReadTimeoutError

from contract.errors import plain
from functions.shared.deadline import DeadlineAdapter, TlsFailed

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 40
TOTAL_TIMEOUT_SECONDS = 50
"""A server that drips its answer must not hold a Lambda: 5 s to connect + 50 s < the post Lambda's 60 s."""

BODY_LIMIT_BYTES = 16 * 1024 * 1024
"""A full Toggl answer (1,000 entries with long descriptions) has about 4 MB."""

_WORDS_CHARACTERS = 4_000
"""How much of an error's body is looked at to say what it says."""

_CHUNK_BYTES = 64 * 1024


class NotSent(Exception):
    """The connection was never made, so the server cannot have seen the request."""


class NoAnswer(Exception):
    """The request went out, but no whole answer came back: it may have been carried out."""


@dataclass(frozen=True, slots=True)
class Answer:
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

    authorization: the header's value. token: the secret in it, which no error text may repeat.
    `requests_made` grows by one per request sent, whatever became of it.
    """

    def __init__(self, authorization: str, token: str) -> None:
        self.requests_made = 0
        self._secrets = (authorization.split(" ", 1)[-1], token)
        self._session = requests.Session()
        self._session.mount("http://", DeadlineAdapter(TOTAL_TIMEOUT_SECONDS))
        self._session.mount("https://", DeadlineAdapter(TOTAL_TIMEOUT_SECONDS))
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
                return Answer(response.status_code, headers, _read(response), time.time())
        except requests.exceptions.RequestException as error:
            raise _failure(error) from error

    def words(self, text: str, limit: int = 300) -> str:
        """What a server says in an error, fit for a message: one line, cut, the credentials blacked out."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return plain(text[:_WORDS_CHARACTERS], limit)


class _Authorization(requests.auth.AuthBase):
    """Sets the header itself; as an auth object, it also keeps requests from taking credentials out of ~/.netrc."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise NoAnswer(f"the answer is larger than {BODY_LIMIT_BYTES} bytes")
    return bytes(body)


def _failure(error: requests.exceptions.RequestException) -> NotSent | NoAnswer:
    """What became of the request, by what urllib3 met: only while connecting is it certain that nothing was sent."""
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, TlsFailed):
        return NotSent(f"no secure connection could be made ({reason.why})")
    if isinstance(reason, NewConnectionError):
        return NotSent("no connection could be made")
    if isinstance(reason, ConnectTimeoutError):
        return NotSent(f"no connection within {CONNECT_TIMEOUT_SECONDS} s")
    if isinstance(reason, ReadTimeoutError):
        return NoAnswer("no whole answer came in time")
    if isinstance(error, requests.exceptions.ConnectionError):
        return NoAnswer("the connection broke before the answer was whole")
    return NoAnswer(f"no whole answer came ({type(error).__name__})")
