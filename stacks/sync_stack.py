"""One deployment of the sync: composed of one construct per capability."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from contract import names
from contract.settings import Settings
from stacks.functions import Functions
from stacks.monitoring import AlarmTopic, Monitoring
from stacks.schedule import Schedule
from stacks.storage import Storage
from stacks.workflow.order import Workflow


class SyncStack(Stack):
    """Secrets, the lock, three Lambdas, the state machine over them, who hears of failures, and the schedule."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.add_metadata(names.SETTINGS_METADATA, settings.unseen_texts())
        storage = Storage(self, "Storage", settings)
        functions = Functions(self, "Functions", settings, storage)
        topic = AlarmTopic(self, "Alarms", settings).topic
        workflow = Workflow(
            self,
            "Workflow",
            settings=settings,
            functions=functions,
            table=storage.table,
            bucket=storage.bucket,
            topic=topic,
        )
        machine = workflow.state_machine
        schedule = None if settings.schedule == "off" else Schedule(self, "Schedule", settings, machine)
        Monitoring(self, "Monitoring", settings=settings, machine=machine, topic=topic, schedule=schedule)
        outputs = {
            "StateMachineArn": machine.state_machine_arn,
            "FetchFunctionName": functions.fetch.function_name,
            "TransformFunctionName": functions.transform.function_name,
            "PostFunctionName": functions.post.function_name,
            "TogglSecretArn": storage.toggl_secret.secret_arn,
            "GitLabSecretArn": storage.gitlab_secret.secret_arn,
            "ScheduleExpression": f"{settings.schedule} {settings.timezone}",
            "ConsoleLink": names.machine_page(self.region, machine.state_machine_arn),
        }
        for key, value in outputs.items():
            CfnOutput(self, key, value=value)
