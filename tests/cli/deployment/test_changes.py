"""What a deployment changes in the settings: shown for each, and refused where a token would go elsewhere unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.deployment.changes import Change, changes, changes_of, parts_of, servers
from cli.deployment.deployed_settings import texts_of
from cli.deployment.deployment import Deployment
from cli.settings.environments import Named, named
from cli.terminal.console import console_on
from cli.terminal.exit_codes import Unusable
from contract import names
from contract.settings import Settings, table
from tests.cli.support import Place
from tests.stacks.conftest import OTHER_SETTINGS

OURS = "https://gitlab.example.com"
DEFAULT = Settings().gitlab_url


def deployed(**settings: Any) -> dict[str, str]:
    """What a deployment with these settings shows."""
    return texts_of(Settings.from_context(settings))


def known(**given: Any) -> Named:
    """What somebody has said, without any file."""
    return Named(str(given.get("environment", "prod")), given, None)


def test_the_same_settings_change_nothing() -> None:
    assert changes(deployed(**OTHER_SETTINGS), known(**OTHER_SETTINGS)) == []


def test_without_options_every_setting_that_was_deployed_otherwise_is_a_change() -> None:
    place = {"environment", "account", "region"}

    found = changes(deployed(**OTHER_SETTINGS), known(environment="staging-2"))

    assert {one.key for one in found} == {row["key"] for row in table()} - place
    assert not any(one.is_named for one in found)


def test_what_somebody_has_said_is_told_apart_from_what_becomes_its_default() -> None:
    found = changes(deployed(gitlab_url=OURS, days_back=5, dry_run=True), known(gitlab_url=DEFAULT, days_back=5))

    assert found == [Change("gitlab_url", OURS, DEFAULT, is_named=True), Change("dry_run", "true", "false")]


def test_of_what_is_not_deployed_nothing_changes() -> None:
    assert changes({}, known()) == []


def test_the_servers_that_get_tokens_are_named_and_a_default_is_called_one_with_what_names_another() -> None:
    assert list(servers(known())) == [
        f"The GitLab token will be sent to {DEFAULT}, the default server. For another one: --gitlab-url URL",
        (
            "The Toggl token will be sent to https://api.track.toggl.com, the default server."
            " For another one: --set toggl_url=URL"
        ),
    ]
    assert list(servers(known(gitlab_url=OURS, toggl_url="https://toggl.example.com"))) == [
        f"The GitLab token will be sent to {OURS}",
        "The Toggl token will be sent to https://toggl.example.com",
    ]
    in_file = Named("prod", {}, Path("environments/prod.toml"))
    assert next(servers(in_file)).endswith('For another one: gitlab_url = "URL" in environments/prod.toml')


def test_what_no_variable_has_is_looked_up_in_what_cloudformation_deployed(
    place: Place, deployment: Deployment
) -> None:
    place.add_settings()
    place.unseen_settings = Settings.from_context({"project_map": '{"a": "c/d"}', "settle_seconds": 0}).unseen_texts()
    place.add_stack()

    assert changes_of(deployment, known(environment=place.environment)) == [
        Change("project_map", '{"a": "c/d"}', "{}"),
        Change("settle_seconds", "0", "70"),
    ]


def test_an_environment_that_is_not_deployed_yet_changes_nothing(deployment: Deployment) -> None:
    assert changes_of(deployment, known()) == []


def test_a_url_that_is_not_given_again_stops_it_with_what_keeps_and_what_changes_it(
    place: Place, deployment: Deployment
) -> None:
    place.add_settings(gitlab_url=OURS, days_back=5)

    with pytest.raises(Unusable) as refused:
        changes_of(deployment, known())

    assert str(refused.value) == (
        f"{names.state_machine(place.environment)} is deployed with the gitlab_url {OURS}, but without being given it"
        f" would become {DEFAULT}, which would get the GitLab token: add --gitlab-url {OURS} to keep it, or"
        f" --gitlab-url {DEFAULT} to change it."
    )


def test_toggls_url_has_no_option_of_its_own(place: Place, deployment: Deployment) -> None:
    place.add_settings(toggl_url="https://toggl.example.com")

    with pytest.raises(Unusable, match=r"add --set toggl_url=https://toggl\.example\.com to keep it"):
        changes_of(deployment, known())


def test_whoever_has_a_file_is_told_what_to_write_there(place: Place, deployment: Deployment, project: Path) -> None:
    place.add_settings(gitlab_url=OURS)
    (project / "environments").mkdir()
    (project / "environments" / f"{place.environment}.toml").write_text("")

    with pytest.raises(Unusable, match=rf'gitlab_url = "{OURS}" in environments/{place.environment}\.toml to keep it'):
        changes_of(deployment, named({}))


def test_a_url_that_is_given_may_change(place: Place, deployment: Deployment) -> None:
    place.add_settings(gitlab_url=OURS)

    assert changes_of(deployment, known(environment=place.environment, gitlab_url=DEFAULT)) == [
        Change("gitlab_url", OURS, DEFAULT, is_named=True)
    ]


@pytest.mark.parametrize("width", ["60", "200"])
def test_old_and_new_are_shown_with_what_keeps_the_old_one_where_nobody_has_asked(
    width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    mapped = '{"a b": "c/d"}'
    before = deployed(dry_run=True, timezone="Europe/Berlin", toggl_workspace_id="4711", project_map=mapped)
    given = known(timezone="UTC")
    console = console_on()

    for part in parts_of(changes(before, given), given):
        console.print(part)

    shown = " ".join(capsys.readouterr().out.split())
    assert "timezone Europe/Berlin → UTC" in shown
    assert "timezone Europe/Berlin → UTC nobody" not in shown
    assert f"project_map {mapped} → {{}} nobody has said so. To keep it: --set 'project_map={mapped}'" in shown
    assert "toggl_workspace_id 4711 → empty nobody has said so. To keep it: --toggl-workspace-id 4711" in shown
    assert "dry_run true → false nobody has said so. To keep it: --dry-run" in shown


def test_a_schedule_and_an_address_that_would_go_are_changes(place: Place, deployment: Deployment) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"alarms-of-{place.environment}"}}
    mail = {"TopicArn": {"Ref": "Topic"}, "Protocol": "email", "Endpoint": "a@example.com"}
    place.add_settings()
    place.add_stack(Topic=topic, Mail={"Type": "AWS::SNS::Subscription", "Properties": mail})

    assert changes_of(deployment, known(environment=place.environment)) == [
        Change("schedule", "off", "cron(0 9 * * ? *)"),
        Change("alarm_email", "a@example.com", ""),
    ]


class Refusing:
    """AWS, to somebody who may not look."""

    def get_function_configuration(self, **_asked: str) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetFunctionConfiguration")


@pytest.fixture
def unseen(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    client = Deployment.client
    monkeypatch.setattr(
        Deployment, "client", lambda self, service: Refusing() if service == "lambda" else client(self, service)
    )
    return deployment


def test_who_may_not_look_has_to_give_both_urls(unseen: Deployment) -> None:
    with pytest.raises(Unusable, match="AWS does not allow this to your credentials"):
        changes_of(unseen, known(gitlab_url=OURS))


def test_who_gives_both_urls_may_deploy_without_a_look(unseen: Deployment) -> None:
    assert changes_of(unseen, known(gitlab_url=OURS, toggl_url="https://toggl.example.com")) is None
