"""The doctor's looks at the runs, the schedule and the lock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cli.terminal import clock
from contract import names
from contract.state import ITEM_ID
from tests.cli.doctor.support import Examined, levels_of
from tests.cli.support import FAIL, OUTPUT, machine


def test_no_schedule_is_fine(examined: Examined) -> None:
    examined.arrange()
    examined.place.aws.client("scheduler").delete_schedule(Name=names.schedule(examined.place.environment))

    found = examined.examine()[1]

    assert found["schedule"] == [("ok", "there is none: runs start by hand only")]
    assert levels_of(found)["last success"] == {"ok"}


def test_a_disabled_schedule_is_a_warning(examined: Examined) -> None:
    examined.arrange()
    examined.place.aws.client("scheduler").delete_schedule(Name=names.schedule(examined.place.environment))
    examined.place.add_schedule(state="DISABLED")

    message = examined.finding("schedule", "warning")
    assert "it is disabled, so nothing runs by itself" in message
    assert message.endswith("and all of your own settings, with --revert-drift after --")


def test_the_last_run_is_reported_with_why_it_failed(examined: Examined) -> None:
    examined.arrange(machine_is=machine(FAIL))
    examined.place.start()

    message = examined.finding("last run", "warning")

    assert message.startswith("FAILED just now (")
    assert message.endswith("EntriesFailed: 1 of the entries could not be posted.")


def test_a_run_that_is_under_way_is_reported(examined: Examined) -> None:
    examined.arrange(machine_is=machine(waits=True))
    arn = examined.place.start()

    assert arn in examined.finding("last run", "ok")
    examined.place.aws.client("stepfunctions").stop_execution(executionArn=arn)


def test_starts_of_the_schedule_without_a_success_are_a_warning(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined.arrange()
    examined.place.start()
    later = datetime.now(UTC) + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert "the last one was 3 days ago" in examined.finding("last success", "warning")
    assert "the schedule has had 2 starts since then" in examined.finding("last success", "warning")


def test_dry_runs_are_no_successes(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    examined.arrange(machine_is=machine(output=OUTPUT | {"dry_run": True}))
    examined.place.start()
    later = datetime.now(UTC) + timedelta(days=3)
    monkeypatch.setattr(clock, "now", lambda: later)

    assert "no run has succeeded yet, although" in examined.finding("last success", "warning")


def test_a_lock_whose_holder_works_is_fine(examined: Examined) -> None:
    examined.arrange(machine_is=machine(waits=True))
    arn = examined.place.start()
    key = {"id": {"S": ITEM_ID}, "holder": {"S": arn}, "taken_at": {"S": "2026-11-24T09:00:00Z"}}
    examined.place.aws.client("dynamodb").put_item(TableName=names.table(examined.place.environment), Item=key)

    assert examined.finding("lock", "ok") == f"{arn} has held it since 2026-11-24T09:00:00Z, and is running"
    examined.place.aws.client("stepfunctions").stop_execution(executionArn=arn)


def test_a_lock_that_nobody_works_under_is_a_warning_that_needs_nothing(examined: Examined) -> None:
    gone = examined.place.state_machine_arn.replace(":stateMachine:", ":execution:") + ":gone"
    examined.arrange(record={"holder": gone, "taken_at": "2026-11-24T09:00:00Z"})

    assert "the next run takes it over by itself" in examined.finding("lock", "warning")
