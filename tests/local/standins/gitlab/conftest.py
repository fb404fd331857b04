"""GitLab with two people in one project, and an issue there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import NOW


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with GitLab(now=lambda: NOW) as server:
        server.add_token("ada-token", "ada")
        server.add_token("bob-token", "bob")
        server.add_project("acme/tools/web", id=7, roles={"ada": "developer", "bob": "developer", "max": "maintainer"})
        yield server


@pytest.fixture
def issue(gitlab: GitLab) -> Issuable:
    return gitlab.add_issue("acme/tools/web", "Fix the login", iid=12)
