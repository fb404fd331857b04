"""One local AWS for the tests of a file; each test has an environment of its own in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from cli.deployment import place as deployment
from local.aws.server import LocalAws
from tests.cli.support import Place, shell_of


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(wait_scale=1) as local:
        yield local


@pytest.fixture(scope="module")
def clients() -> dict[tuple[str, ...], Any]:
    """The clients that were made so far: making them anew takes more time than all that the tests do with them."""
    return {}


@pytest.fixture
def place(aws: LocalAws, clients: dict[tuple[str, ...], Any]) -> Iterator[Place]:
    make = deployment.client_of

    def known_or_made(session: Any, service: str) -> Any:
        key = (service, session.region_name, os.environ.get("AWS_ACCESS_KEY_ID", ""))
        if key not in clients:
            clients[key] = make(session, service)
        return clients[key]

    with shell_of(aws) as shell:
        shell.setattr(deployment, "client_of", known_or_made)
        yield Place(aws)
