"""What the commands work with in tests: one local AWS with an environment for each test, a CDK, and both stand-ins."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli import apply, deploy, destroy
from cli.demonstration.sample_day import GITLAB_TOKEN
from cli.deployment import aws as commands_aws
from cli.deployment import deployment as deployment_module
from cli.deployment.bootstrap import Bootstrap
from cli.deployment.deployment import Deployment
from cli.settings import environments
from cli.settings.environment_file import KNOWN
from cli.terminal import clock
from cli.tgs import main
from functions.shared.toggl import transport
from local.aws.server import LocalAws
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl
from tests.cli.deployment.support import Called, add_cdk
from tests.cli.planning.support import NOW, Service
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
    for name in (*KNOWN, environments.FOLDER_VARIABLE):
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


@pytest.fixture(autouse=True)
def _as_wide_as_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest's workers set a width."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture(autouse=True)
def _without_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell without credentials, and a machine that has none to give; `place` brings its own."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "nothing"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def unpaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in for Toggl takes any pace, and a command has no clock to be given."""
    monkeypatch.setattr(transport, "PACE_SECONDS", 0.0)


@pytest.fixture
def service() -> Iterator[Service]:
    """The sample day at both stand-ins."""
    with Toggl(now=lambda: NOW) as toggl, GitLab(now=lambda: NOW) as gitlab:
        yield Service(toggl, gitlab)


@pytest.fixture
def tgs(service: Service, project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command, on the machine of somebody whose services are the stand-ins."""
    lines = {
        "TOGGL_API_TOKEN": service.toggl.token,
        "GITLAB_API_TOKEN": GITLAB_TOKEN,
        **service.settings().to_environment(),
    }
    (project / ".env").write_text("".join(f"{name}='{value}'\n" for name, value in lines.items()))
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(apply, "require_tools", lambda: None)
    return lambda *words: main(words)


@pytest.fixture
def deployed(service: Service, place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A deployment, but for its state machine, whose services are the stand-ins."""
    context = json.loads(json.dumps(service.settings().to_json()))
    place.add_settings(**{key: context[key] for key in ("toggl_url", "gitlab_url", "gitlab_project_id", "project_map")})
    place.add_secrets(service.toggl.token, GITLAB_TOKEN)
    place.add_record()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return place


@pytest.fixture
def deployment(place: Place) -> Deployment:
    return Deployment.find(place.environment, "us-east-1")


@pytest.fixture
def called(project: Path, place: Place, monkeypatch: pytest.MonkeyPatch) -> Called:
    add_cdk(project)
    for module in (deploy, destroy):
        monkeypatch.setattr(module, "require_tools", lambda: None)
    monkeypatch.setenv("LOG", str(project / "log"))
    monkeypatch.setenv("FAILS", "nothing")
    for name in ("CDK_APP", "CDK_OUTPUT"):
        monkeypatch.delenv(name, raising=False)
    place.aws.client("ssm").put_parameter(Name=Bootstrap().version_parameter, Value="21", Type="String", Overwrite=True)
    return Called(project, place)
