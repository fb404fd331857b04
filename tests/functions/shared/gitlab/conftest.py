"""A stand-in for GitLab, which executes real GraphQL, and a client of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.shared.gitlab.client import GitLab
from local.standins.gitlab import server as stand_in
from local.standins.gitlab.model import Issuable
from tests.functions.shared.gitlab.support import (
    MAX_WAIT_SECONDS,
    NOW,
    SHOP,
    TOKEN,
)


@pytest.fixture
def server() -> Iterator[stand_in.GitLab]:
    with stand_in.GitLab(now=lambda: NOW) as server:
        server.add_token(TOKEN, "mira")
        server.add_project(SHOP, id=7)
        yield server


@pytest.fixture
def client(server: stand_in.GitLab) -> GitLab:
    return GitLab(server.url, TOKEN, MAX_WAIT_SECONDS)


@pytest.fixture
def issue(server: stand_in.GitLab) -> Issuable:
    return server.add_issue(SHOP, "Navigation menu", iid=12)
