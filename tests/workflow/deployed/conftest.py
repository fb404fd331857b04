"""The deployed state machine on the local AWS, with the real Lambdas and fresh stand-ins for each test."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cli.demonstration import sample_day
from contract import names
from local.aws.server import LocalAws
from local.standins.gitlab.server import GitLab
from local.standins.server import lasting_ports
from local.standins.toggl.server import Toggl
from tests.chaos import studio
from tests.workflow.deployed.support import MANY_PROJECTS, Deployment, Sync
from tests.workflow.support import GITLAB_TOKEN, PROJECT_ID, TOGGL_TOKEN, USER, furnish

WAIT_SCALE = 0.002
"""A settle time of 70 s becomes 0.14 s, a whole `lock_wait` of 900 s becomes 1.8 s."""


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    toggl_port, gitlab_port = lasting_ports(2)
    with LocalAws(wait_scale=WAIT_SCALE) as aws:
        context = {
            "toggl_url": f"http://127.0.0.1:{toggl_port}",
            "gitlab_url": f"http://127.0.0.1:{gitlab_port}",
            "gitlab_project_id": str(PROJECT_ID),
            "project_map": json.dumps(MANY_PROJECTS | sample_day.PROJECT_MAP | studio.PROJECT_MAP),
            "timezone": "Europe/Berlin",
        }
        assembly = aws.synth(context)
        outputs = aws.deploy(context, app=str(assembly))
        deployed = Deployment(aws, outputs["StateMachineArn"], toggl_port, gitlab_port, context, assembly)
        deployed.set_token(names.toggl_secret("prod"), TOGGL_TOKEN)
        deployed.set_token(names.gitlab_secret("prod"), GITLAB_TOKEN)
        yield deployed


@pytest.fixture
def sync(deployment: Deployment) -> Iterator[Sync]:
    with (
        Toggl(deployment.toggl_port, token=TOGGL_TOKEN) as toggl,
        GitLab(deployment.gitlab_port, clock=_as_fast_as_waits) as gitlab,
    ):
        furnish(gitlab)
        # Or the map would name a project by a number that nobody can see.
        gitlab.add_project(studio.TOOLS, id=studio.TOOLS_ID, roles={USER: "developer"})
        one = Sync(toggl, gitlab, datetime.now(UTC).date() - timedelta(days=3), deployment)
        one.forget()
        yield one


def _as_fast_as_waits() -> float:
    """GitLab's seconds: what lands late does so in the time of the state machine's waits."""
    return time.monotonic() / WAIT_SCALE
