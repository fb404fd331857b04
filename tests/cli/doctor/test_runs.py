"""The doctor's looks at the runs, the schedule and the lock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from cli.terminal import clock
from contract import names
from contract.state import ITEM_ID
from tests.cli.doctor.support import Examined, levels_of
from tests.cli.support import FAIL, OUTPUT, ROLE, machine


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


def with_a_deployed_schedule(examined: Examined) -> str:
    """A deployment whose schedule CloudFormation has made; its name."""
    name = names.schedule(examined.place.environment)
    properties = {
        "Name": name,
        "ScheduleExpression": "cron(0 9 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "Target": {"Arn": examined.place.state_machine_arn, "RoleArn": ROLE},
    }
    examined.arrange(deployed_schedule={"Type": "AWS::Scheduler::Schedule", "Properties": properties})
    return name


def test_a_schedule_that_is_as_it_was_deployed_is_fine(examined: Examined) -> None:
    with_a_deployed_schedule(examined)

    assert examined.examine()[1]["schedule"] == [("ok", "cron(0 9 * * ? *) in Europe/Berlin")]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ScheduleExpression": "rate(1 day)"}, "it is rate(1 day) in Europe/Berlin, although"),
        ({"ScheduleExpressionTimezone": "UTC"}, "it is cron(0 9 * * ? *) in UTC, although"),
        ({"State": "DISABLED"}, "it is disabled, so nothing runs by itself: enable it, or"),
    ],
)
def test_a_schedule_that_was_changed_by_hand_is_held_against_what_was_deployed(
    examined: Examined, changed: dict[str, str], words: str
) -> None:
    scheduler = examined.place.aws.client("scheduler")
    name = with_a_deployed_schedule(examined)
    own = ("ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "Target")
    found = scheduler.get_schedule(Name=name)
    scheduler.update_schedule(Name=name, **{key: found[key] for key in own} | changed)

    message = examined.finding("schedule", "warning")

    assert message.startswith(words)
    assert ("cron(0 9 * * ? *) in Europe/Berlin was deployed. Put that back: " in message) is ("State" not in changed)
    assert "with --revert-drift after --" in message


def test_a_schedule_that_was_removed_by_hand_is_a_warning(examined: Examined) -> None:
    examined.place.aws.client("scheduler").delete_schedule(Name=with_a_deployed_schedule(examined))

    assert examined.finding("schedule", "warning").startswith(
        "it is gone, although cron(0 9 * * ? *) in Europe/Berlin was deployed: nothing runs by itself. Put it back: "
    )


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


MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
SEEN = {"synced_through": "2026-11-22", "changes_seen": "2026-11-23T09:00:00Z"}
"""What Monday's run has left."""


def on_tuesday(examined: Examined, monkeypatch: pytest.MonkeyPatch, record: dict[str, str], **settings: object) -> None:
    """A deployment on a Tuesday at nine, with what its runs have left."""
    monkeypatch.setattr(clock, "now", lambda: MONDAY + timedelta(days=1))
    examined.arrange(record=record, **settings)


def test_from_when_to_when_changes_are_seen_is_said(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    on_tuesday(examined, monkeypatch, SEEN)

    days, changes = (message for level, message in examined.examine()[1]["reach"] if level == "ok")
    assert days == "the next run reads what starts on 2026-11-23 or later"
    assert changes == (
        "changes in Toggl are seen up to 2026-11-23 09:00 UTC: the next run takes in what is changed since"
        " 2026-11-23 08:50 UTC and starts on 2026-10-24 or later"
    )


@pytest.mark.parametrize(
    ("record", "settings", "words"),
    [
        ({}, {}, "no changes are seen yet (runs by hand with dates do not count): after a first good run without, "),
        (SEEN, {"catch_up_days": 0}, "catch_up_days is 0: what is added or changed"),
        (SEEN | {"changes_seen": "2026-08-01T09:00:00Z"}, {}, "longer ago than Toggl tells of changes"),
    ],
)
def test_why_changes_are_not_seen_is_said(
    examined: Examined,
    monkeypatch: pytest.MonkeyPatch,
    record: dict[str, str],
    settings: dict[str, int],
    words: str,
) -> None:
    on_tuesday(examined, monkeypatch, record, **settings)

    assert any(words in message for _level, message in examined.examine()[1]["reach"])


def test_days_that_are_too_long_ago_are_a_warning_with_the_run_that_syncs_them(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_tuesday(examined, monkeypatch, {"synced_through": "2026-10-20"})

    message = examined.finding("reach", "warning")

    assert message.startswith("2026-10-21 to 2026-10-23 are not synced, and too long ago for runs by the schedule:")
    assert message.endswith("2026-10-21..2026-10-23")


def test_entries_that_gitlab_refuses_are_named_with_why(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    pending = [
        {"id": 7, "at": "2026-11-20T09:00:00Z", "reason": "no_permission"},
        {"id": 8, "at": None, "reason": "move_in_progress"},
    ]
    on_tuesday(examined, monkeypatch, SEEN | {"pending": json.dumps(pending)})

    found = examined.examine()[1]["pending"]

    assert found[0] == ("warning", "entry 7: GitLab refuses it, and each run tries it again: no_permission")
    assert found[1][0] == "ok"
    assert found[1][1].startswith("entry 8: its issue was moved within the last day")


def test_too_many_that_are_refused_are_a_problem(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    pending = [{"id": number, "at": None, "reason": "no_permission"} for number in range(200)]
    on_tuesday(examined, monkeypatch, SEEN | {"pending": json.dumps(pending)})

    found = examined.examine()[1]["pending"]

    assert found[0][0] == "problem"
    assert found[0][1].startswith("200 entries wait")
    assert found[-1] == ("warning", "and 180 others")


def test_nothing_that_waits_is_fine(examined: Examined) -> None:
    examined.arrange()

    assert examined.finding("pending", "ok") == "none: no entry waits for another try"
