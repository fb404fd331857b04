"""One local AWS for the tests of the commands; each test has an environment of its own in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.deployment import aws as commands_aws
from cli.deployment import deployment as deployment_module
from cli.deployment.deployment import Deployment
from cli.settings import environments
from cli.settings.environment_file import KNOWN
from local.aws.server import LocalAws
from tests.cli.support import Place, shell_of


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws(wait_scale=1) as local:
        yield local


@pytest.fixture(scope="session")
def clients() -> dict[tuple[str, ...], Any]:
    """The clients that were made so far: making them anew takes more time than all that the tests do with them."""
    return {}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder of its own, for cdk.json, environments/ and .env, and a shell in which nothing is set."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "cdk.json").write_text("{}")
    monkeypatch.setattr(environments, "ROOT", folder)
    for name in (*KNOWN, environments.FOLDER_VARIABLE, "COLUMNS"):  # pytest's workers have the last
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def place(aws: LocalAws, clients: dict[tuple[str, ...], Any]) -> Iterator[Place]:
    make = commands_aws.client_of

    def known_or_made(session: Any, service: str) -> Any:
        key = (service, session.region_name, os.environ.get("AWS_ACCESS_KEY_ID", ""))
        if key not in clients:
            clients[key] = make(session, service)
        return clients[key]

    with shell_of(aws) as shell:
        for name in ("client_of", "patient_client_of"):
            shell.setattr(deployment_module, name, known_or_made)
        yield Place(aws)


@pytest.fixture
def deployment(place: Place) -> Deployment:
    return Deployment.find(place.environment, "us-east-1")
