"""The alarms, the message about runs that were stopped, and the dashboard."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract import metrics, names
from tests.stacks.support import ROOT, Synthesis, synthesise, text_of

RUNS = "AWS/States"
OURS = "toggl-gitlab-sync"


@dataclass(frozen=True)
class Expected:
    namespace: str
    metric: str
    statistic: str
    period_seconds: int
    periods: int
    comparison: str
    threshold: int
    missing: str


AT_LEAST, LESS = "GreaterThanOrEqualToThreshold", "LessThanThreshold"
ALARMS = {
    "run-failed": Expected(RUNS, "ExecutionsFailed", "Sum", 300, 1, AT_LEAST, 1, "notBreaching"),
    "run-timed-out": Expected(RUNS, "ExecutionsTimedOut", "Sum", 300, 1, AT_LEAST, 1, "notBreaching"),
    "run-aborted": Expected(RUNS, "ExecutionsAborted", "Sum", 300, 1, AT_LEAST, 1, "notBreaching"),
    "no-successful-run": Expected(RUNS, "ExecutionsSucceeded", "Sum", 3600, 48, LESS, 1, "breaching"),
    "undelivered": Expected(
        "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", 300, 1, AT_LEAST, 1, "notBreaching"
    ),
    "toggl-quota": Expected(OURS, "TogglQuotaLeft", "Minimum", 300, 1, LESS, 5, "notBreaching"),
}


def alarms(stack: Synthesis) -> dict[str, dict[str, Any]]:
    """The alarms by the end of their names."""
    prefix = stack.the("AWS::StepFunctions::StateMachine")["StateMachineName"] + "-"
    return {one["AlarmName"].removeprefix(prefix): one for one in stack.resources("AWS::CloudWatch::Alarm").values()}


@pytest.mark.parametrize("what", ALARMS)
def test_an_alarm_looks_at_its_metric_and_goes_off_at_its_threshold(default: Synthesis, what: str) -> None:
    alarm = alarms(default)[what]

    assert ALARMS[what] == Expected(
        alarm["Namespace"],
        alarm["MetricName"],
        alarm["Statistic"],
        alarm["Period"],
        alarm["EvaluationPeriods"],
        alarm["ComparisonOperator"],
        alarm["Threshold"],
        alarm["TreatMissingData"],
    )


def test_there_are_no_other_alarms(default: Synthesis) -> None:
    assert set(alarms(default)) == set(ALARMS)


@pytest.mark.parametrize("what", ALARMS)
def test_an_alarm_is_about_this_deployment_only(default: Synthesis, what: str) -> None:
    [machine] = default.resources("AWS::StepFunctions::StateMachine")
    [queue] = default.resources("AWS::SQS::Queue")
    expected = {
        RUNS: ("StateMachineArn", f"<{machine}>"),
        "AWS/SQS": ("QueueName", f"<{queue}>"),
        OURS: ("environment", "prod"),
    }

    [dimension] = alarms(default)[what]["Dimensions"]

    assert (dimension["Name"], text_of(dimension["Value"])) == expected[ALARMS[what].namespace]


@pytest.mark.parametrize("what", ALARMS)
def test_an_alarm_is_sent_to_the_topic(default: Synthesis, what: str) -> None:
    [topic] = default.resources("AWS::SNS::Topic")

    assert alarms(default)[what]["AlarmActions"] == [{"Ref": topic}]


@pytest.mark.parametrize("what", ALARMS)
def test_an_alarm_points_to_a_section_of_the_runbook_that_is_there(default: Synthesis, what: str) -> None:
    description = alarms(default)[what]["AlarmDescription"]

    found = re.search(r"What to do: (\S+)#(\S+)$", description)

    assert found is not None
    assert found[1] == names.RUNBOOK
    assert re.search(rf"^## {found[2]}$", (ROOT / names.RUNBOOK).read_text(encoding="utf-8"), re.MULTILINE)
    assert found[2] == what


def test_the_runbook_has_a_section_for_each_alarm_and_for_nothing_else() -> None:
    text = (ROOT / names.RUNBOOK).read_text(encoding="utf-8")

    assert set(re.findall(r"^## ([a-z-]+)$", text, re.MULTILINE)) == set(ALARMS)


def test_without_a_schedule_nobody_waits_for_one(unscheduled: Synthesis) -> None:
    assert set(alarms(unscheduled)) == set(ALARMS) - {"no-successful-run", "undelivered"}


def test_a_missing_run_is_noticed_a_day_after_the_schedule_would_have_started_it(default: Synthesis) -> None:
    assert alarms(default)["no-successful-run"]["EvaluationPeriods"] == 48  # cron(0 9 * * ? *)


def test_an_alarm_looks_back_a_week_at_most(other: Synthesis) -> None:
    alarm = alarms(other)["no-successful-run"]  # cron(0 9 1 * ? *)

    assert alarm["Period"] * alarm["EvaluationPeriods"] == 7 * 24 * 3600


def read_metrics(stack: Synthesis) -> set[str]:
    """Our own metrics on the dashboard and in alarms."""
    board = json.loads(text_of(stack.the("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    shown = {
        metric[1]
        for widget in board["widgets"]
        for metric in widget["properties"].get("metrics", [])
        if metric[0] == OURS and metric[2:4] == ["environment", "prod"]
    }
    return shown | {one["MetricName"] for one in alarms(stack).values() if one["Namespace"] == OURS}


def test_every_metric_that_is_emitted_is_read_and_nothing_else_is(default: Synthesis) -> None:
    assert read_metrics(default) == set(metrics.UNITS)


def test_there_are_no_more_metrics_than_are_worth_their_money() -> None:
    assert len(metrics.UNITS) <= 9
    assert metrics.DIMENSION == "environment"


def test_the_dashboard_shows_every_alarm_the_runs_and_where_to_look(default: Synthesis) -> None:
    dashboard = default.the("AWS::CloudWatch::Dashboard")
    widgets = json.loads(text_of(dashboard["DashboardBody"]))["widgets"]
    [status] = [one["properties"]["alarms"] for one in widgets if one["type"] == "alarm"]
    [text] = [one["properties"]["markdown"] for one in widgets if one["type"] == "text"]
    runs = {metric[1] for one in widgets for metric in one["properties"].get("metrics", []) if metric[0] == RUNS}

    assert dashboard["DashboardName"] == "toggl-gitlab-sync-prod"
    assert set(status) == {f"<{key}>" for key in default.resources("AWS::CloudWatch::Alarm")}
    assert runs == {"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"}
    assert "/statemachines/view/" in text
    assert names.RUNBOOK in text


def test_every_graph_of_the_dashboard_shows_more_than_the_last_day(default: Synthesis) -> None:
    """A bar or a pie stands for the most recent period alone: the CDK's words on `set_period_to_time_range`."""
    widgets = json.loads(text_of(default.the("AWS::CloudWatch::Dashboard")["DashboardBody"]))["widgets"]
    views = [one["properties"]["view"] for one in widgets if one["type"] == "metric"]

    assert set(views) == {"timeSeries"}


