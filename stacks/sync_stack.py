"""One deployment of the sync: composed of one construct per capability."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from contract.settings import Settings
from stacks.functions import Functions
from stacks.monitoring import Monitoring
from stacks.schedule import Schedule
from stacks.storage import Storage
from stacks.workflow import Workflow


class SyncStack(Stack):
    """Secrets, the lock, three Lambdas, the state machine over them, who hears of failures, and the schedule."""

    def __init__(self, scope: Construct, construct_id: str, *, settings: Settings, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        storage = Storage(self, "Storage", settings)
        functions = Functions(self, "Functions", settings, storage)
        monitoring = Monitoring(self, "Monitoring", settings)
        workflow = Workflow(
            self,
            "Workflow",
            settings=settings,
            functions=functions,
            table=storage.table,
            topic=monitoring.topic,
        )
        if settings.schedule != "off":
            Schedule(self, "Schedule", settings, workflow.state_machine)
        arn = workflow.state_machine.state_machine_arn
        outputs = {
            "StateMachineArn": arn,
            "FetchFunctionName": functions.fetch.function_name,
            "TransformFunctionName": functions.transform.function_name,
            "PostFunctionName": functions.post.function_name,
            "TogglSecretArn": storage.toggl_secret.secret_arn,
            "GitLabSecretArn": storage.gitlab_secret.secret_arn,
            "ScheduleExpression": f"{settings.schedule} {settings.timezone}",
            "ConsoleLink": f"https://{self.region}.console.aws.amazon.com/states/home?region={self.region}"
            f"#/statemachines/view/{arn}",
        }
        for key, value in outputs.items():
            CfnOutput(self, key, value=value)
