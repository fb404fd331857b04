"""Who may ask the local AWS: only the run that started it, and what that run has told the secret of this start.

The real tokens are in there, and whoever may create a Lambda function runs code on this machine. Loopback is no border:
every local process can reach it, and so can every web page that is open in the user's browser.

The secret travels in the User-Agent, as the application's id of the SDKs (`AWS_SDK_UA_APP_ID`). It is the one thing
that boto3, the CDK, the AWS CLI and the functions all send with every request, whatever credentials they have at that
moment: the CDK assumes roles, and a function has its own.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

VARIABLE = "AWS_SDK_UA_APP_ID"
"""Where the SDKs of AWS look for the secret."""

_APP_ID = re.compile(r"(?:^|\s)app/([A-Za-z0-9]+)(?=\s|$)")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def new_secret() -> str:
    """128 bits, in letters that a User-Agent takes as they are; the SDKs warn of more than 50 characters."""
    return secrets.token_hex(16)


def guarded(app: App, host: str, secret: str) -> App:
    """The ASGI application, which now refuses a request unless it comes from the run itself, before it looks at it.

    host: what the Host header must be, with the port: a name that an attacker points to 127.0.0.1 is another one. Only
    a browser sends an Origin, and nobody here uses one.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _may_ask(scope["headers"], host, secret):
            await app(scope, receive, send)
        elif scope["type"] == "http":
            headers = [(b"content-type", b"text/plain"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"This AWS serves only the run that started it.\n"})
        else:
            await send({"type": "websocket.close", "code": 1008})

    return answer


def _may_ask(headers: list[tuple[bytes, bytes]], host: str, secret: str) -> bool:
    def values(name: bytes) -> list[str]:
        return [value.decode("latin-1") for key, value in headers if key.lower() == name]

    told = _APP_ID.findall(" ".join(values(b"user-agent")))
    knows_the_secret = any(hmac.compare_digest(one, secret) for one in told)
    return knows_the_secret and values(b"host") == [host] and not values(b"origin")
