"""Two environments side by side, by the commands that a person has: deployed, given tokens, run, and destroyed."""

from __future__ import annotations

import getpass
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.deployment.bootstrap import Bootstrap
from cli.tgs import main
from contract import names
from local.aws.cdk import PROJECT_ROOT
from local.aws.server import LocalAws
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl
from tests.cli.support import shell_of

PROJECT = "studio/website"
DAY = datetime.now(UTC).date() - timedelta(days=2)


@dataclass(frozen=True)
class Team:
    """Who syncs in one environment."""

    environment: str
    user: str
    toggl: Toggl
    toggl_token: str
    gitlab_token: str


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as local:
        yield local


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with GitLab() as server:
        server.add_project(PROJECT, id=1207)
        server.add_issue(PROJECT, "Navigation menu", iid=12)
        yield server


@pytest.fixture
def teams(gitlab: GitLab) -> Iterator[tuple[Team, Team]]:
    with Toggl(token="a" * 32) as first, Toggl(token="b" * 32) as second:
        both = (
            Team("one", "mira", first, first.token, "glpat-Of-Mira-0001"),
            Team("two", "jon", second, second.token, "glpat-Of-Jon-0002"),
        )
        for team in both:
            gitlab.add_token(team.gitlab_token, team.user)
            team.toggl.add_entry("#12 Navigation menu", f"{DAY}T09:00:00+00:00", 1800)
        yield both


def test_two_environments_live_side_by_side_and_leave_nothing_behind(
    aws: LocalAws, gitlab: GitLab, teams: tuple[Team, Team], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    untouched = everything_in(aws)
    shells = {team.environment: shell_for(aws, tmp_path / team.environment) for team in teams}

    deploying = [begin_deploying(teams[0], gitlab, shells["one"])]
    wait_for_bootstrap(aws)
    deploying.append(begin_deploying(teams[1], gitlab, shells["two"]))
    told = [finish(process) for process in deploying]

    assert (
        "Account 111122223333 is not bootstrapped for the CDK in us-east-1 (qualifier hnb659fds). Doing that now."
        in told[0]
    )
    assert "is not bootstrapped" not in told[1]
    for team, output in zip(teams, told, strict=True):
        assert f"The GitLab token will be sent to {gitlab.url}\n" in output
        assert f"tgs tokens --environment {team.environment} --region us-east-1\n" in output

    with shell_of(aws) as shell:
        for team in teams:
            typed = iter((team.toggl_token, team.gitlab_token))
            shell.setattr("sys.stdin.isatty", lambda: True, raising=False)
            shell.setattr(getpass, "getpass", lambda _prompt, typed=typed: next(typed))
            place = ["--environment", team.environment]
            assert main(["tokens", *place]) == 0
            assert main(["check", *place]) == 0, capsys.readouterr().out
            assert main(["start", f"{DAY}", "--yes", *place]) == 0
            assert main(["explain", "#12", *place]) == 0
            assert main(["plan", f"{DAY}", "--deployed", *place]) == 0
            assert main(["show", "last", *place]) == 0

    shown = capsys.readouterr().out
    assert [(row.username, row.reference, row.seconds) for row in gitlab.ledger()] == [
        ("mira", f"{PROJECT}#12", 1800),
        ("jon", f"{PROJECT}#12", 1800),
    ]
    for team in teams:
        assert team.toggl_token not in shown + "".join(told)
        assert team.gitlab_token not in shown + "".join(told)

    for shell_variables in shells.values():
        # What was deployed is there already; synthesising it again takes ten seconds.
        shell_variables["CDK_APP"] = shell_variables["CDK_OUTPUT"]
    destroying = [begin_destroying(team, shells[team.environment]) for team in teams]

    for team, output in zip(teams, [finish(process) for process in destroying], strict=True):
        assert f"Nothing of {names.state_machine(team.environment)} is left in us-east-1" in output
    assert {kind: left - untouched[kind] for kind, left in everything_in(aws).items() if left - untouched[kind]} == {}


def shell_for(aws: LocalAws, folder: Path) -> dict[str, str]:
    """The environment of a shell whose AWS is the local one, and whose CDK keeps its files in a folder of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    folders = {"CDK_HOME": str(folder / "home"), "CDK_OUTPUT": str(folder / "out"), "CDK_DISABLE_VERSION_CHECK": "1"}
    return inherited | aws.environment() | folders


def begin_deploying(team: Team, gitlab: GitLab, shell: Mapping[str, str]) -> subprocess.Popen[str]:
    options = ["--account=111122223333", "-e", team.environment, "--gitlab-url", gitlab.url]
    options += ["--gitlab-project-id", "1207", "--schedule", "cron(0 9 * * ? *)"]
    return begin("deploy.sh", *options, "--", "-c", f"toggl_url={team.toggl.url}", "--method=direct", shell=shell)


def begin_destroying(team: Team, shell: Mapping[str, str]) -> subprocess.Popen[str]:
    return begin("destroy.sh", "--account", "111122223333", "--environment", team.environment, "--yes", shell=shell)


def begin(script: str, *arguments: str, shell: Mapping[str, str]) -> subprocess.Popen[str]:
    """The script from another folder, as from anywhere."""
    outdated = subprocess.run(["make", "-n", "setup"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert "Nothing to be done" in outdated.stdout, "what the tests run in is out of date: make setup"
    return subprocess.Popen(
        [str(PROJECT_ROOT / script), *arguments],
        cwd="/",
        env=dict(shell),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    return output


def wait_for_bootstrap(aws: LocalAws) -> None:
    deadline = time.monotonic() + 120
    while not aws.client("ssm").get_parameters(Names=[Bootstrap().version_parameter])["Parameters"]:
        assert time.monotonic() < deadline, "it was not bootstrapped"
        time.sleep(0.1)


def everything_in(aws: LocalAws) -> dict[str, set[str]]:
    """The names of all that there is, by kind, but for what bootstrapping made."""

    def listed(service: str, operation: str, key: str, field: str = "", **arguments: Any) -> set[str]:
        answer = getattr(aws.client(service), operation)(**arguments)
        found = {str(one[field] if field else one) for one in answer.get(key, ())}
        return {name for name in found if "cdk-hnb659fds" not in name and "CDKToolkit" not in name}

    stacks = aws.client("cloudformation").list_stacks()["StackSummaries"]
    return {
        "stacks": {one["StackName"] for one in stacks if one["StackStatus"] != "DELETE_COMPLETE"} - {"CDKToolkit"},
        "state machines": listed("stepfunctions", "list_state_machines", "stateMachines", "name"),
        "functions": listed("lambda", "list_functions", "Functions", "FunctionName"),
        "layers": listed("lambda", "list_layers", "Layers", "LayerName"),
        "secrets": listed("secretsmanager", "list_secrets", "SecretList", "Name", IncludePlannedDeletion=True),
        "tables": listed("dynamodb", "list_tables", "TableNames"),
        "log groups": listed("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "schedules": listed("scheduler", "list_schedules", "Schedules", "Name"),
        "queues": listed("sqs", "list_queues", "QueueUrls"),
        "topics": listed("sns", "list_topics", "Topics", "TopicArn"),
        "rules": listed("events", "list_rules", "Rules", "Name"),
        "alarms": listed("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "dashboards": listed("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        "buckets": listed("s3", "list_buckets", "Buckets", "Name"),
        "roles": listed("iam", "list_roles", "Roles", "RoleName"),
    }
