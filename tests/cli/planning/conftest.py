"""The sample day for every test of a plan."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl
from tests.cli.planning.support import NOW, Service


@pytest.fixture
def service() -> Iterator[Service]:
    with Toggl(now=lambda: NOW) as toggl, GitLab(now=lambda: NOW) as gitlab:
        yield Service(toggl, gitlab)
