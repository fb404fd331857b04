"""What a deployment would change unasked: reported for each setting, and refused where a token would go elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.deployment import changes
from cli.deployment.changes import Change, unnamed_changes
from cli.deployment.deployed_settings import texts_of
from cli.deployment.deployment import Deployment
from cli.deployment.intended import intended
from contract import names
from contract.settings import Settings, table
from tests.cli.deployment.support import in_folder_with
from tests.cli.support import Place
from tests.stacks.conftest import OTHER_SETTINGS

OURS = "https://gitlab.example.com"
DEFAULT = Settings().gitlab_url
SERVERS = [
    f"The GitLab token will be sent to {DEFAULT}, the default server. For another one: --gitlab-url URL",
    (
        "The Toggl token will be sent to https://api.track.toggl.com, the default server."
        " For another one: -- -c toggl_url=URL"
    ),
]
"""What is said of the tokens when nobody has given a URL."""


def deployed(**settings: Any) -> dict[str, str]:
    """What a deployment with these settings shows."""
    return texts_of(Settings.from_context(settings))


def test_the_same_settings_change_nothing() -> None:
    arguments = [part for key, value in OTHER_SETTINGS.items() for part in ("-c", f"{key}={value}")]

    assert unnamed_changes(deployed(**OTHER_SETTINGS), intended(arguments, {})) == []
    assert unnamed_changes(deployed(**OTHER_SETTINGS), intended([], OTHER_SETTINGS)) == []


def test_without_options_every_setting_that_was_deployed_otherwise_is_a_change() -> None:
    place = {"environment", "account", "region"}

    found = unnamed_changes(deployed(**OTHER_SETTINGS), intended(["-c", "environment=staging-2"], {}))

    assert {one.key for one in found} == {row["key"] for row in table()} - place


def test_what_is_named_may_change() -> None:
    next_one = intended(["-c", f"gitlab_url={DEFAULT}", "-c", "days_back=2"], {"timezone": "UTC"})

    assert unnamed_changes(deployed(gitlab_url=OURS, days_back=5, timezone="Asia/Tokyo"), next_one) == []


def test_what_is_not_named_becomes_its_default() -> None:
    found = unnamed_changes(deployed(gitlab_url=OURS, dry_run=True), intended([], {}))

    assert found == [Change("gitlab_url", OURS, DEFAULT), Change("dry_run", "true", "false")]


def test_of_what_is_not_deployed_nothing_changes() -> None:
    assert unnamed_changes({}, intended([], {})) == []


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    in_folder_with(tmp_path, monkeypatch, {})
    return tmp_path


def look(place: Place, *arguments: str) -> int:
    return changes.main(["-c", f"environment={place.environment}", *arguments])


def test_an_environment_that_is_not_deployed_yet_is_just_deployed(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(place) == 0
    assert capsys.readouterr().out.splitlines() == SERVERS


def test_a_stack_without_its_functions_is_just_deployed(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_stack()

    assert look(place) == 0
    assert capsys.readouterr().out.splitlines() == SERVERS


def test_a_url_that_is_not_given_again_stops_it_with_the_options_that_keep_and_that_change_it(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_settings(gitlab_url=OURS, days_back=5)

    assert look(place) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"{names.state_machine(place.environment)} is deployed with the gitlab_url {OURS}, but without being given it"
        f" would become {DEFAULT}, which would get the GitLab token: add --gitlab-url {OURS} to keep it, or"
        f" --gitlab-url {DEFAULT} to change it.\n"
    )


def test_toggls_url_has_no_option_of_its_own(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_settings(toggl_url="https://toggl.example.com")

    assert look(place) == 2
    assert "add -- -c toggl_url=https://toggl.example.com to keep it" in capsys.readouterr().err


def test_a_url_may_be_given_in_each_way_that_the_cdk_takes(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.add_settings(gitlab_url=OURS)

    assert look(place, "-c", f"gitlab_url={OURS}") == 0
    assert look(place, "--context", f"gitlab_url={DEFAULT}") == 0
    in_folder_with(folder, monkeypatch, {"gitlab_url": OURS})
    assert look(place) == 0


def test_other_settings_that_change_unasked_are_reported_with_what_keeps_them(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    mapped = '{"a b": "c/d"}'
    place.add_settings(dry_run=True, timezone="Europe/Berlin", toggl_workspace_id="4711", project_map=mapped)

    assert look(place, "-c", "timezone=UTC") == 0
    assert capsys.readouterr().out.splitlines() == [
        *SERVERS,
        f"project_map is not given: it is {mapped}, and becomes {{}}. To keep it: -- -c 'project_map={mapped}'",
        "toggl_workspace_id is not given: it is 4711, and becomes empty. To keep it: --toggl-workspace-id 4711",
        "dry_run is not given: it is true, and becomes false. To keep it: --dry-run",
    ]


def test_a_schedule_and_an_address_that_would_go_are_reported(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"alarms-of-{place.environment}"}}
    mail = {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@example.com"}
    place.add_settings()
    place.add_stack(Topic=topic, Mail={"Type": "AWS::SNS::Subscription", "Properties": mail})

    assert look(place) == 0
    assert capsys.readouterr().out.splitlines() == [
        *SERVERS,
        "schedule is not given: it is off, and becomes cron(0 9 * * ? *). To keep it: --schedule off",
        "alarm_email is not given: it is a@example.com, and becomes empty. To keep it: -- -c alarm_email=a@example.com",
    ]


def test_what_no_variable_has_is_looked_up_in_what_cloudformation_deployed(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_settings()
    place.unseen_settings = Settings.from_context({"project_map": '{"a": "c/d"}', "settle_seconds": 0}).unseen_texts()
    place.add_stack()

    assert look(place, "-c", "schedule=off") == 0
    changes = capsys.readouterr().out.splitlines()[len(SERVERS) :]
    assert [line.partition(" is not given: it is ")[::2] for line in changes] == [
        ("project_map", """{"a": "c/d"}, and becomes {}. To keep it: -- -c 'project_map={"a": "c/d"}'"""),
        ("settle_seconds", "0, and becomes 70. To keep it: -- -c settle_seconds=0"),
    ]


class Refusing:
    """AWS, to somebody who may not look."""

    def get_function_configuration(self, **_asked: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetFunctionConfiguration")


@pytest.fixture
def unseen(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    client = Deployment.client
    monkeypatch.setattr(
        Deployment, "client", lambda self, service: Refusing() if service == "lambda" else client(self, service)
    )
    return place


def test_who_may_not_look_has_to_give_both_urls(unseen: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert look(unseen, "-c", f"gitlab_url={OURS}") == 2
    assert "AWS does not allow this to your credentials" in capsys.readouterr().err


def test_who_gives_both_urls_may_deploy_without_a_look(unseen: Place, capsys: pytest.CaptureFixture[str]) -> None:
    urls: Sequence[str] = ["-c", f"gitlab_url={OURS}", "-c", "toggl_url=https://toggl.example.com"]

    assert look(unseen, *urls) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("What this changes cannot be seen. AWS does not allow this")
    assert printed.endswith(
        f"The GitLab token will be sent to {OURS}\nThe Toggl token will be sent to https://toggl.example.com\n"
    )


def test_a_server_that_was_given_is_named_without_a_word_of_a_default(
    place: Place, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_folder_with(folder, monkeypatch, {"toggl_url": "https://toggl.example.com"})

    assert look(place, "-c", f"gitlab_url={OURS}") == 0

    assert capsys.readouterr().out.splitlines() == [
        f"The GitLab token will be sent to {OURS}",
        "The Toggl token will be sent to https://toggl.example.com",
    ]


def test_a_setting_that_is_not_allowed_is_reported_in_one_line(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(place, "-c", "days_back=many") == 2
    assert capsys.readouterr().err == "days_back has the value 'many', but allowed is: 0-366.\n"