def test_the_documents_say_after_how_many_days_a_run_is_ended(default: Synthesis) -> None:
    days = {4: "four", 5: "five", 6: "six"}[default.definition["TimeoutSeconds"] // (24 * 3600)]
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in (names.RUNBOOK, "docs/troubleshooting.md")]

    assert [set(re.findall(r"run took longer than (\w+) days", text)) for text in texts] == [{days}, {days}]


def test_a_run_that_is_aborted_or_timed_out_is_published_with_its_link(default: Synthesis) -> None:
    [machine] = default.resources("AWS::StepFunctions::StateMachine")
    [topic] = default.resources("AWS::SNS::Topic")
    rule = default.the("AWS::Events::Rule")
    [target] = rule["Targets"]
    transformer = target["InputTransformer"]

    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [{"Ref": machine}], "status": ["ABORTED", "TIMED_OUT"]},
    }
    assert target["Arn"] == {"Ref": topic}
    assert set(transformer["InputPathsMap"].values()) == {
        "$.detail.executionArn",
        "$.detail.status",
        "$.detail.name",
    }
    assert "/v2/executions/details/<detail-executionArn> " in text_of(transformer["InputTemplate"])


def test_the_message_points_to_the_runbooks_section_for_either_end(default: Synthesis) -> None:
    [target] = default.the("AWS::Events::Rule")["Targets"]
    runbook = (ROOT / names.RUNBOOK).read_text(encoding="utf-8")

    sections = re.findall(
        rf"{re.escape(names.RUNBOOK)}#([a-z-]+)", text_of(target["InputTransformer"]["InputTemplate"])
    )

    assert sections == ["run-aborted", "run-timed-out"]
    assert [one for one in sections if f"\n## {one}\n" not in runbook] == []


def test_the_links_of_another_partition_lead_to_its_own_console(tmp_path: Path) -> None:
    text = json.dumps(synthesise(tmp_path, {"region": "cn-north-1"}).template)

    assert "https://cn-north-1.console.amazonaws.cn/states/home" in text
    assert "console.aws.amazon.com" not in text
