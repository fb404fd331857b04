"""Deploying and destroying, with a CDK that only writes down how it was called."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from cli import deploy, destroy
from cli.deployment.bootstrap import Bootstrap
from cli.tgs import main
from contract import names
from tests.cli.deployment.support import Called, add_package

ACCOUNT = "111122223333"


def context(**values: str) -> list[str]:
    return [word for key, value in values.items() for word in ("-c", f"{key}={value}")]


def test_every_option_reaches_the_app_as_a_setting(called: Called) -> None:
    exit_code = called.deploy(
        *("-a", ACCOUNT, "-r", "us-east-1", "-d", "-s", "cron(0 18 ? * MON-FRI *)"),
        *("--gitlab-url", "https://gitlab.example.com", "--gitlab-project-id", "studio/website"),
        *("--toggl-workspace-id", "4711", "--set", "days_back=3"),
        *("--", "-c", 'project_map={"My app": "a/b"}', "--quiet"),
    )

    environment = called.place.environment
    assert exit_code == 0
    assert called.words("synth") == [
        *("synth", "--quiet"),
        *context(
            environment=environment,
            region="us-east-1",
            account=ACCOUNT,
            dry_run="true",
            schedule="cron(0 18 ? * MON-FRI *)",
            gitlab_url="https://gitlab.example.com",
            gitlab_project_id="studio/website",
            toggl_workspace_id="4711",
            days_back="3",
            project_map='{"My app": "a/b"}',
        ),
    ]
    assert called.words("deploy") == [
        *("deploy", names.stack(environment), "--require-approval", "never", "--app", "cdk.out"),
        *("-c", 'project_map={"My app": "a/b"}', "--quiet"),
    ]


def test_it_says_where_tokens_go_and_what_is_next(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    assert called.deploy("-a", ACCOUNT, "--gitlab-url", "https://gitlab.example.com") == 0

    said = capsys.readouterr().out
    toggl = "https://api.track.toggl.com, the default server. For another one: --set toggl_url=URL"
    assert f"The Toggl token will be sent to {toggl}\n" in said
    assert "The GitLab token will be sent to https://gitlab.example.com\n" in said
    where = f"--environment {called.place.environment} --region us-east-1"
    for hint in (f"tgs tokens {where}", f"tgs check {where}", f"tgs start {where} --dry-run"):
        assert f"{hint}\n" in said


def test_what_is_in_the_environments_file_need_not_be_said(called: Called) -> None:
    (called.folder / "environments").mkdir()
    file = called.folder / "environments" / f"{called.place.environment}.toml"
    file.write_text(f'account = "{ACCOUNT}"\nregion = "eu-west-1"\n')

    assert main(["deploy"]) == 0

    assert called.words("synth") == ["synth", "--quiet", *context(environment=called.place.environment)]
    assert called.calls[-1].endswith("with eu-west-1")


def test_without_an_account_nothing_is_done(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (called.deploy, called.destroy):
        assert command() == 2
        assert "--account is required: the AWS account, 12 digits." in capsys.readouterr().err
    assert called.calls == []


MISUSES = [
    (["--account", "12345"], "account has the value '12345', but allowed is: 12 digits"),
    (["--account", ACCOUNT, "--region", "mars"], "region has the value 'mars'"),
    (["--account"], "requires an argument"),
    (["prod"], "unexpected extra argument (prod)"),
    (["--nonsense"], "No such option"),
    (["--account", "--region", "us-east-1"], "us-east-1"),
]


@pytest.mark.parametrize("command", ["deploy", "destroy"])
@pytest.mark.parametrize(("arguments", "words"), MISUSES)
def test_wrong_arguments_start_nothing(
    command: str, arguments: list[str], words: str, called: Called, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, *arguments]) == 2

    assert words in capsys.readouterr().err
    assert called.calls == []


def test_destroy_hands_nothing_on(called: Called) -> None:
    assert called.destroy("--account", ACCOUNT, "--", "--all") == 2
    assert called.calls == []


def test_credentials_of_another_account_stop_it(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (called.deploy, called.destroy):
        assert command("--account", "999999999999") == 2
        assert f"The AWS credentials are of account {ACCOUNT}, not of 999999999999" in capsys.readouterr().err
    assert called.calls == []


def test_a_url_that_would_change_unasked_stops_it_before_anything_is_synthesised(called: Called) -> None:
    called.place.add_settings(gitlab_url="https://gitlab.example.com")

    assert called.deploy("-a", ACCOUNT) == 2
    assert called.calls == []


def test_the_differences_to_what_is_deployed_are_shown_before_it_is_deployed(
    called: Called, capsys: pytest.CaptureFixture[str]
) -> None:
    called.place.add_stack()
    called.place.add_settings(days_back=3)

    assert called.deploy("-a", ACCOUNT, "--set", "days_back=5") == 0

    assert [call.split("|")[1] for call in called.calls] == ["synth", "diff", "deploy"]
    assert "days_back  3 → 5" in capsys.readouterr().out


@pytest.mark.parametrize("fails", ["synth", "deploy"])
def test_what_fails_prints_no_next_steps(
    fails: str, called: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAILS", fails)

    assert called.deploy("-a", ACCOUNT) == 1
    assert called.calls[-1].startswith(f"cdk|{fails}|")
    assert "Deployed" not in capsys.readouterr().out


def test_on_a_terminal_it_asks_and_a_no_changes_nothing(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(deploy.sys.stdin, "isatty", lambda: True, raising=False)

    def say(answer: bool) -> Callable[..., bool]:
        return lambda question, **_otherwise: bool(asked.append(question)) or answer

    monkeypatch.setattr(deploy, "agreed", say(False))
    assert called.deploy("-a", ACCOUNT) == 1
    monkeypatch.setattr(deploy, "agreed", say(True))
    assert called.deploy("-a", ACCOUNT) == 0
    assert called.deploy("-a", ACCOUNT, "--yes") == 0

    assert asked == ["Deploy this?", "Deploy this?"]
    assert [call.split("|")[1] for call in called.calls] == ["synth", *("synth", "deploy") * 2]


def test_on_a_terminal_the_rights_that_are_given_anew_are_shown_and_asked_for(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    for stream in (deploy.sys.stdin, deploy.sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(deploy, "agreed", lambda _question, **_otherwise: True)

    assert called.deploy("-a", ACCOUNT) == 0

    assert called.words("deploy")[2:4] == ["--require-approval", "broadening"]


@pytest.mark.parametrize(
    "approval", [["--require-approval", "broadening"], ["--require-approval=any-change"], ["--require-approval=never"]]
)
def test_who_wants_to_approve_by_the_cdk_is_asked_by_it(approval: list[str], called: Called) -> None:
    called.deploy("--account", ACCOUNT, "--", *approval)

    assert called.words("deploy")[2:] == ["--app", "cdk.out", *approval]


def test_an_app_that_was_synthesised_before_is_taken_as_it_is(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_APP", "somewhere")

    assert called.deploy("--account", ACCOUNT) == 0
    assert [call.split("|")[1] for call in called.calls] == ["deploy"]


def test_an_account_is_bootstrapped_when_it_is_not_from_a_folder_without_an_app(called: Called) -> None:
    called.place.aws.client("ssm").delete_parameter(Name=Bootstrap().version_parameter)

    assert called.deploy("--account", ACCOUNT) == 0
    assert f"cdk|bootstrap|aws://{ACCOUNT}/us-east-1|in {called.folder}/build with us-east-1" in called.calls
    assert called.calls[-1].startswith("cdk|deploy")


def test_where_it_may_not_be_bootstrapped_nothing_is_deployed_and_an_administrator_is_told_what_to_do(
    called: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    called.place.aws.client("ssm").delete_parameter(Name=Bootstrap().version_parameter)
    monkeypatch.setenv("FAILS", "bootstrap")

    assert called.deploy("-a", ACCOUNT) == 2

    assert [call.split("|")[1] for call in called.calls] == ["synth", "bootstrap"]
    message = capsys.readouterr().err
    assert f"Account {ACCOUNT} could not be bootstrapped in us-east-1" in message
    assert f"Ask an administrator of the account to run npx cdk bootstrap aws://{ACCOUNT}/us-east-1 here" in message
    assert '"toolkitStackName", and under "context" "@aws-cdk/core:bootstrapQualifier"' in message


def test_a_bootstrap_under_names_of_ones_own_is_looked_for_and_made_under_them(called: Called) -> None:
    own = ["--", "-c", "@aws-cdk/core:bootstrapQualifier=studio", "--toolkit-stack-name", "Studio"]
    called.place.aws.client("ssm").delete_parameter(Name=Bootstrap().version_parameter)

    assert called.deploy("-a", ACCOUNT, *own) == 0
    called.place.aws.client("ssm").put_parameter(Name="/cdk-bootstrap/studio/version", Value="30", Type="String")
    assert called.deploy("-a", ACCOUNT, *own) == 0
    called.place.aws.client("ssm").delete_parameter(Name="/cdk-bootstrap/studio/version")

    names_of_its_own = ["--qualifier", "studio", "--toolkit-stack-name", "Studio"]
    assert called.words("bootstrap") == ["bootstrap", f"aws://{ACCOUNT}/us-east-1", *names_of_its_own]
    assert [call.split("|")[1] for call in called.calls] == ["synth", "bootstrap", "deploy", "synth", "deploy"]


@pytest.mark.parametrize("version", ["3.0.0", ""])
def test_a_cdk_that_is_not_2_x_is_named_with_what_to_do(
    version: str, called: Called, capsys: pytest.CaptureFixture[str]
) -> None:
    add_package(called.folder, version)

    assert called.deploy("--account", ACCOUNT) == 2
    assert f"of version {version}, but 2.x is needed: rm -rf node_modules && make setup" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("", "Node is missing: the CDK needs Node 20 or later, with npm (https://nodejs.org)."),
        ("#!/bin/sh\necho v18.1.0\n", "Node 20 or later is needed, but this is v18.1.0."),
    ],
)
def test_a_node_that_is_missing_or_too_old_is_named(
    script: str, words: str, called: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    node = called.folder / "bin" / "node"
    node.parent.mkdir()
    node.write_text(script)
    node.chmod(0o755 if script else 0o644)
    monkeypatch.setenv("PATH", str(node.parent))

    assert called.deploy("--account", ACCOUNT) == 2
    assert words in capsys.readouterr().err
    assert called.calls == []


def test_destroy_asks_destroys_and_looks(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    called.place.add_stack()
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _prompt: called.place.environment)
    finished: list[str] = []
    monkeypatch.setattr(destroy, "finish", lambda deployment: finished.append(deployment.environment) or 0)

    assert called.destroy("-a", ACCOUNT) == 0

    environment = called.place.environment
    place = context(environment=environment, account=ACCOUNT, region="us-east-1")
    assert called.words("destroy") == ["destroy", names.stack(environment), "--force", *place]
    assert finished == [environment]


def test_of_what_is_not_there_destroy_says_so(called: Called, capsys: pytest.CaptureFixture[str]) -> None:
    assert called.destroy("-a", ACCOUNT) == 0

    assert "nothing to destroy" in capsys.readouterr().out
    assert called.calls == []


def test_without_a_stack_what_else_is_left_is_cleaned_up(called: Called) -> None:
    group = names.function_log_group(called.place.environment, "fetch")
    called.place.aws.client("logs").create_log_group(logGroupName=group)

    assert called.destroy("-a", ACCOUNT, "--yes") == 0
    assert called.calls == []


def test_a_stack_that_the_cdk_cannot_destroy_is_named_as_left(
    called: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAILS", "destroy")
    called.place.add_stack()

    assert called.destroy("-a", ACCOUNT, "--yes") == 1
    assert f"stack {names.stack(called.place.environment)}" in capsys.readouterr().err


def test_nobody_at_the_keyboard_is_no_yes(
    called: Called, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    called.place.add_stack()

    assert called.destroy("-a", ACCOUNT) == 2
    printed = capsys.readouterr()
    assert printed.err == "Nobody is there to answer: give --yes. Nothing was changed.\n"
    assert "Type the environment's name" not in printed.out
    assert called.calls == []
