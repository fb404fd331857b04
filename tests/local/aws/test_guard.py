"""The local AWS serves nobody but the run that started it."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from ministack.services import iot

from local.aws import guard
from local.aws.server import LocalAws
from tests.local.aws.support import FUNCTION, add_function

SECRET = "the token of somebody"
FORM = "application/x-www-form-urlencoded"
JSON = "application/x-amz-json-1.1"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as local:
        local.client("secretsmanager").create_secret(Name="gitlab-token", SecretString=SECRET)
        local.client("s3").create_bucket(Bucket="files")
        local.client("s3").put_object(Bucket="files", Key="entries", Body=SECRET)
        add_function(local, "worker", FUNCTION)
        yield local


ATTEMPTS = {
    "secrets": ("POST", "/", {"X-Amz-Target": "secretsmanager.GetSecretValue"}, JSON, {"SecretId": "gitlab-token"}),
    "s3": ("GET", "/files/entries", {}, JSON, None),
    "lambda": ("POST", "/2015-03-31/functions/worker/invocations", {}, JSON, {"do": "nothing"}),
    "lambda, made": ("POST", "/2015-03-31/functions", {}, JSON, {"FunctionName": "evil", "Runtime": "python3.13"}),
    "sts": ("GET", "/?Action=GetCallerIdentity&Version=2011-06-15", {}, FORM, None),
    "health": ("GET", "/_ministack/health", {}, JSON, None),
    "reset": ("POST", "/_ministack/reset", {}, JSON, None),
    "preflight": ("OPTIONS", "/files/entries", {"Access-Control-Request-Method": "GET"}, JSON, None),
}
"""What somebody else might ask for: method, path, headers, type and body."""


def ask(aws: LocalAws, attempt: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """An attempt, signed with the account's own key as any SDK would. headers: beside those, with _ for -."""
    method, path, own, kind, content = ATTEMPTS[attempt]
    host = aws.endpoint.partition("://")[2]
    request = AWSRequest(
        method=method,
        url=f"{aws.endpoint}{path}",
        headers={**own, "Content-Type": kind},
        data=b"" if content is None else json.dumps(content).encode(),
    )
    service = {"secrets": "secretsmanager", "sts": "sts"}.get(attempt, attempt.partition(",")[0])
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    signer(Credentials(aws.account, "local"), service, aws.region).add_auth(request)
    sent = {name: str(value) for name, value in request.headers.items()} | {"Host": host}
    connection = HTTPConnection(host, timeout=10)
    connection.request(method, path, request.data, sent | {k.replace("_", "-"): v for k, v in headers.items()})
    with connection.getresponse() as answer:
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()


def agent(aws: LocalAws) -> str:
    """What an SDK of the run says it is."""
    return f"Boto3/1.43 app/{aws.environment()[guard.VARIABLE]} md/x"


@pytest.mark.parametrize("attempt", ["secrets", "s3", "lambda", "sts", "health"])
def test_the_run_itself_is_served(aws: LocalAws, attempt: str) -> None:
    status, _, _ = ask(aws, attempt, User_Agent=agent(aws))

    assert status == 200


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_nothing_is_served_without_the_secret_of_this_start(aws: LocalAws, attempt: str) -> None:
    for user_agent in ("Boto3/1.43", "", f"app/{guard.new_secret()}", "app/"):
        status, headers, text = ask(aws, attempt, User_Agent=user_agent)

        assert status == 403
        assert SECRET not in text
        assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", ""])
def test_no_page_in_a_browser_is_served_even_with_the_secret(aws: LocalAws, attempt: str, origin: str) -> None:
    status, headers, text = ask(aws, attempt, User_Agent=agent(aws), Origin=origin)

    assert status == 403
    assert SECRET not in text
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("host", ["evil.example", "localhost:{port}", "127.0.0.1", "files.s3.amazonaws.com", ""])
def test_a_name_that_leads_here_is_not_served_even_with_the_secret(aws: LocalAws, attempt: str, host: str) -> None:
    port = aws.endpoint.rpartition(":")[2]

    status, _, text = ask(aws, attempt, User_Agent=agent(aws), Host=host.format(port=port))

    assert status in {400, 403}
    assert SECRET not in text


