"""What starts a run by itself, and what becomes of a start that fails."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from contract.errors import InvalidSettings
from tests.stacks.support import Synthesis

DEFAULT_NAME = "toggl-gitlab-sync-prod"
OTHER_NAME = "toggl-gitlab-sync-staging-2"


@pytest.mark.parametrize(
    ("which", "name", "expression", "timezone"),
    [
        ("default", DEFAULT_NAME, "cron(0 9 * * ? *)", "UTC"),
        ("other", OTHER_NAME, "cron(0 9 1 * ? *)", "Europe/Berlin"),
    ],
)
def test_the_schedule_is_in_the_settings_timezone(
    request: pytest.FixtureRequest, which: str, name: str, expression: str, timezone: str
) -> None:
    stack: Synthesis = request.getfixturevalue(which)
    schedule = stack.the("AWS::Scheduler::Schedule")

    assert (schedule["Name"], schedule["State"]) == (name, "ENABLED")
    assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (expression, timezone)
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}


def test_the_schedule_sends_its_own_time_to_the_state_machine(default: Synthesis) -> None:
    [machine] = default.resources("AWS::StepFunctions::StateMachine")
    target = default.the("AWS::Scheduler::Schedule")["Target"]

    assert target["Arn"] == {"Ref": machine}
    assert json.loads(target["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}


def test_a_schedule_that_is_off_is_not_there(unscheduled: Synthesis) -> None:
    assert unscheduled.resources("AWS::Scheduler::Schedule") == {}
    assert unscheduled.outputs["ScheduleExpression"].startswith("off")


@pytest.mark.parametrize(
    ("schedule", "pause"),
    [
        ("rate(1 day)", timedelta(days=1)),
        ("rate(6 hours)", timedelta(hours=6)),
        ("rate(1 minute)", timedelta(minutes=1)),
        ("cron(0 9 * * ? *)", timedelta(days=1)),
        ("cron(0 18 ? * MON-FRI *)", timedelta(days=3)),
        ("cron(0 9-18 ? * MON-FRI *)", timedelta(days=2, hours=15)),
        ("cron(0 9,18 * * ? *)", timedelta(hours=15)),
        ("cron(0 9 1 * ? *)", timedelta(days=31)),
        ("cron(0 9 1 1 ? 2020)", timedelta(days=35)),  # never again
        ("cron(0 9 LW * ? *)", timedelta(days=35)),  # unknown to the parser
    ],
)
def test_the_longest_pause_of_a_schedule_is_known(schedule: str, pause: timedelta) -> None:
    from stacks.schedule import longest_pause  # noqa: PLC0415 - takes seconds, and not every test here needs it

    assert longest_pause(schedule) == pause


@pytest.mark.parametrize("schedule", ["cron(99 9 * * ? *)", "cron(0 9 * * * *)", "cron(0 9 ? * ? *)"])
def test_a_cron_that_eventbridge_would_refuse_stops_the_synth(schedule: str) -> None:
    from stacks.schedule import longest_pause  # noqa: PLC0415 - as above

    with pytest.raises(InvalidSettings, match=re.escape(f"schedule has the value '{schedule}'")):
        longest_pause(schedule)


def test_a_start_that_cannot_be_delivered_is_kept_in_a_queue(default: Synthesis) -> None:
    [queue] = default.resources("AWS::SQS::Queue")
    target = default.the("AWS::Scheduler::Schedule")["Target"]

    assert "QueueName" not in default.the("AWS::SQS::Queue")  # SQS gives none again for 60 s
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
    assert default.the("AWS::SQS::Queue")["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_queue_is_encrypted_and_refuses_what_is_not(default: Synthesis) -> None:
    queue = default.the("AWS::SQS::Queue")
    denials = [
        one for one in default.the("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"
    ]

    assert queue["SqsManagedSseEnabled"] is True
    assert [one["Condition"] for one in denials] == [{"Bool": {"aws:SecureTransport": "false"}}]
