"""An execution's history has the events, the links and the limit of AWS."""

from __future__ import annotations

import json
import time

from tests.local.aws.support import Machines, invoke, types


def test_a_history_of_25000_events_ends_the_execution(machines: Machines) -> None:
    machine = machines.create({"Ping": {"Type": "Pass", "Next": "Pong"}, "Pong": {"Type": "Pass", "Next": "Ping"}})
    arn = machines.client.start_execution(stateMachineArn=machine)["executionArn"]

    while (execution := machines.client.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(0.1)
    last = machines.client.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=1)["events"][0]

    assert (execution["status"], execution["error"]) == ("FAILED", "States.Runtime")
    assert "maximum number of history events (25000)" in execution["cause"]
    assert (last["id"], last["type"]) == (25_000, "ExecutionFailed")


def test_the_history_links_every_event_of_every_map_iteration(machines: Machines) -> None:
    body = {
        "StartAt": "Call",
        "States": {"Call": invoke(Next="Rest"), "Rest": {"Type": "Wait", "Seconds": 1, "End": True}},
    }
    items = [{"n": n} for n in range(8)]

    run = machines.run({"Each": {"Type": "Map", "MaxConcurrency": 4, "ItemProcessor": body, "End": True}}, items)

    assert [event["id"] for event in run.history] == list(range(1, len(run.history) + 1))
    by_id = {event["id"]: event for event in run.history}
    for index in range(8):
        (end,) = (
            event
            for event in run.history
            if event.get("mapIterationSucceededEventDetails") == {"name": "Each", "index": index}
        )
        path = [end]
        while path[-1]["type"] != "MapStateStarted":
            path.append(by_id[path[-1]["previousEventId"]])
        assert [event["type"] for event in reversed(path)] == [
            "MapStateStarted",
            "MapIterationStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
            "TaskStateExited",
            "WaitStateEntered",
            "WaitStateExited",
            "MapIterationSucceeded",
        ]
        entered = next(event for event in path if event["type"] == "TaskStateEntered")["stateEnteredEventDetails"]
        assert (entered["name"], json.loads(entered["input"])) == ("Call", {"n": index})
    assert types(run)[:3] == ["ExecutionStarted", "MapStateEntered", "MapStateStarted"]
    assert types(run)[-3:] == ["MapStateSucceeded", "MapStateExited", "ExecutionSucceeded"]


def test_a_functions_arn_as_resource_has_lambdas_own_events(machines: Machines) -> None:
    arn = machines.aws.client("lambda").get_function(FunctionName="worker")["Configuration"]["FunctionArn"]
    state = {"Type": "Task", "Resource": arn, "Arguments": {"do": "raise"}, "End": True}

    run = machines.run({"Call": state})

    assert types(run) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionFailed",
        "ExecutionFailed",
    ]
    assert run.history[4]["lambdaFunctionFailedEventDetails"]["error"] == "Rejected"
