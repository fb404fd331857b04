"""Clients of AWS that wait while AWS throttles, fails or cannot be reached."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from cli.deployment.aws import patient_client_of

OK = (200, b'{"executions": []}')
THROTTLED = (400, b'{"__type": "ThrottlingException", "message": "Rate exceeded"}')
FAULT = (500, b'{"__type": "InternalFailure"}')
HANGS_UP: tuple[int, bytes] | None = None


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the clients would have slept between their tries."""
    slept: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", slept.append)
    return slept


@contextmanager
def service(*answers: tuple[int, bytes] | None) -> Iterator[Any]:
    """A patient client of a service that gives these answers, the last one forever; None closes the connection."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = left.pop(0) if len(left) > 1 else left[0]
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer[0])
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, pytest.MonkeyPatch.context() as shell:
        shell.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        shell.setenv("NO_PROXY", "127.0.0.1")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        session = boto3.Session("key", "secret", region_name="us-east-1")
        yield patient_client_of(session, "stepfunctions")
        server.shutdown()
        thread.join()


def test_throttling_faults_and_a_lost_connection_are_waited_for(pauses: list[float]) -> None:
    with service(THROTTLED, FAULT, HANGS_UP, THROTTLED, OK) as states:
        answer = states.list_executions(stateMachineArn="arn")

    assert answer["executions"] == []
    assert len(pauses) == 4


def test_patience_has_an_end_after_some_minutes(pauses: list[float]) -> None:
    with service(THROTTLED) as states, pytest.raises(ClientError, match="ThrottlingException"):
        states.list_executions(stateMachineArn="arn")

    assert 300 < sum(pauses) < 900


def test_what_will_not_pass_is_not_waited_for(pauses: list[float]) -> None:
    expired = (400, b'{"__type": "ExpiredTokenException"}')

    with service(expired) as states, pytest.raises(ClientError, match="ExpiredTokenException"):
        states.list_executions(stateMachineArn="arn")

    assert pauses == []
