"""The state machine in this process, with the real handlers and fresh stand-ins for each test. No wait takes time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from contract import names
from contract.settings import Settings
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl
from tests.workflow.in_process import Clock, Machine, synthesised
from tests.workflow.support import GITLAB_TOKEN, PROJECT_ID, TOGGL_TOKEN, Sync, furnish, secret_text


@pytest.fixture
def sync() -> Iterator[Sync]:
    # At noon, so that the morning of today has been.
    clock = Clock(datetime.combine(datetime.now(UTC).date(), time(12), UTC))
    with (
        Toggl(token=TOGGL_TOKEN, clock=clock.seconds, now=clock.now) as toggl,
        GitLab(clock=clock.seconds, now=clock.now) as gitlab,
    ):
        furnish(gitlab)
        context = {"toggl_url": toggl.url, "gitlab_url": gitlab.url, "gitlab_project_id": str(PROJECT_ID)}
        machine = Machine(
            definition=synthesised(),
            variables=Settings.from_context({**context, "timezone": "Europe/Berlin"}).to_environment(),
            secrets={
                names.toggl_secret("prod"): secret_text(TOGGL_TOKEN),
                names.gitlab_secret("prod"): secret_text(GITLAB_TOKEN),
            },
            now=clock.now,
            clock=clock.seconds,
            sleep=clock.sleep,
        )
        yield Sync(toggl, gitlab, clock.started_at.date() - timedelta(days=3), machine)
