"""Who hears of it when something is wrong, what is watched for that, and the page that shows a person how it goes."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from contract import metrics, names
from contract.settings import Settings
from stacks.schedule import Schedule, longest_pause

LOOKING_BACK_HOURS = 7 * 24
"""An alarm over periods of an hour looks back a week at most (CloudWatch API, PutMetricAlarm, EvaluationPeriods)."""

QUOTA_NEARLY_SPENT = 5
"""Requests to Toggl in this hour. A run needs one or two, and as many again when it is repeated; the smallest plan has
30."""

_SOON = Duration.minutes(5)
_A_DAY = Duration.days(1)


class AlarmTopic(Construct):
    """Where alarms and failed runs are published. `alarm_email` is subscribed if it is set, and confirms that once."""

    def __init__(self, scope: Construct, construct_id: str, settings: Settings) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(self, "Topic", topic_name=names.topic(settings.environment), enforce_ssl=True)
        # A topic with a policy of its own has lost the one by which an account's alarms may publish.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        if settings.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))


class Monitoring(Construct):
    """The alarms, each with its section of the runbook; the message about runs that were stopped; the dashboard.

    schedule: None when the deployment has none; then nobody misses a run.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        machine: sfn.StateMachine,
        topic: sns.ITopic,
        schedule: Schedule | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._machine = machine
        self._topic = topic
        alarms = self._alarms_about_runs()
        alarms.append(self._alarm_about_the_quota())
        if schedule:
            alarms += [self._alarm_about_missing_runs(), self._alarm_about_undelivered_starts(schedule)]
        self._tell_of_stopped_runs()
        self._dashboard(alarms)

    def _alarms_about_runs(self) -> list[cloudwatch.Alarm]:
        at_once: dict[str, Any] = {"statistic": cloudwatch.Stats.SUM, "period": _SOON}
        return [
            self._alarm(
                "RunFailed",
                "run-failed",
                "A run failed. A mail of its own says why, and names the entries.",
                self._machine.metric_failed(**at_once),
                threshold=1,
            ),
            self._alarm(
                "RunTimedOut",
                "run-timed-out",
                "A run was ended by the state machine's own timeout.",
                self._machine.metric_timed_out(**at_once),
                threshold=1,
            ),
            self._alarm(
                "RunAborted",
                "run-aborted",
                "Somebody stopped a run.",
                self._machine.metric_aborted(**at_once),
                threshold=1,
            ),
        ]

    def _alarm_about_the_quota(self) -> cloudwatch.Alarm:
        return self._alarm(
            "TogglQuota",
            "toggl-quota",
            f"Fewer than {QUOTA_NEARLY_SPENT} requests to Toggl are left in this hour.",
            self._metric(metrics.TOGGL_QUOTA_LEFT, cloudwatch.Stats.MINIMUM, _SOON),
            threshold=QUOTA_NEARLY_SPENT,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        )

    def _alarm_about_missing_runs(self) -> cloudwatch.Alarm:
        allowed = longest_pause(self._settings.schedule) + timedelta(days=1)
        hours = min(math.ceil(allowed / timedelta(hours=1)), LOOKING_BACK_HOURS)
        return self._alarm(
            "NoSuccessfulRun",
            "no-successful-run",
            f"No run succeeded within {hours} hours, although the schedule is {self._settings.schedule}.",
            self._machine.metric_succeeded(statistic=cloudwatch.Stats.SUM, period=Duration.hours(1)),
            threshold=1,
            periods=hours,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            # An hour in which nothing ran has no data, and that is what this is about.
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _alarm_about_undelivered_starts(self, schedule: Schedule) -> cloudwatch.Alarm:
        return self._alarm(
            "Undelivered",
            "undelivered",
            "The schedule could not start a run; the queue holds what it wanted to start.",
            schedule.undelivered.metric_approximate_number_of_messages_visible(
                statistic=cloudwatch.Stats.MAXIMUM, period=_SOON
            ),
            threshold=1,
        )

    def _alarm(
        self,
        construct_id: str,
        what: str,
        description: str,
        metric: cloudwatch.Metric,
        *,
        threshold: int,
        periods: int = 1,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        """One alarm. what: the end of its name, and its section in the runbook."""
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_name=names.alarm(self._settings.environment, what),
            alarm_description=f"{description} What to do: {names.RUNBOOK}#{what}",
            metric=metric,
            threshold=threshold,
            comparison_operator=comparison,
            evaluation_periods=periods,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))
        return alarm

    def _tell_of_stopped_runs(self) -> None:
        """A run that is aborted or timed out cannot publish its own failure.

        The rule publishes by a role. By the topic's policy any account's rule could: "You can't use Condition blocks in
        Amazon SNS topic policies for EventBridge" (its user guide, "Using resource-based policies").
        """
        role = iam.Role(
            self,
            "RunStoppedRole",
            description=names.role_description(
                self._settings.environment, self._settings.region, "what the rule of stopped runs may do"
            ),
            # No other account can give this role to a rule of its own.
            assumed_by=iam.ServicePrincipal("events.amazonaws.com"),
        )
        arn = events.EventField.from_path("$.detail.executionArn")
        status = events.EventField.from_path("$.detail.status")
        name = events.EventField.from_path("$.detail.name")
        page = names.execution_page(Stack.of(self).region, arn)
        events.Rule(
            self,
            "RunStopped",
            rule_name=names.stopped_rule(self._settings.environment),
            description="runs that were aborted or timed out, which cannot tell it themselves",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "stateMachineArn": [self._machine.state_machine_arn],
                    "status": ["ABORTED", "TIMED_OUT"],
                },
            ),
            targets=[
                targets.SnsTopic(
                    self._topic,
                    role=role,
                    message=events.RuleTargetInput.from_text(
                        f"The run {name} of {names.state_machine(self._settings.environment)} was ended before it was"
                        f" done: {status}. What it has posted stays, and the next run posts what is missing: start a"
                        f" new one, do not redrive this one. Look at it: {page}"
                        f" What to do: {names.RUNBOOK}#run-aborted, or {names.RUNBOOK}#run-timed-out if it timed out."
                    ),
                )
            ],
        )

    def _dashboard(self, alarms: list[cloudwatch.Alarm]) -> None:
        board = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=names.dashboard(self._settings.environment),
            default_interval=Duration.days(14),
        )
        board.add_widgets(
            cloudwatch.AlarmStatusWidget(title="Is anything wrong?", alarms=alarms, width=12, height=4),
            cloudwatch.TextWidget(markdown=self._links(), width=12, height=4),
        )
        a_day: dict[str, Any] = {"statistic": cloudwatch.Stats.SUM, "period": _A_DAY}
        board.add_widgets(
            self._days(
                "Runs a day",
                [
                    self._machine.metric_succeeded(label="succeeded", color=cloudwatch.Color.GREEN, **a_day),
                    self._machine.metric_failed(label="failed", color=cloudwatch.Color.RED, **a_day),
                    self._machine.metric_timed_out(label="timed out", color=cloudwatch.Color.ORANGE, **a_day),
                    self._machine.metric_aborted(label="aborted", color=cloudwatch.Color.GREY, **a_day),
                ],
                stacked=True,
            ),
            self._days(
                "Entries a day, by what became of them",
                [
                    self._metric(metrics.CREATED, cloudwatch.Stats.SUM, _A_DAY, cloudwatch.Color.GREEN),
                    self._metric(metrics.KEPT, cloudwatch.Stats.SUM, _A_DAY, cloudwatch.Color.BLUE),
                    self._metric(metrics.SKIPPED, cloudwatch.Stats.SUM, _A_DAY, cloudwatch.Color.GREY),
                    self._metric(metrics.FAILED, cloudwatch.Stats.SUM, _A_DAY, cloudwatch.Color.RED),
                ],
                stacked=True,
            ),
        )
        board.add_widgets(
            self._days("Time logged a day (s)", [self._metric(metrics.SECONDS_LOGGED, cloudwatch.Stats.SUM, _A_DAY)]),
            self._days("Entries read a day", [self._metric(metrics.FETCHED, cloudwatch.Stats.SUM, _A_DAY)]),
            self._days("Requests a day", [self._metric(metrics.API_REQUESTS, cloudwatch.Stats.SUM, _A_DAY)]),
            cloudwatch.GraphWidget(
                title="Toggl's quota left",
                left=[self._metric(metrics.TOGGL_QUOTA_LEFT, cloudwatch.Stats.MINIMUM, Duration.hours(1))],
                left_annotations=[
                    cloudwatch.HorizontalAnnotation(value=QUOTA_NEARLY_SPENT, color=cloudwatch.Color.RED)
                ],
                left_y_axis=cloudwatch.YAxisProps(min=0),
                width=6,
            ),
        )

    def _days(self, title: str, shown: list[cloudwatch.IMetric], *, stacked: bool = False) -> cloudwatch.GraphWidget:
        return cloudwatch.GraphWidget(
            title=title,
            left=shown,
            stacked=stacked,
            left_y_axis=cloudwatch.YAxisProps(min=0),
            width=12 if stacked else 6,
        )

    def _metric(self, name: str, statistic: str, period: Duration, color: str | None = None) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=metrics.NAMESPACE,
            metric_name=name,
            dimensions_map={metrics.DIMENSION: self._settings.environment},
            statistic=statistic,
            period=period,
            color=color,
        )

    def _links(self) -> str:
        region = Stack.of(self).region
        logs = f"{names.console(region)}/cloudwatch/home?region={region}#logsV2:log-groups"
        return (
            f"**{names.state_machine(self._settings.environment)}**\n\n"
            f"[All runs]({names.machine_page(region, self._machine.state_machine_arn)}) - [logs]({logs})\n\n"
            f"Schedule: `{self._settings.schedule}` ({self._settings.timezone}). When an alarm is on: {names.RUNBOOK}"
        )


def console_of_executions(scope: Construct) -> str:
    """What an execution's ARN is put behind to get its page in the AWS console."""
    return names.execution_page(Stack.of(scope).region, "")
