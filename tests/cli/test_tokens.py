"""Setting the tokens: what is asked for, for which server, and what becomes of a prompt that nobody answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from cli import tokens
from cli.terminal.exit_codes import OK, WRONG_USE
from cli.tgs import main
from contract import names
from contract.settings import Settings
from tests.cli.support import Place

OURS = "https://gitlab.studio.example"
TOGGL, GITLAB = "toggl-gitlab-sync/demo/toggl-token", "toggl-gitlab-sync/demo/gitlab-token"


@dataclass
class Demo:
    """A deployment by the name of demo. stored: its secrets."""

    gitlab_url: str = OURS
    is_deployed: bool = True
    environment: str = "demo"
    stored: dict[str, str] = field(default_factory=dict)

    def client(self, _service: str) -> Any:
        return self

    def how_to_deploy(self) -> str:
        return "./deploy.sh"

    def variables(self) -> dict[str, str]:
        return Settings.from_context({"gitlab_url": self.gitlab_url}).to_environment() if self.is_deployed else {}

    def template(self) -> dict[str, Any]:
        return {}

    def unseen_settings(self) -> dict[str, str]:
        return {}

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> None:  # noqa: N803 - as boto3 calls them
        self.stored[SecretId] = json.loads(SecretString)["api_token"]


@dataclass
class Person:
    """Somebody at the terminal, where prompts are seen. says: what they answer to a question. asked: all prompts."""

    says: str = "y"
    asked: list[str] = field(default_factory=list)

    def type_unseen(self, prompt: str) -> str:
        self.asked.append(prompt)
        print(prompt.rstrip())
        return f"{prompt.partition(' ')[0].lower()}-secret"

    def answer(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.says


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    person = Person()
    monkeypatch.setattr(tokens.getpass, "getpass", person.type_unseen)
    monkeypatch.setattr("builtins.input", person.answer)
    return person


@pytest.fixture(autouse=True)
def a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)


def deployed(monkeypatch: pytest.MonkeyPatch, **how: Any) -> Demo:
    demo = Demo(**how)
    monkeypatch.setattr(tokens, "find_deployment", lambda _environment, _region: demo)
    return demo


@pytest.mark.usefixtures("person")
def test_each_token_is_asked_for_after_the_server_that_gets_it_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = deployed(monkeypatch)

    assert main(["tokens", "--environment", "demo"]) == OK

    assert capsys.readouterr().out.splitlines() == [
        "The Toggl token will be sent to https://api.track.toggl.com (the default server).",
        "Toggl API token (empty: leave it as it is):",
        f"The GitLab token will be sent to {OURS}.",
        "GitLab API token (empty: leave it as it is):",
        f"Set: {TOGGL}, {GITLAB}",
    ]
    assert demo.stored == {TOGGL: "toggl-secret", GITLAB: "gitlab-secret"}


@pytest.mark.parametrize(("says", "stored"), [("y", {TOGGL, GITLAB}), ("Yes ", {TOGGL, GITLAB}), ("", {TOGGL})])
def test_the_default_gitlab_gets_a_token_only_when_somebody_says_that_it_is_theirs(
    monkeypatch: pytest.MonkeyPatch, person: Person, says: str, stored: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    demo = deployed(monkeypatch, gitlab_url=Settings().gitlab_url)
    person.says = says

    assert main(["tokens", "--environment", "demo"]) == OK

    assert person.asked[1] == "Is that yours? [y/N] "
    assert "The GitLab of this deployment is https://gitlab.enki.io (the default server).\n" in capsys.readouterr().out
    assert demo.stored.keys() == stored


def test_without_a_function_nobody_knows_the_servers_and_nothing_is_asked(
    monkeypatch: pytest.MonkeyPatch, person: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = deployed(monkeypatch, is_deployed=False)

    assert main(["tokens", "--environment", "demo"]) == WRONG_USE

    assert (person.asked, demo.stored) == ([], {})
    assert "Deploy first: ./deploy.sh" in capsys.readouterr().err


@pytest.mark.parametrize(("region", "place"), [([], ""), (["--region", "eu-west-1"], "--region eu-west-1 ")])
def test_where_nobody_can_answer_it_says_how_to_do_the_same_without_a_token_in_the_arguments(
    region: list[str], place: str, person: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)

    assert main(["tokens", "--environment", "demo", *region]) == WRONG_USE

    put = f"aws secretsmanager put-secret-value {place}--secret-id"
    told = 'Nobody is there to answer: put each token into a file, as {"api_token": "..."}, and run'
    assert capsys.readouterr() == (
        "",
        f"{told}\n{put} {TOGGL} --secret-string file://toggl.json\n{put} {GITLAB} --secret-string file://gitlab.json\n",
    )
    assert person.asked == []


def test_a_secret_that_is_scheduled_for_deletion_is_told_with_what_keeps_it(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = names.toggl_secret(place.environment)
    place.add_secrets("a", "b")
    place.aws.client("secretsmanager").delete_secret(SecretId=secret, RecoveryWindowInDays=7)
    monkeypatch.setattr(tokens.getpass, "getpass", lambda _prompt: "a-token")
    ours = Settings.from_context({"gitlab_url": OURS}).to_environment()
    monkeypatch.setattr(tokens.Deployment, "variables", lambda _self: ours)

    exit_code = main(["tokens", "--environment", place.environment, "--region", "us-east-1"])

    assert exit_code == WRONG_USE
    restore = f"aws secretsmanager restore-secret --secret-id {secret} --region us-east-1"
    assert f"It is scheduled for deletion. Keep it, and run this again: {restore}" in capsys.readouterr().err
