"""The state machine in this process: its synthesised definition and the real handlers, without a deployment.

Only AWS itself is stood in for. `local.aws.interpreter` runs the states, ministack answers as a library for DynamoDB,
SNS and Step Functions, a task that invokes a Lambda calls its handler, and secrets and files are in memory. Time is the
caller's: a wait only calls `sleep`. The iterations of a Map come one after the other, so that a run always goes alike.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from aws_xray_sdk import global_sdk_config
from botocore.exceptions import ClientError
from jsonata.functions import Functions
from jsonata.parser import Parser
from ministack.core.responses import now_iso
from ministack.services import dynamodb, sns, stepfunctions

from contract import names
from functions.fetch import handler as fetch
from functions.post import handler as post
from functions.shared import tokens
from functions.shared.handover import files
from functions.shared.http import Answer, Http
from functions.shared.instants import format_instant
from functions.shared.toggl.transport import Transport
from functions.transform import handler as transform
from local.aws.executions import Run
from local.aws.interpreter.errors import StateError
from local.aws.interpreter.execution import run_execution
from local.aws.interpreter.line import Line
from local.aws.patches.lambda_functions import handler_fault
from local.aws.patches.step_functions import Encoder, with_sdk_exception_name
from tests.stacks.support import Synthesis, synthesise

Json = dict[str, Any]

HANDLERS: dict[str, Callable[[Json, Any], Json]] = {
    "fetch": fetch.handle,
    "transform": transform.handle,
    "post": post.handle,
}
_TABLE = names.table("prod")
_MACHINE_ARN = f"arn:aws:states:us-east-1:000000000000:stateMachine:{names.state_machine('prod')}"
_numbers = count(1)
_prefix_sdk_error = stepfunctions._prefix_sdk_error


class Stopped(BaseException):
    """The execution is stopped, here and now."""


class LambdaCrash(BaseException):
    """A Lambda ends here and now, whatever it has done.

    name: what Step Functions calls it, one of `contract.errors.LAMBDA_CRASHES`.
    """

    def __init__(self, name: str = "Runtime.ExitError") -> None:
        super().__init__(f"The Lambda died: {name}")
        self.name = name


def definition_of(stack: Synthesis) -> str:
    """The definition of a stack, its functions called by their roles, its iterations one after the other."""
    text = json.dumps(stack.definition).replace("<AWS::Partition>", "aws")
    for key, resource in stack.template["Resources"].items():
        match resource["Type"], resource["Properties"]:
            case "AWS::Lambda::Function", {"FunctionName": name}:
                text = text.replace(f"<{key}>", name.rpartition("-")[2])
            case "AWS::Lambda::Version", {"FunctionName": {"Ref": function}}:
                name = stack.template["Resources"][function]["Properties"]["FunctionName"]
                text = text.replace(f"<{key}>", name.rpartition("-")[2])
            case "AWS::DynamoDB::Table", {"TableName": name}:
                text = text.replace(f"<{key}>", name)
            case "AWS::SNS::Topic", {"TopicName": name}:
                text = text.replace(f"<{key}>", f"arn:aws:sns:us-east-1:000000000000:{name}")
    return json.dumps(_one_after_the_other(json.loads(text)))


def _one_after_the_other(machine: Json) -> Json:
    for state in machine["States"].values():
        if state["Type"] == "Map":
            state["MaxConcurrency"] = 1
            _one_after_the_other(state["ItemProcessor"])
    return machine


@dataclass
class Clock:
    """A time that only passes when something waits."""

    started_at: datetime
    passed_seconds: float = 0.0

    def now(self) -> datetime:
        return self.started_at + timedelta(seconds=self.passed_seconds)

    def seconds(self) -> float:
        return self.passed_seconds

    def sleep(self, seconds: float) -> None:
        self.passed_seconds += seconds


@dataclass(kw_only=True)
class Machine:
    """An environment, with a new table of its own.

    definition: as `definition_of` gives it. variables: of the functions. secrets: their texts by name. now, clock,
    sleep: the time, seconds that pass, and how to let some of them pass. files: what is in S3, by key.

    at_state: gets the name of each state that is entered, and may raise Stopped. in_lambda: is called when a handler
    begins, and may raise LambdaCrash too. exchange: makes each request of a handler, by what it gets to send it with.
    """

    definition: str
    variables: dict[str, str]
    secrets: dict[str, str]
    now: Callable[[], datetime]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    at_state: Callable[[str], None] = lambda _name: None
    in_lambda: Callable[[], None] = lambda: None
    exchange: Callable[..., Answer] = lambda send, method, url, **what: send(method, url, **what)
    files: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _patch_once()
        self.drop_table()
        dynamodb._create_table(
            {
                "TableName": _TABLE,
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            }
        )
        sns._create_topic({"Name": names.topic("prod")})

    def run(self, run_input: Any) -> Run:
        """One execution, from its start to its end."""
        execution = stepfunctions._executions[self.begin(run_input)]
        with self._in_place(execution), suppress(Stopped):
            run_execution(execution["executionArn"])
        output = execution["output"]
        return Run(
            arn=execution["executionArn"],
            status=execution["status"],
            input=run_input,
            output=json.loads(output) if output is not None else None,
            error=execution.get("error"),
            cause=execution.get("cause"),
            history=tuple(execution["events"]),
        )

    def begin(self, run_input: Any) -> str:
        """An execution that has started and does nothing yet; returns its ARN."""
        stepfunctions._state_machines[_MACHINE_ARN] = {
            "name": names.state_machine("prod"),
            "roleArn": "arn:aws:iam::000000000000:role/workflow",
            "definition": self.definition,
        }
        name, text = f"run-{next(_numbers)}", json.dumps(run_input)
        arn = f"{_MACHINE_ARN.replace('stateMachine', 'execution')}:{name}"
        stepfunctions._executions[arn] = {
            "executionArn": arn,
            "stateMachineArn": _MACHINE_ARN,
            "name": name,
            "input": text,
            "status": "RUNNING",
            "startDate": format_instant(self.now()),
            "stopDate": None,
            "output": None,
            "events": [{"id": 1, "type": "ExecutionStarted", "executionStartedEventDetails": {"input": text}}],
        }
        return arn

    def stop(self, arn: str) -> None:
        stepfunctions._executions[arn].update(status="ABORTED", stopDate=now_iso())

    def item(self) -> dict[str, str]:
        """What is recorded in the table; empty before the first run."""
        _, _, body = dynamodb._get_item({"TableName": _TABLE, "Key": {"id": {"S": "sync"}}})
        return {name: value["S"] for name, value in json.loads(body).get("Item", {}).items()}

    def record(self, **item: str) -> None:
        values = {name: {"S": value} for name, value in {"id": "sync", **item}.items()}
        dynamodb._put_item({"TableName": _TABLE, "Item": values})

    def drop_table(self) -> None:
        dynamodb._tables.pop(_TABLE, None)

    @contextmanager
    def _in_place(self, execution: Json) -> Iterator[None]:
        record = Line.record

        def watched(line: Line, event_type: str, key: str | None = None, **details: Any) -> None:
            record(line, event_type, key, **details)
            if event_type.endswith("StateEntered"):
                with self._stopping(execution):
                    self.at_state(details["name"])

        def invoke(resource: str, arguments: Json, _timeout_seconds: int) -> Any:
            if not resource.endswith(":lambda:invoke"):
                return stepfunctions._invoke_resource(resource, arguments)
            with self._stopping(execution):
                return {"StatusCode": 200, "Payload": self._call(arguments["FunctionName"], arguments["Payload"])}

        send = Http.request

        def exchange(http: Http, method: str, url: str, **what: Any) -> Answer:
            return self.exchange(partial(send, http), method, url, **what)

        with ExitStack() as places:
            global_sdk_config.set_sdk_enabled(False)
            places.callback(global_sdk_config.set_sdk_enabled, True)
            for place in (
                patch.object(Line, "record", watched),
                patch.object(Line, "sleep", lambda _line, seconds: self.sleep(seconds)),
                patch.object(stepfunctions, "_invoke_resource_with_timeout", invoke),
                patch.object(stepfunctions, "_prefix_sdk_error", with_sdk_exception_name(_prefix_sdk_error)),
                patch.object(Functions, "Encoder", Encoder),
                patch.object(Http, "request", exchange),
                patch.object(tokens, "_secrets", lambda: _Secrets(self.secrets)),
                patch.object(files, "_s3", lambda: _Files(self.files)),
                patch.dict(Transport.__init__.__kwdefaults__, {"clock": self.clock, "sleep": self.sleep}),
                patch.dict(os.environ, self.variables | {"POWERTOOLS_METRICS_DISABLED": "true"}),
            ):
                places.enter_context(place)
            yield

    @contextmanager
    def _stopping(self, execution: Json) -> Iterator[None]:
        """Whatever else runs of a stopped execution halts too."""
        try:
            yield
        except Stopped:
            self.stop(execution["executionArn"])
            raise

    def _call(self, role: str, payload: Json) -> Json:
        event = json.loads(json.dumps(payload))
        context = SimpleNamespace(aws_request_id="request", get_remaining_time_in_millis=lambda: 300_000)
        try:
            self.in_lambda()
            answer: Json = json.loads(json.dumps(HANDLERS[role](event, context)))
        except LambdaCrash as crash:
            raise StateError(crash.name, json.dumps({"errorType": crash.name, "errorMessage": str(crash)})) from crash
        except Exception as error:
            fault = handler_fault(error, context.aws_request_id)
            raise StateError(fault["errorType"], json.dumps(fault, ensure_ascii=False)) from error
        return answer


@cache
def synthesised() -> str:
    """The definition of a deployment with no settings of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return definition_of(synthesise(Path(folder), {}))


@cache
def _patch_once() -> None:
    # An expression is parsed once, not each time that it is evaluated, which would take half of the time of a run.
    parse = Parser.parse
    parsed = cache(lambda *text: parse(Parser(), *text))
    Parser.parse = lambda _parser, *text: parsed(*text)


@dataclass(frozen=True)
class _Secrets:
    texts: dict[str, str]

    def get(self, name: str, **_how: Any) -> str:
        if name not in self.texts:
            refusal = ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
            raise GetParameterError(str(refusal)) from refusal
        return self.texts[name]


@dataclass(frozen=True)
class _Files:
    files: dict[str, bytes]

    def put_object(self, *, Key: str, Body: Any, **_how: Any) -> None:  # noqa: N803 - as boto3 calls them
        self.files[Key] = Body.read()

    def get_object(self, *, Key: str, **_how: Any) -> Json:  # noqa: N803
        if Key not in self.files:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        body = io.BytesIO(self.files[Key])
        return {"Body": SimpleNamespace(iter_lines=lambda: (line.rstrip(b"\n") for line in body))}
