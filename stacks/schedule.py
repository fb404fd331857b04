"""What starts a run by itself: EventBridge Scheduler, in the settings' timezone."""

from __future__ import annotations

from aws_cdk import Duration, TimeZone
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from contract import names
from contract.settings import Settings


class Schedule(Construct):
    """Starts the state machine with its own time as the input, so that a late start has the window of its hour."""

    def __init__(
        self, scope: Construct, construct_id: str, settings: Settings, state_machine: sfn.StateMachine
    ) -> None:
        super().__init__(scope, construct_id)
        scheduler.Schedule(
            self,
            "Schedule",
            schedule_name=names.state_machine(settings.environment),
            description=f"{names.PRODUCT} ({settings.environment})",
            schedule=scheduler.ScheduleExpression.expression(settings.schedule, TimeZone.of(settings.timezone)),
            target=targets.StepFunctionsStartExecution(
                state_machine,
                input=scheduler.ScheduleTargetInput.from_object(
                    {"scheduled_time": scheduler.ContextAttribute.scheduled_time}
                ),
                max_event_age=Duration.hours(1),
                retry_attempts=10,
            ),
        )
