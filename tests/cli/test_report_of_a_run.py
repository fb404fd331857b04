"""tgs report --run: what an execution did, small and large, in every format, and as a check."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.demonstration.sample_day import GITLAB_USERNAME, WEBSITE
from cli.deployment.deployment import Deployment
from cli.planning.decision import decide_in_process
from cli.tgs import main
from contract import names
from contract.errors import EntryRejected
from functions.fetch.window import resolve
from functions.post.writing import carry_out
from functions.shared.model.plan import Write
from functions.shared.model.row import Row
from tests.cli.executions.support import BUCKET, KEY, large, summarised
from tests.cli.planning.support import DAY, NOW, Service, post
from tests.cli.support import FAIL, OUTPUT, Place, machine


@pytest.fixture
def report(place: Place) -> Callable[..., int]:
    return lambda run, *words: main(["report", "--run", run, "-e", place.environment, *words])


def carried_out(service: Service, run_input: dict[str, Any]) -> dict[str, Any]:
    """The output of a run that was carried out against the stand-ins."""
    toggl, gitlab = service.clients()
    decision = decide_in_process(resolve(run_input, service.settings(), NOW), toggl, gitlab, NOW)
    plan, is_dry_run = decision.decided.plan, decision.fetched.settings.dry_run

    def written(write: Write) -> Row:
        try:
            return write.row if is_dry_run else carry_out(write, gitlab, gitlab.user(), look_first=False).row
        except EntryRejected as error:
            return write.row.failed(error.message)

    rows = [*plan.settled, *map(written, plan.writes)]
    return OUTPUT | {
        "window": decision.fetched.window.to_json(),
        "dry_run": is_dry_run,
        "entries": [row.to_output() for row in rows],
    }


@pytest.fixture
def ran(service: Service, deployed: Place, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Carries out a run of the sample day, as an execution of a deployment whose services are the stand-ins.

    Its output, whose rows are in it, or, of a large run, in S3.
    """

    def run(*, is_large: bool = False, **run_input: Any) -> dict[str, Any]:
        asked = {"start_date": DAY, "end_date": DAY, "timezone": "Europe/Berlin", **run_input}
        output = carried_out(service, asked)
        deployed.add_machine(machine(output=output))
        deployed.aws.wait_for(deployed.start(**asked))
        if is_large:
            _hand_over(output, asked, deployed, monkeypatch)
        return output

    return run


