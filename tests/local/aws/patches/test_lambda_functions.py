"""Lambda functions fail, crash and overrun as on AWS."""

from __future__ import annotations

import json

import pytest

from local.aws.server import LocalAws
from tests.local.aws.support import FUNCTION, Machines, add_function, invoke, numbers


def test_the_error_of_a_raised_exception_is_its_class_name_and_the_cause_is_the_runtimes_json(
    machines: Machines,
) -> None:
    run = machines.run({"Call": invoke()}, {"do": "raise"})

    assert (run.status, run.error) == ("FAILED", "Rejected")
    cause = json.loads(run.cause or "")
    assert list(cause) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (cause["errorMessage"], cause["errorType"]) == ("no such issue: Müller", "Rejected")
    assert 'raise Rejected("no such issue: Müller")' in cause["stackTrace"][0]
    assert len(cause["stackTrace"]) == 1


def test_a_function_stays_warm_after_an_exception(machines: Machines) -> None:
    machine = machines.create({"Call": invoke()})
    before = machines.aws.run(machine, {}).output["pid"]

    machines.aws.run(machine, {"do": "raise"})

    assert machines.aws.run(machine, {}).output["pid"] == before


def test_a_function_that_dies_gives_exit_error_and_is_started_anew(machines: Machines) -> None:
    machine = machines.create({"Call": invoke()})
    before = machines.aws.run(machine, {}).output["pid"]

    run = machines.aws.run(machine, {"do": "exit"})

    assert run.error == "Runtime.ExitError"
    assert json.loads(run.cause or "")["errorType"] == "Runtime.ExitError"
    assert machines.aws.run(machine, {}).output["pid"] != before


def test_a_function_that_overruns_its_timeout_is_killed_with_sandbox_timedout(machines: Machines) -> None:
    machine = machines.create({"Call": invoke()})
    before = machines.aws.run(machine, {}).output["pid"]

    run = machines.aws.run(machine, {"do": "hang"})

    assert run.error == "Sandbox.Timedout"
    assert json.loads(run.cause or "")["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert machines.aws.run(machine, {}).output["pid"] != before


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("import missing", "Runtime.ImportModuleError", "Unable to import module 'index': No module named 'missing'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("def", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index': invalid syntax (index.py, line 1)"),
        ("raise KeyError('TOGGL_URL')", "KeyError", "'TOGGL_URL'"),
    ],
)
def test_a_function_that_cannot_be_loaded_says_why_as_on_aws(
    machines: Machines, source: str, error: str, message: str
) -> None:
    name = f"unloadable-{next(numbers)}"
    add_function(machines.aws, name, source)

    run = machines.run({"Call": invoke(name)})

    assert run.error == error
    assert json.loads(run.cause or "")["errorMessage"] == message


def test_a_result_that_is_not_json_is_a_marshal_error(machines: Machines) -> None:
    run = machines.run({"Call": invoke()}, {"do": "set"})

    assert run.error == "Runtime.MarshalError"
    assert "Unable to marshal response: Object of type set is not JSON serializable" in (run.cause or "")


def test_an_exceptions_traceback_is_in_the_functions_log(machines: Machines) -> None:
    machines.run({"Call": invoke()}, {"do": "raise"})

    events = machines.aws.client("logs").filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    assert any("[ERROR] Rejected: no such issue" in event["message"] for event in events)
    assert any("Traceback (most recent call last)" in event["message"] for event in events)


def test_all_that_a_call_logs_is_in_the_log_and_nothing_else(machines: Machines) -> None:
    said = [f"line {number} of a long log" for number in range(500)]

    machines.run({"Call": invoke()}, {"do": "say", "lines": said})

    pages = machines.aws.client("logs").get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/worker")
    messages = [event["message"].strip() for page in pages for event in page["events"]]
    assert [message for message in messages if message.endswith("of a long log")] == said
    assert not [message for message in messages if "local.aws" in message]


def test_what_is_logged_after_its_group_was_deleted_makes_no_new_one(machines: Machines) -> None:
    logs, name = machines.aws.client("logs"), f"outliving-{next(numbers)}"
    add_function(machines.aws, name, FUNCTION, timeout_seconds=5)
    logs.create_log_group(logGroupName=f"/aws/lambda/{name}")
    started = machines.client.start_execution(
        stateMachineArn=machines.create({"Call": invoke(name)}), input='{"do": "sleep", "seconds": 0.3}'
    )

    logs.delete_log_group(logGroupName=f"/aws/lambda/{name}")
    run = machines.aws.wait_for(started["executionArn"])

    assert run.status == "SUCCEEDED"
    assert logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"] == []


def test_lambdas_own_api_reports_the_exception_too(aws: LocalAws) -> None:
    answer = aws.client("lambda").invoke(FunctionName="worker", Payload=b'{"do": "raise"}')

    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "Rejected"


def test_a_small_machine_has_awss_own_limit_of_calls_at_once(aws: LocalAws) -> None:
    limit = aws.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]

    assert limit == 1_000
