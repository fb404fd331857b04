"""Opening the services: each gets its own URL and token, and the longest wait of the settings."""

from __future__ import annotations

import pytest

from contract.errors import GitLabRateLimited, TogglRateLimited
from contract.settings import Settings
from functions.shared import clients
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl


@pytest.fixture(autouse=True)
def _secrets_hold_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "read_token", lambda secret: f"in-{secret.rsplit('/', 1)[-1]}")


@pytest.mark.parametrize(("max_wait", "is_allowed"), [(30, True), (29, False)])
def test_toggl_is_opened_with_its_own_token(*, max_wait: int, is_allowed: bool) -> None:
    with Toggl(token="in-toggl-token") as server:
        toggl = clients.deployed_toggl(Settings.from_context({"toggl_url": server.url, "max_wait": max_wait}))
        toggl.workspaces()
        server.fail("rate_limited", seconds=30)

        with pytest.raises(TogglRateLimited) as limited:
            toggl.workspaces()

    assert limited.value.may_be_waited_for is is_allowed


@pytest.mark.parametrize(("max_wait", "is_allowed"), [(30, True), (29, False)])
def test_gitlab_is_opened_with_its_own_token(*, max_wait: int, is_allowed: bool) -> None:
    with GitLab() as server:
        server.add_token("in-gitlab-token", "mira")
        gitlab = clients.deployed_gitlab(Settings.from_context({"gitlab_url": server.url, "max_wait": max_wait}))
        assert gitlab.username() == "mira"
        server.fail("rate_limited", seconds=30)

        with pytest.raises(GitLabRateLimited) as limited:
            gitlab.username()

    assert limited.value.may_be_waited_for is is_allowed