def _hand_over(output: dict[str, Any], asked: dict[str, Any], place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the rows into S3, and let the history say where."""
    s3 = place.aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body="\n".join(map(json.dumps, output["entries"])).encode())
    recorded = summarised(large(), window=output["window"])
    recorded.execution["input"] = json.dumps(asked)
    client_of = Deployment.client

    def client(self: Deployment, service: str) -> Any:
        real = client_of(self, service)
        told = ("describe_execution", "describe_state_machine_for_execution", "get_execution_history")
        if service != "stepfunctions":
            return real
        return SimpleNamespace(
            list_executions=real.list_executions,
            describe_state_machine=real.describe_state_machine,
            **{name: getattr(recorded, name) for name in told},
        )

    monkeypatch.setattr(Deployment, "client", client)


@pytest.mark.parametrize("is_large", [False, True])
def test_a_runs_report_has_its_entries_with_what_it_did(
    ran: Callable[..., dict[str, Any]],
    report: Callable[..., int],
    service: Service,
    capsys: pytest.CaptureFixture[str],
    *,
    is_large: bool,
) -> None:
    output = ran(is_large=is_large)
    service.toggl.add_entry("#101 after the run", datetime(2026, 11, 20, 20, tzinfo=UTC), 1_800)

    assert report("last", "--format", "json") == 0

    value = json.loads(capsys.readouterr().out)
    assert (value["first"], value["last"], value["dry_run"]) == (DAY, DAY, False)
    assert {one["entry_id"]: one["outcome"] for one in value["entries"]} == {
        row["entry_id"]: row["outcome"] for row in output["entries"]
    }
    assert value["tracked_seconds"] + sum(step["seconds"] for step in value["bridge"]) == value["gitlab_seconds"]
    assert value["gitlab_seconds"] == sum(row["seconds"] for row in output["entries"] if row["outcome"] == "created")


@pytest.mark.parametrize("is_large", [False, True])
def test_a_runs_report_comes_in_every_format(
    ran: Callable[..., dict[str, Any]],
    report: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    is_large: bool,
) -> None:
    rows = ran(is_large=is_large)["entries"]
    created, left_out = (sum(row["outcome"] == outcome for row in rows) for outcome in ("created", "skipped"))
    deeds = f"{created} created, {left_out} left out."

    assert report("last") == 0
    assert deeds in " ".join(capsys.readouterr().out.split())

    assert report("last", "--format", "csv") == 0
    listed = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert [one["outcome"] for one in listed].count("created") == created

    file = tmp_path / "run.html"
    assert report("last", "--to", str(file)) == 0
    assert deeds in file.read_text(encoding="utf-8")


def test_a_run_is_given_by_its_name_and_by_its_arn_too(
    ran: Callable[..., dict[str, Any]], report: Callable[..., int], place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    ran()
    states = place.aws.client("stepfunctions")
    [one] = states.list_executions(stateMachineArn=place.state_machine_arn)["executions"]

    for given in (one["name"], one["executionArn"]):
        assert report(given, "--format", "json") == 0
        assert json.loads(capsys.readouterr().out)["run"] == one["name"]


def test_a_check_of_a_run_fails_when_its_time_is_no_longer_there(
    ran: Callable[..., dict[str, Any]], report: Callable[..., int], service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    ran()
    assert report("last", "--check") == 0

    service.gitlab.remove_timelog(service.gitlab.timelogs[-1])

    assert report("last", "--check") == 1
    assert "Not complete: 1 missing." in capsys.readouterr().out


def test_a_dry_run_says_that_it_wrote_nothing(
    ran: Callable[..., dict[str, Any]], report: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    ran(dry_run=True)

    assert report("last") == 0

    printed = " ".join(capsys.readouterr().out.split())
    assert "which wrote nothing, would have: 19 created, 14 left out." in printed


def test_a_run_is_held_against_the_settings_that_it_had_itself(
    ran: Callable[..., dict[str, Any]], report: Callable[..., int]
) -> None:
    ran(round_time_to_minutes=1)

    assert report("last", "--check") == 0
    assert report("last", "--check", "--set", "round_time_to_minutes=30") == 1


def test_what_a_run_removed_and_what_has_gone_since_is_told_too(
    ran: Callable[..., dict[str, Any]], report: Callable[..., int], service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    entry_id = post(service, 1_800)
    service.toggl.delete(entry_id)
    ran(remove_deleted=True)

    assert report("last", "--check", "--format", "json") == 0

    [gone] = [one for one in json.loads(capsys.readouterr().out)["entries"] if one["entry_id"] == entry_id]
    assert (gone["status"], gone["outcome"], gone["gitlab_seconds"]) == ("gone", "deleted", 0)


def test_what_a_run_was_refused_is_told_with_gitlabs_reason(
    ran: Callable[..., dict[str, Any]], report: Callable[..., int], service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.gitlab.set_role(WEBSITE, GITLAB_USERNAME, "guest")
    ran()

    assert report("last", "--check") == 1

    printed = " ".join(capsys.readouterr().out.split())
    assert "refused: no_permission" in printed
    assert " missing" not in printed


def test_a_large_run_whose_rows_are_gone_says_so(
    ran: Callable[..., dict[str, Any]], report: Callable[..., int], place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(is_large=True)
    place.aws.client("s3").delete_object(Bucket=BUCKET, Key=KEY)

    assert report("last") == 2
    assert "gone from S3, which keeps them for a month" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (machine(output=OUTPUT | {"entries": KEY}), f"Their key is {KEY}"),
        (json.dumps({"QueryLanguage": "JSONata", "StartAt": "End", "States": {"End": FAIL}}), "nothing to report"),
    ],
)
def test_a_run_of_which_nothing_can_be_reported_says_why(
    place: Place, report: Callable[..., int], definition: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine(definition)
    place.aws.wait_for(place.start())

    assert report("last") == 2
    assert words in capsys.readouterr().err


def test_a_run_that_has_not_ended_is_to_be_watched(
    place: Place, report: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine(machine(waits=True))
    arn = place.start()

    assert report("last") == 2
    assert f"The run has not ended yet. To follow it: ./tgs watch {arn}" in capsys.readouterr().err
    place.aws.client("stepfunctions").stop_execution(executionArn=arn)


@pytest.mark.parametrize(("days", "exit_code"), [("MON-FRI", 0), ("SUN-SAT", 1)])
def test_what_is_missing_is_told_with_the_command_that_syncs_it_once_a_run_was_due(
    days: str, exit_code: int, place: Place, ran: Callable[..., dict[str, Any]], report: Callable[..., int]
) -> None:
    place.unseen_settings["schedule"] = f"cron(0 9 ? * {days} *)"
    place.add_stack()
    ran(dry_run=True)
    record = {"id": {"S": "sync"}, "synced_through": {"S": "2026-11-19"}}
    place.aws.client("dynamodb").put_item(TableName=names.table(place.environment), Item=record)

    assert report("last", "--check") == exit_code


def test_the_command_that_syncs_what_is_missing_is_that_of_the_deployment(
    place: Place, ran: Callable[..., dict[str, Any]], report: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    ran(dry_run=True)

    assert report("last") == 0

    command = f"./tgs start --environment {place.environment} --region us-east-1 {DAY}"
    assert f"\nTo sync what is missing: {command}\n" in capsys.readouterr().out
