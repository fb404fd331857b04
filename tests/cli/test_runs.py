"""tgs runs and tgs show: what a deployment's runs came to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.deployment.deployment import Deployment
from cli.executions.listing import listed
from cli.tgs import main
from contract import names
from tests.cli.executions.support import ARN, BUCKET, KEY, large, summarised
from tests.cli.schemas import checked
from tests.cli.support import FAIL, OUTPUT, Place, machine


@pytest.fixture
def tgs(place: Place) -> Callable[..., int]:
    return lambda *words: main([*words, "-e", place.environment])


def ran(place: Place, **run_input: Any) -> str:
    """A run that has ended; its ARN."""
    arn = place.start(**run_input)
    place.aws.wait_for(arn)
    return arn


def test_the_latest_runs_are_listed_with_their_days_outcomes_and_totals(
    place: Place, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()
    first, second = ran(place, start_date="2026-11-23"), ran(place, scheduled_time="2026-11-24T09:00:00Z")

    assert tgs("runs", "-o", "json") == 0

    newest, oldest = checked(capsys.readouterr().out, "runs")
    assert (newest["arn"], newest["by"], oldest["arn"], oldest["by"]) == (second, "schedule", first, "hand")
    # The window ends at the midnight after the 23rd.
    assert (newest["first_day"], newest["last_day"], newest["outcome"]) == ("2026-11-23", "2026-11-23", "synced")
    assert (newest["created"], newest["failed"], newest["seconds_logged"]) == (1, 1, 5_400)


def test_no_more_are_listed_than_were_asked_for(
    place: Place, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()
    for _run in range(3):
        ran(place)

    assert tgs("runs", "-n", "2", "-o", "csv") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 2


def test_a_deployment_that_has_not_run_says_how_to_try_it(
    place: Place, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()

    assert tgs("runs") == 0
    assert f"./tgs start --environment {place.environment}" in capsys.readouterr().out
    assert tgs("show") == 2
    assert "has not run yet" in capsys.readouterr().err


def test_of_a_run_that_came_to_no_totals_the_days_are_those_that_were_asked_for() -> None:
    run = listed(
        {
            "name": "by-hand-1",
            "executionArn": "arn",
            "startDate": datetime(2026, 11, 24, tzinfo=UTC),
            "status": "FAILED",
            "input": '{"start_date": "2026-11-01", "end_date": "2026-11-03", "dry_run": "true"}',
            "error": "InvalidInput",
            "cause": "no JSON",
        }
    )

    assert (run.days, run.dry_run, run.outcome, run.totals) == (("2026-11-01", "2026-11-03"), True, None, {})


def test_show_has_what_was_written_and_what_failed_and_all_when_asked(
    place: Place, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    kept = OUTPUT["entries"][0] | {"entry_id": 1_003, "outcome": "kept", "seconds": 60}
    place.add_machine(machine(output=OUTPUT | {"entries": [*OUTPUT["entries"], kept]}))
    name = ran(place).rpartition(":")[2]

    assert tgs("show", "last") == 0
    shown = capsys.readouterr().out
    assert [words for words in ("Created: 1 ", "Failed: 1 ", "On GitLab already") if words in shown] == [
        "Created: 1 ",
        "Failed: 1 ",
    ]
    assert "no_permission" in shown

    assert tgs("show", name, "--all") == 0
    assert "On GitLab already: 1 entry, 0:01:00" in capsys.readouterr().out


def test_the_rows_of_a_run_are_a_spreadsheets(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.add_machine()
    arn = ran(place)

    assert main(["show", arn, "-o", "csv"]) == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["entry_id"], row["outcome"]) for row in rows] == [("1001", "created"), ("1002", "failed")]


def test_show_of_a_large_run_has_its_rows_from_s3(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    s3 = place.aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body="\n".join(map(json.dumps, OUTPUT["entries"])).encode())
    clients = {"stepfunctions": summarised(large()), "s3": s3}
    monkeypatch.setattr(Deployment, "client", lambda _self, service: clients[service])

    assert main(["show", ARN]) == 0
    shown = capsys.readouterr().out
    assert "entry 1001" in shown
    assert "no_permission" in shown


def test_rows_that_cannot_be_found_are_no_empty_list(
    place: Place, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine(machine(output=OUTPUT | {"entries": KEY}))
    ran(place)

    assert tgs("show", "-o", "csv") == 2
    assert f"Their key is {KEY}" in capsys.readouterr().err


def test_a_failed_run_is_1_and_one_that_still_runs_is_to_be_watched(
    place: Place, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine(machine(FAIL))
    ran(place)
    assert tgs("show", "-o", "json") == 1
    assert checked(capsys.readouterr().out, "run")["error"] == "EntriesFailed"

    place.aws.client("stepfunctions").update_state_machine(
        stateMachineArn=place.state_machine_arn, definition=machine(waits=True)
    )
    arn = place.start()
    assert tgs("show") == 2
    assert f"./tgs watch {arn}" in capsys.readouterr().err
    place.aws.client("stepfunctions").stop_execution(executionArn=arn)


def test_a_name_that_no_run_has_is_one_line(
    place: Place, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    place.add_machine()

    assert tgs("show", "by-hand-nothing") == 2

    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"execution:{names.state_machine(place.environment)}:by-hand-nothing" in told
