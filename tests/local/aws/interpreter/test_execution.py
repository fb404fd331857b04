"""Whole executions: ended by time, by hand, and side by side."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

from tests.local.aws.support import Machines, invoke, types


def test_a_machine_over_its_own_timeout_is_timed_out(machines: Machines) -> None:
    run = machines.run({"Pause": {"Type": "Wait", "Seconds": 3000, "End": True}}, TimeoutSeconds=1)

    assert run.status == "TIMED_OUT"
    assert types(run)[-1] == "ExecutionTimedOut"


def test_a_stopped_execution_stays_stopped_and_calls_nothing_more(machines: Machines) -> None:
    body = {"StartAt": "Call", "States": {"Call": invoke()}}
    items = [{"do": "sleep", "seconds": 0.3}] * 20
    machine = machines.create({"Each": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": body, "End": True}})
    arn = machines.client.start_execution(stateMachineArn=machine, input=json.dumps(items))["executionArn"]
    time.sleep(0.5)

    machines.client.stop_execution(executionArn=arn, error="ByHand", cause="enough")
    at_once = machines.aws.wait_for(arn)
    time.sleep(0.5)
    later = machines.aws.wait_for(arn)

    assert (later.status, later.error, later.cause) == ("ABORTED", "ByHand", "enough")
    assert types(later)[-1] == "ExecutionAborted"
    assert len(later.history) == len(at_once.history)


def test_executions_side_by_side_do_not_mix(machines: Machines) -> None:
    machine = machines.create(
        {
            "Call": invoke(Assign={"n": "{% $states.input.n %}"}, Next="End"),
            "End": {"Type": "Succeed", "Output": "{% $n %}"},
        }
    )

    with ThreadPoolExecutor(5) as pool:
        runs = list(pool.map(lambda n: machines.aws.run(machine, {"n": n}), range(10)))

    assert [run.output for run in runs] == list(range(10))
