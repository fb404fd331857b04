"""Opening the services: each gets its own URL and token, and nobody else's server gets either."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from contract.errors import GitLabRateLimited, InvalidSettings, TogglRateLimited
from contract.settings import Settings
from contract.vocabulary import Outcome
from functions.fetch import handler as fetch
from functions.post import handler as post
from functions.shared import clients
from functions.shared.model.entry import Window
from functions.shared.model.fetched import Fetched
from functions.shared.model.plan import Delete, write_to_json
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted
from functions.shared.toggl import transport
from functions.transform import handler as transform
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl
from tests.functions.servers import Elsewhere

HANDOVER = {"bucket": "files", "prefix": "runs/1/"}
EXECUTION = {"id": "arn:aws:states:us-east-1:123456789012:execution:toggl-gitlab-sync-prod:1"}


@pytest.fixture(autouse=True)
def _secrets_hold_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "read_token", lambda secret: f"in-{secret.rsplit('/', 1)[-1]}")


def deploy(monkeypatch: pytest.MonkeyPatch, **context: Any) -> Settings:
    """The settings of a deployment, which are in the functions' variables."""
    settings = Settings.from_context(context)
    for name, value in settings.to_environment().items():
        monkeypatch.setenv(name, value)
    return settings


@pytest.mark.parametrize(("max_wait", "is_allowed"), [(30, True), (29, False)])
def test_toggl_is_opened_with_its_own_token(
    monkeypatch: pytest.MonkeyPatch, *, max_wait: int, is_allowed: bool
) -> None:
    monkeypatch.setattr(transport, "PACE_SECONDS", 0.0)
    with Toggl(token="in-toggl-token") as server:
        toggl = clients.deployed_toggl(deploy(monkeypatch, toggl_url=server.url, max_wait=max_wait))
        toggl.workspaces()
        server.fail("rate_limited", seconds=30)

        with pytest.raises(TogglRateLimited) as limited:
            toggl.workspaces()

    assert limited.value.may_be_waited_for is is_allowed


@pytest.mark.parametrize(("max_wait", "is_allowed"), [(30, True), (29, False)])
def test_gitlab_is_opened_with_its_own_token(
    monkeypatch: pytest.MonkeyPatch, *, max_wait: int, is_allowed: bool
) -> None:
    with GitLab() as server:
        server.add_token("in-gitlab-token", "mira")
        gitlab = clients.deployed_gitlab(deploy(monkeypatch, gitlab_url=server.url, max_wait=max_wait))
        assert gitlab.username() == "mira"
        server.fail("rate_limited", seconds=30)

        with pytest.raises(GitLabRateLimited) as limited:
            gitlab.username()

    assert limited.value.may_be_waited_for is is_allowed


@pytest.mark.parametrize("given", [{"gitlab_url": "@"}, {"environment": "staging"}], ids=["url", "environment"])
@pytest.mark.parametrize("role", ["transform", "create_issue", "post_entry"])
def test_an_event_cannot_send_the_gitlab_token_to_another_server(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Elsewhere, role: str, given: dict[str, str]
) -> None:
    own = deploy(monkeypatch, gitlab_url="https://gitlab.example.com").to_json()
    settings = own | {key: value.replace("@", elsewhere.url) for key, value in given.items()}
    issue = {"key": "0123456789abcdef", "project_path": "a/b", "title": "Fair"}
    events: dict[str, dict[str, Any]] = {
        "transform": {"task": "transform", "fetched": fetched(settings), "posted_by": "", "handover": HANDOVER},
        "create_issue": {"task": "create_issue", "issue": issue, "settings": settings, "entries": 1},
        "post_entry": {"task": "post_entry", "write": write_to_json(WRITE), "settings": settings, "entries": 1},
    }
    event = events[role] | {"execution": EXECUTION, "username": "mira", "look_first": True, "tries": TRIES}

    with pytest.raises(InvalidSettings, match=r"this function was deployed with another.* No token was sent"):
        (transform if role == "transform" else post).handle(event, context())

    assert elsewhere.requests == []


@pytest.mark.parametrize("key", ["gitlab_url", "toggl_url", "environment"])
def test_a_runs_input_cannot_say_where_a_token_goes(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    deploy(monkeypatch)
    execution = EXECUTION | {"start_time": "2026-11-21T09:00:00Z"}
    event = {"input": {key: "staging"}, "execution": execution, "synced_through": "", "handover": HANDOVER}

    with pytest.raises(Exception, match=f"Unknown input key '{key}'"):
        fetch.handle(event | {"again": False}, context())


@pytest.mark.parametrize("opened", [clients.deployed_toggl, clients.deployed_gitlab])
def test_a_function_that_does_not_know_its_server_sends_no_token(opened: Any) -> None:
    with pytest.raises(InvalidSettings, match="deployed with another: not set"):
        opened(Settings())


@pytest.mark.parametrize(
    ("variable", "command"),
    [
        ("TOGGL_URL", "./tgs deploy -e staging -- --revert-drift"),
        ("ENVIRONMENT", "./tgs deploy -- --revert-drift"),  # whose function it is, is what is not known
    ],
)
def test_what_puts_a_changed_variable_back_names_the_environment_once_it_is_certain(
    monkeypatch: pytest.MonkeyPatch, variable: str, command: str
) -> None:
    settings = deploy(monkeypatch, environment="staging")
    monkeypatch.setenv("TOGGL_URL", "https://toggl.example.com")
    if variable == "ENVIRONMENT":
        monkeypatch.setenv("ENVIRONMENT", "prod")

    with pytest.raises(InvalidSettings, match=f"has the {variable} .* Deploy it: {command} puts back"):
        clients.deployed_toggl(settings)


def test_a_url_that_was_deployed_with_a_slash_at_its_end_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = deploy(monkeypatch, gitlab_url="https://gitlab.example.com")
    monkeypatch.setenv("GITLAB_URL", "https://gitlab.example.com/ ")

    assert clients.deployed_gitlab(settings)


TRIES = {"looks": 0, "waits": 0, "retries": 0}
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
WRITE = Delete(Row(1, Outcome.DELETED, "a/b#1", 60, START), (Posted("gid://gitlab/Timelog/1", START),))


def fetched(settings: dict[str, Any]) -> dict[str, Any]:
    """What FetchEntries answered, but for the settings, with which somebody may have meddled."""
    answered = Fetched(settings=Settings(), window=Window(START, START, "UTC"), entries=())
    return answered.to_json() | {"settings": settings, "handed_over": None}


def context() -> Any:
    return SimpleNamespace(aws_request_id="request", get_remaining_time_in_millis=lambda: 60_000)
