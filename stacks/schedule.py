"""What starts a run by itself: EventBridge Scheduler, in the settings' timezone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from aws_cdk import Aws, Duration, RemovalPolicy, Stack, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError
from constructs import Construct

from contract import names
from contract.errors import InvalidSettings
from contract.settings import Settings
from stacks.rules import acknowledge

_FIRST_DAY = datetime(2027, 1, 1, tzinfo=UTC)
_LOOKED_AT = timedelta(days=35)
"""A fixed span, so that the same settings always give the same template. Years and months restrict hardly anybody."""


class Schedule(Construct):
    """Starts the state machine with its own time as the input, so that a late start has the window of its hour.

    `undelivered`: the queue that gets a start that could not be delivered within an hour.
    """

    def __init__(
        self, scope: Construct, construct_id: str, settings: Settings, state_machine: sfn.StateMachine
    ) -> None:
        super().__init__(scope, construct_id)
        # Without a name of its own: SQS gives none again within 60 s of a deletion, so a new try would fail.
        self.undelivered = sqs.Queue(
            self,
            "Undelivered",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
            removal_policy=RemovalPolicy.DESTROY,
        )
        acknowledge(self.undelivered, "SQS3", "It is the dead-letter queue, of a schedule.")
        scheduler.Schedule(
            self,
            "Schedule",
            schedule_name=names.schedule(settings.environment),
            description=f"{names.PRODUCT} ({settings.environment})",
            schedule=scheduler.ScheduleExpression.expression(settings.schedule, TimeZone.of(settings.timezone)),
            target=targets.StepFunctionsStartExecution(
                state_machine,
                input=scheduler.ScheduleTargetInput.from_object(
                    {"scheduled_time": scheduler.ContextAttribute.scheduled_time}
                ),
                max_event_age=Duration.hours(1),
                retry_attempts=10,
                dead_letter_queue=self.undelivered,
                role=self._role(settings),
            ),
        )

    def _role(self, settings: Settings) -> iam.Role:
        """What the target gives its rights to.

        The condition: the EventBridge Scheduler user guide, "Confused deputy prevention".
        """
        group = Stack.of(self).format_arn(service="scheduler", resource="schedule-group", resource_name="default")
        return iam.Role(
            self,
            "Role",
            description=names.role_description(settings.environment, settings.region, "what the schedule may do"),
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group}},
            ),
        )


def longest_pause(expression: str) -> timedelta:
    """The longest time between two starts by `rate(...)` or `cron(...)`, as far as a span of 35 days shows it.

    A cron that starts nothing in that span gives the whole span, as does one that the parser does not understand.
    Raises InvalidSettings for a cron that EventBridge would refuse.

    Its syntax: the EventBridge Scheduler user guide, "Schedule types".
    """
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return timedelta(**{f"{rate[2]}s": int(rate[1])})
    end = _FIRST_DAY + _LOOKED_AT
    try:
        cron = AwsCroniter(expression.removeprefix("cron(").removesuffix(")"))
        starts: list[datetime] = cron.get_all_schedule_bw_dates(_FIRST_DAY, end)
    except AwsCroniterExpressionError as error:
        raise InvalidSettings(
            f"schedule has the value '{expression}', which is not a cron expression that EventBridge knows: {error}"
            " Allowed are cron(minutes hours day-of-month month day-of-week year), rate(), or off."
        ) from error
    except ValueError:
        return _LOOKED_AT  # not refused, but not understood either: the pause is unknown
    return max(later - earlier for earlier, later in pairwise([_FIRST_DAY, *starts, end]))
