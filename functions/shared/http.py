"""One way to make an HTTP request: bounded in time and size, never following a redirect, never leaking a header."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from contract.errors import plain

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 40
TOTAL_TIMEOUT_SECONDS = 50
"""A server that drips its answer must not hold a Lambda: 50 s < the post Lambda's 60 s."""

BODY_LIMIT_BYTES = 16 * 1024 * 1024
"""A full Toggl answer (1,000 entries with long descriptions) has about 4 MB."""

_CHUNK_BYTES = 64 * 1024


class NotSent(Exception):
    """The connection was never made, so the server cannot have seen the request."""


class NoAnswer(Exception):
    """The request went out, but no whole answer came back: it may have been carried out."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is none."""
        return json.loads(self.body)

    def seconds_header(self, name: str) -> int | None:
        """A header that counts seconds, or None when it is missing or no number."""
        text = self.headers.get(name, "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class Http:
    """Makes requests with one kept connection and one set of credentials, and counts them.

    authorization: the header's value. token: the secret in it, which no error text may repeat.
    `requests_made` grows by one per request sent, whatever became of it.
    """

    def __init__(self, authorization: str, token: str) -> None:
        self.requests_made = 0
        self._secrets = (authorization.split(" ", 1)[-1], token)
        self._session = requests.Session()
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
        deadline = time.monotonic() + TOTAL_TIMEOUT_SECONDS
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
                return Answer(response.status_code, headers, _read(response, deadline))
        except requests.exceptions.ConnectTimeout as error:
            raise NotSent(f"no connection within {CONNECT_TIMEOUT_SECONDS} s") from error
        except requests.exceptions.ConnectionError as error:
            if _never_connected(error):
                raise NotSent("no connection could be made") from error
            raise NoAnswer("the connection broke before the answer was whole") from error
        except requests.exceptions.RequestException as error:
            raise NoAnswer(f"no whole answer came ({type(error).__name__})") from error

    def words(self, text: str, limit: int = 300) -> str:
        """What a server says in an error, fit for a message: one line, cut, the credentials blacked out."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return plain(text, limit)


class _Authorization(requests.auth.AuthBase):
    """Sets the header itself; as an auth object, it also keeps requests from taking credentials out of ~/.netrc."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._value
        return request


def _read(response: requests.Response, deadline: float) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise NoAnswer(f"the answer is larger than {BODY_LIMIT_BYTES} bytes")
        if time.monotonic() > deadline:
            raise NoAnswer(f"the answer was not whole after {TOTAL_TIMEOUT_SECONDS} s")
    return bytes(body)


def _never_connected(error: BaseException) -> bool:
    """Whether urllib3 failed while connecting (refused, unknown host), before it sent anything."""
    cause = error.args[0] if error.args else error
    return isinstance(getattr(cause, "reason", cause), NewConnectionError | ConnectTimeoutError)
