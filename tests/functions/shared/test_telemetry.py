"""What X-Ray gets to see of a request to Toggl or GitLab: that it was made, where to, how it ended, and no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_xray_sdk.core import xray_recorder

from functions.shared.http import Http, NotSent
from functions.shared.telemetry import trace_requests
from tests.functions.servers import Elsewhere, closed_url

TOKEN = "glpat-Telemetry-Tests-0001"
AUTHORIZATION = f"Bearer {TOKEN}"
LIMIT_BYTES = 1024 * 1024


@dataclass
class Daemon:
    """Keeps what the recorder sends, as the X-Ray daemon would get it."""

    segments: list[dict[str, Any]] = field(default_factory=list)

    def send_entity(self, entity: Any) -> None:
        self.segments.append(json.loads(entity.serialize()))


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Daemon:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-67891233-abcdef012345678912345678;Sampled=1")
    trace_requests()
    daemon = Daemon()
    monkeypatch.setattr(xray_recorder, "_emitter", daemon)
    return daemon


@pytest.fixture
def server() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server


def traced(daemon: Daemon) -> list[dict[str, Any]]:
    """The subsegments of the only segment."""
    [segment] = daemon.segments
    found: list[dict[str, Any]] = segment.get("subsegments", [])
    return found


def test_a_request_is_one_subsegment_with_its_address_and_its_status(daemon: Daemon, server: Elsewhere) -> None:
    with xray_recorder.in_segment("fetch", sampling=1):
        Http(AUTHORIZATION, TOKEN, LIMIT_BYTES).request(
            "POST", f"{server.url}/a", query={"start_date": "2026-11-24"}, body={"q": 1}
        )

    [subsegment] = traced(daemon)
    assert len(server.requests) == 1
    assert (subsegment["name"], subsegment["namespace"]) == ("127.0.0.1", "remote")
    assert subsegment["http"] == {
        "request": {"method": "POST", "url": f"{server.url}/a"},
        "response": {"status": 200},
    }


def test_each_request_of_a_client_has_its_own_subsegment(daemon: Daemon, server: Elsewhere) -> None:
    client = Http(AUTHORIZATION, TOKEN, LIMIT_BYTES)

    with xray_recorder.in_segment("fetch", sampling=1):
        for path in ("a", "b", "c"):
            client.request("GET", f"{server.url}/{path}")

    assert [one["http"]["request"]["url"].rsplit("/", 1)[1] for one in traced(daemon)] == ["a", "b", "c"]


def test_a_trace_holds_neither_the_query_nor_the_body_nor_the_credentials(daemon: Daemon, server: Elsewhere) -> None:
    with xray_recorder.in_segment("fetch", sampling=1):
        Http(AUTHORIZATION, TOKEN, LIMIT_BYTES).request(
            "POST", f"{server.url}/a", query={"q": "in the query"}, body="in the body"
        )

    text = json.dumps(daemon.segments)
    for secret in ("in the query", "in+the+query", "in%20the%20query", "in the body", TOKEN, "Bearer"):
        assert secret not in text


def test_a_request_that_fails_is_traced_as_failed_and_without_credentials(daemon: Daemon) -> None:
    with xray_recorder.in_segment("fetch", sampling=1), pytest.raises(NotSent):
        Http(AUTHORIZATION, TOKEN, LIMIT_BYTES).request("GET", f"{closed_url()}/a", query={"q": "in the query"})

    [subsegment] = traced(daemon)
    assert subsegment["fault"] is True
    for secret in (TOKEN, "Bearer"):
        assert secret not in json.dumps(daemon.segments)


def test_without_a_segment_a_request_is_made_all_the_same(daemon: Daemon, server: Elsewhere) -> None:
    assert Http(AUTHORIZATION, TOKEN, LIMIT_BYTES).request("GET", f"{server.url}/a").status == 200
    assert daemon.segments == []


@pytest.mark.parametrize("sampled", ["0", "1"])
def test_the_sdk_is_imported_only_for_an_invocation_that_xray_has_chosen(sampled: str) -> None:
    imports = "import functions.fetch.handler, functions.transform.handler, functions.post.handler, sys"
    then = (
        "from functions.shared.telemetry import trace_requests; trace_requests(); print('aws_xray_sdk' in sys.modules)"
    )
    header = {"_X_AMZN_TRACE_ID": f"Root=1-67891233-abcdef012345678912345678;Sampled={sampled}"}

    done = subprocess.run(
        [sys.executable, "-c", f"{imports}; print('aws_xray_sdk' in sys.modules); {then}"],
        env={**os.environ, "AWS_REGION": "us-east-1", **header},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["False", str(sampled == "1")]