def test_a_presigned_url_alone_opens_nothing(aws: LocalAws) -> None:
    url = aws.client("s3").generate_presigned_url("get_object", Params={"Bucket": "files", "Key": "entries"})
    connection = HTTPConnection(aws.endpoint.partition("://")[2], timeout=10)
    connection.request("GET", url.removeprefix(aws.endpoint))

    with connection.getresponse() as answer:
        assert answer.status == 403


def test_no_websocket_is_served(aws: LocalAws) -> None:
    host, _, port = aws.endpoint.partition("://")[2].partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            f"GET / HTTP/1.1\r\nHost: a.execute-api.localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

        assert connection.recv(100).startswith(b"HTTP/1.1 403 ")


def test_a_function_may_ask_with_its_own_credentials(aws: LocalAws) -> None:
    source = (
        "import boto3\ndef handler(event, context):\n"
        "    return boto3.client('secretsmanager').get_secret_value(SecretId='gitlab-token')['SecretString']\n"
    )
    add_function(aws, "reader", source, timeout_seconds=30)

    answer = json.load(aws.client("lambda").invoke(FunctionName="reader")["Payload"])

    assert answer == SECRET


def test_another_process_may_ask_with_the_environment_for_clients_and_not_without_the_secret(aws: LocalAws) -> None:
    script = "import boto3; print(boto3.client('secretsmanager').get_secret_value(SecretId='gitlab-token'))"
    told = {"PATH": os.environ["PATH"], **aws.environment()}
    untold = {name: value for name, value in told.items() if name != guard.VARIABLE}

    asked = [
        subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
        for env in (told, untold)
    ]

    assert SECRET in asked[0].stdout
    assert asked[1].returncode != 0
    assert SECRET not in asked[1].stdout


def test_every_start_has_a_secret_of_its_own(aws: LocalAws) -> None:
    with LocalAws() as another:
        assert another.environment()[guard.VARIABLE] != aws.environment()[guard.VARIABLE]
        assert ask(another, "health", User_Agent=agent(aws))[0] == 403


@pytest.mark.parametrize("enforce_iam", [False, True], ids=["http", "tls"])
def test_no_other_port_is_opened(*, enforce_iam: bool) -> None:
    if not Path("/proc/net/tcp").exists():
        pytest.skip("only Linux tells a process's ports in this way")

    with LocalAws(enforce_iam=enforce_iam) as local:
        ports = listening_ports(local.process_id or 0)

        assert ports == {("0100007F", int(local.endpoint.rpartition(":")[2]))}


def test_its_iot_listens_nowhere_even_where_it_could(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iot, "_CRYPTOGRAPHY_AVAILABLE", True)
    assert iot.mtls_enabled(), "it is on unless it is turned off"

    environment = Path(f"/proc/{aws.process_id}/environ")
    if not environment.exists():
        pytest.skip("only Linux tells a process's environment in this way")
    for pair in environment.read_bytes().decode().split("\0"):
        name, _, value = pair.partition("=")
        if name.startswith("IOT_"):
            monkeypatch.setenv(name, value)

    assert not iot.mtls_enabled()


def test_over_tls_the_guard_stands_as_well() -> None:
    with LocalAws(enforce_iam=True) as local:
        trusting = ssl.create_default_context(cafile=local.certificate)
        connection = HTTPSConnection(local.endpoint.partition("://")[2], timeout=10, context=trusting)
        connection.request("GET", "/_ministack/health")

        with connection.getresponse() as answer:
            assert answer.status == 403


def listening_ports(group: int) -> set[tuple[str, int]]:
    """The addresses and ports at which the processes of a group listen."""
    sockets = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(process.name)) == group:
                sockets |= {str(handle.readlink()) for handle in (process / "fd").iterdir()}
        except OSError:
            continue  # it ended meanwhile
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                address, _, port = fields[1].partition(":")
                found.add((address, int(port, 16)))
    return found
