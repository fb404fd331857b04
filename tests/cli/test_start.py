"""Starting a run on AWS: what is refused before, what is shown, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.deployment import deployment as deployment_module
from cli.executions import following, watching
from cli.terminal import clock
from cli.tgs import main
from contract import names
from contract.settings import Settings
from tests.cli.executions.support import ARN, BUCKET, KEY, WHERE, Recorded, large, summarised
from tests.cli.schemas import checked
from tests.cli.support import FAIL, OUTPUT, Place, machine

NEARLY_MIDNIGHT = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)


def run(*arguments: str) -> int:
    return main(["start", *arguments])


def watch(*arguments: str) -> int:
    return main(["watch", *arguments])


def test_a_run_is_started_with_what_was_asked_for_and_followed_to_its_totals(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()
    asked = ("2026-11-01..2026-11-02", "--set", "rounding_mode=up", "--allow-removals")

    exit_code = run("-e", place.environment, *asked, "--accept-new-user")

    shown = capsys.readouterr().out
    arn = shown.split()[0]
    given = place.aws.client("stepfunctions").describe_execution(executionArn=arn)["input"]
    assert exit_code == 0
    assert json.loads(given) == {
        "start_date": "2026-11-01",
        "end_date": "2026-11-02",
        "rounding_mode": "up",
        "allow_removals": True,
        "accept_new_user": True,
    }
    assert "Synced" in shown
    assert "console.aws" not in shown  # a local AWS has none
    assert "1:30:00" in shown
    assert "no_permission" in shown  # of the one that failed
    assert shown.count("#12\n") == 1


def test_a_dry_run_shows_every_entry(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_machine(machine(output=OUTPUT | {"dry_run": True, "outcome": "dry_run"}))

    assert run("-e", place.environment, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "nothing was written" in shown
    assert "To create: 1 entry, 1:30:00" in shown
    assert "Refused: 1 entry, 1:29:00" in shown


@pytest.mark.parametrize(
    ("option", "does", "end"), [("--no-wait", "sync", "."), ("--dry-run", "plan", ", and write nothing.")]
)
def test_what_is_about_to_be_started_is_said_before(
    option: str, does: str, end: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()

    assert run("-e", place.environment, "2026-11-02", "--no-wait", option) == 0

    said = " ".join(capsys.readouterr().err.split())
    where = f"{names.state_machine(place.environment)} (account 111122223333, us-east-1)"
    days = "2026-11-02 00:00 to 2026-11-03 00:00 (UTC)"
    servers = f"from {Settings().toggl_url} to {Settings().gitlab_url}"
    assert said == f"{where} will {does} {days}, {servers}{end}"


def test_a_run_that_fails_ends_with_its_error_and_1(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_machine(machine(FAIL))

    assert run("-e", place.environment) == 1
    shown = capsys.readouterr().out
    assert "FAILED: EntriesFailed" in shown
    assert "1 of the entries could not be posted." in shown


def test_json_is_one_object_on_standard_output(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_machine(machine(FAIL))

    assert run("-e", place.environment, "-o", "json") == 1
    printed = capsys.readouterr()
    report = checked(printed.out, "run")
    assert report.pop("arn").startswith(place.state_machine_arn.replace(":stateMachine:", ":execution:"))
    assert report == {
        "status": "FAILED",
        "error": "EntriesFailed",
        "message": "1 of the entries could not be posted.",
        "output": OUTPUT,
        "rows": None,
    }
    assert "FAILED: EntriesFailed" in printed.err


def test_a_run_that_is_not_waited_for_can_be_watched_later(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_machine()

    assert run("-e", place.environment, "--no-wait") == 0
    arn = capsys.readouterr().out.strip()
    assert arn.startswith("arn:aws:states:")
    assert watch(arn, "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["output"] == OUTPUT


@pytest.mark.usefixtures("place")
def test_the_json_of_a_large_run_has_its_output_as_it_is_and_where_the_rows_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_of_many = summarised(large())
    monkeypatch.setattr(deployment_module, "patient_client_of", lambda _session, _service: run_of_many)

    assert watch(ARN, "-o", "json") == 0
    printed = capsys.readouterr()
    report = checked(printed.out, "run")
    assert report["output"] == json.loads(run_of_many.execution["output"])
    assert report["output"]["entries"] == KEY
    assert report["rows"] == f"s3://{BUCKET}/{KEY}"
    assert WHERE in printed.err


@pytest.mark.usefixtures("place")
def test_a_large_dry_run_ends_with_the_command_for_its_rows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = summarised(large(batches=0), outcome="dry_run", dry_run=True)
    monkeypatch.setattr(deployment_module, "patient_client_of", lambda _session, _service: planned)

    assert watch(ARN) == 0
    assert capsys.readouterr().out.splitlines()[-1] == WHERE


def test_not_waiting_has_a_json_form_too(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_machine()

    assert run("-e", place.environment, "--no-wait", "-o", "json") == 0
    assert json.loads(capsys.readouterr().out)["status"] == "RUNNING"


def test_ctrl_c_stops_the_watching_and_not_the_run(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_machine(machine(waits=True))
    threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT)).start()

    assert run("-e", place.environment, "-o", "json") == 130
    printed = capsys.readouterr()
    report = json.loads(printed.out)
    states = place.aws.client("stepfunctions")
    assert report["status"] == "RUNNING"
    assert "the run continues" in printed.err
    assert f"tgs watch {report['arn']}" in printed.err
    assert states.describe_execution(executionArn=report["arn"])["status"] == "RUNNING"
    states.stop_execution(executionArn=report["arn"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "roundingmode=up"], "Unknown input key 'roundingmode'. Did you mean rounding_mode? Allowed are: "),
        (["--set", "gitlab_url=https://x.example"], "Unknown input key 'gitlab_url'"),
        (
            ["--set", "rounding_mode=sideways"],
            "rounding_mode has the value 'sideways', but allowed is: nearest, up, down.",
        ),
        (["--set", "rounding_mode"], "--set takes KEY=VALUE"),
        (["--set", "dry_run=false", "--dry-run"], "dry_run is given twice"),
        (["--set", "days_back=1", "--set", "days_back=2"], "days_back is given twice"),
        (["2026-11-01", "--days-back", "7"], "give either days or --days-back"),
        (["--days-back", "many"], "'many' is not a valid integer range"),
        (["2026-11-31"], "'2026-11-31': the calendar has no 2026-11-31"),
        (["2999-12-31"], "2999-12-31 is still to come"),
    ],
)
def test_an_input_that_the_run_would_refuse_is_refused_before_in_the_same_words(
    arguments: list[str], words: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()

    assert run("-e", place.environment, *arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words in printed.err
    assert (
        place.aws.client("stepfunctions").list_executions(stateMachineArn=place.state_machine_arn)["executions"] == []
    )


def test_the_future_begins_by_the_deployed_timezone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.add_machine()
    place.add_settings(timezone="Pacific/Kiritimati")  # UTC+14
    monkeypatch.setattr(clock, "now", lambda: NEARLY_MIDNIGHT)

    assert run("-e", place.environment, "--no-wait", "2026-11-25") == 0
    assert run("-e", place.environment, "--no-wait", "2026-11-26") == 2


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    "arguments", [["no name"], [ARN.replace("toggl-gitlab-sync-prod", "somebody-elses")], ["a", "b"]]
)
def test_what_is_no_run_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert watch(*arguments) == 2

    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.usefixtures("place")
def test_an_environment_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("-e", "nowhere", "-r", "eu-west-1") == 2
    printed = capsys.readouterr().err
    assert printed.count("\n") == 1
    assert "There is no toggl-gitlab-sync-nowhere in eu-west-1 of account 111122223333." in printed
    assert "./deploy.sh --account 111122223333 --environment nowhere --region eu-west-1" in printed


def test_an_execution_that_is_not_there_is_one_line(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(following, "UNKNOWN_SECONDS", 0.0)
    monkeypatch.setattr(watching, "POLL_SECONDS", 0.01)

    assert watch(ARN.replace("prod", place.environment)) == 2
    assert "There is no execution" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["Prod", "a_b", "x" * 21])
def test_a_name_that_no_environment_has_is_refused_as_at_the_deployment(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("-e", name) == 2
    assert f"environment has the value '{name}', but allowed is: 1-20 of a-z 0-9 -." in capsys.readouterr().err


@pytest.mark.usefixtures("place")
def test_without_credentials_it_says_how_to_get_some(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    assert run() == 2
    assert capsys.readouterr().err.startswith("There are no AWS credentials: run 'aws configure'")


@pytest.mark.usefixtures("place")
def test_a_profile_that_is_not_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "work")

    assert run() == 2
    assert "(work) could not be found: set AWS_PROFILE" in capsys.readouterr().err


class Expired(Recorded):
    """A client whose credentials expire while it reads."""

    def get_execution_history(self, **_asked: Any) -> dict[str, Any]:
        answer: Any = {"Error": {"Code": "ExpiredTokenException", "Message": "no"}}
        raise ClientError(answer, "GetExecutionHistory")


def test_credentials_that_expire_while_watching_leave_a_way_to_continue(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()
    expired = Expired()
    monkeypatch.setattr(deployment_module, "patient_client_of", lambda _session, _service: expired)

    assert watch(ARN, "-o", "json") == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["status"] == "RUNNING"
    assert "No longer watching; the run continues. The AWS credentials have expired" in printed.err
    assert f"tgs watch {ARN}" in printed.err
    assert "Traceback" not in printed.err
