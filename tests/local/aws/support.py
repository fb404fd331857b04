"""Small state machines and functions on a local AWS, made with boto3."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from typing import Any

from local.aws.executions import Run
from local.aws.server import LocalAws

ROLE = "arn:aws:iam::111122223333:role/test"
WAIT_SCALE = 0.02
LIMIT_BYTES = 256 * 1024

FUNCTION = """
import os, time

class Rejected(Exception):
    pass

def handler(event, context):
    match event.get("do"):
        case "raise": raise Rejected("no such issue: Müller")
        case "exit": os._exit(3)
        case "hang": time.sleep(30)
        case "set": return {1, 2}
        case "big": return "x" * event["size"]
        case "sleep": time.sleep(event["seconds"])
        case "say": print(*event["lines"], sep=os.linesep)
    return {"pid": os.getpid(), "event": event}
"""

numbers = itertools.count()
States = dict[str, dict[str, Any]]


class Machines:
    """Runs machines that exist for one test."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.client = aws.client("stepfunctions")

    def create(self, states: States, **top: Any) -> str:
        definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states, **top}
        arn: str = self.client.create_state_machine(
            name=f"machine-{next(numbers)}", roleArn=ROLE, definition=json.dumps(definition)
        )["stateMachineArn"]
        return arn

    def run(self, states: States, data: Any = None, **top: Any) -> Run:
        return self.aws.run(self.create(states, **top), data)

    def evaluate(self, expression: str, data: Any = None) -> Run:
        return self.run({"Only": {"Type": "Pass", "Output": f"{{% {expression} %}}", "End": True}}, data)


def add_function(
    aws: LocalAws, name: str, source: str, *, handler: str = "index.handler", timeout_seconds: int = 1
) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", source)
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler=handler,
        Timeout=timeout_seconds,
        Code={"ZipFile": package.getvalue()},
    )


def invoke(function: str = "worker", payload: Any = "{% $states.input %}", **more: Any) -> dict[str, Any]:
    """A Task state that calls a function and gives on what it returned."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": "{% $states.result.Payload %}",
        **({} if "Next" in more else {"End": True}),
        **more,
    }


def types(run: Run) -> list[str]:
    return [event["type"] for event in run.history]
