"""What the local AWS does where ministack alone would not do as AWS: small machines and functions, made with boto3."""

import importlib.metadata
import io
import itertools
import json
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws import interpreter, patches
from local.aws.server import LocalAws, Run

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


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(wait_scale=WAIT_SCALE) as local:
        local.client("logs").create_log_group(logGroupName="/aws/lambda/worker")
        add_function(local, "worker", FUNCTION)
        yield local


@pytest.fixture(scope="module")
def machines(aws: LocalAws) -> Machines:
    return Machines(aws)


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


def test_a_result_that_is_no_json_is_a_marshal_error(machines: Machines) -> None:
    run = machines.run({"Call": invoke()}, {"do": "set"})

    assert run.error == "Runtime.MarshalError"
    assert "Unable to marshal response: Object of type set is not JSON serializable" in (run.cause or "")


def test_an_exceptions_traceback_is_in_the_functions_log(machines: Machines) -> None:
    machines.run({"Call": invoke()}, {"do": "raise"})

    events = machines.aws.client("logs").filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    assert any("[ERROR] Rejected: no such issue" in event["message"] for event in events)
    assert any("Traceback (most recent call last)" in event["message"] for event in events)


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


def test_a_throttled_task_is_called_too_many_requests(machines: Machines) -> None:
    add_function(machines.aws, "throttled", FUNCTION)
    machines.aws.client("lambda").put_function_concurrency(FunctionName="throttled", ReservedConcurrentExecutions=0)

    run = machines.run({"Call": invoke("throttled")})

    assert run.error == "Lambda.TooManyRequestsException"


def test_more_calls_at_once_than_ministack_allows_a_small_machine_are_not_throttled(machines: Machines) -> None:
    add_function(machines.aws, "crowd", FUNCTION, timeout_seconds=20)
    body = {"StartAt": "Call", "States": {"Call": invoke("crowd")}}

    run = machines.run(
        {"Each": {"Type": "Map", "MaxConcurrency": 40, "ItemProcessor": body, "End": True}},
        [{"do": "sleep", "seconds": 1.5}] * 18,
    )

    assert run.status == "SUCCEEDED", run.cause
    assert len({result["pid"] for result in run.output}) > 16


def test_retries_wait_at_most_max_delay_and_count_in_the_context(machines: Machines) -> None:
    retry = {
        "ErrorEquals": ["Rejected"],
        "IntervalSeconds": 1,
        "BackoffRate": 1000,
        "MaxDelaySeconds": 5,
        "MaxAttempts": 3,
    }
    payload = {"do": "raise", "retry": "{% $states.context.State.RetryCount %}"}

    run = machines.run({"Call": invoke(payload=payload, Retry=[retry])})

    assert run.error == "Rejected"
    calls = [event for event in run.history if event["type"] == "TaskScheduled"]
    sent = [json.loads(event["taskScheduledEventDetails"]["parameters"])["Payload"]["retry"] for event in calls]
    assert sent == [0, 1, 2, 3]
    pauses = [(b["timestamp"] - a["timestamp"]).total_seconds() for a, b in itertools.pairwise(calls)]
    # 1, 5 and 5 s, scaled; without the limit the second alone is 20 s.
    assert all(expected * WAIT_SCALE <= pause < 2 for pause, expected in zip(pauses, [1, 5, 5], strict=True))


def test_retry_delays_grow_to_the_limit_and_full_jitter_spreads_them_from_zero() -> None:
    retrier = {"IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 20}

    delays = [interpreter.retry_delay_seconds(retrier, tries) for tries in range(4)]
    jittered = [interpreter.retry_delay_seconds({**retrier, "JitterStrategy": "FULL"}, 1) for _ in range(500)]

    assert delays == [2, 6, 18, 20]
    assert 0 <= min(jittered) < 1
    assert 5 < max(jittered) <= 6


@pytest.mark.parametrize(
    ("error_equals", "error", "expected"),
    [
        (["States.ALL"], "Rejected", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.QueryEvaluationError", True),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
        (["States.DataLimitExceeded"], "States.DataLimitExceeded", True),
        (["States.TaskFailed"], "Rejected", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.TaskFailed"], "States.DataLimitExceeded", False),
        (["Rejected"], "Other", False),
    ],
)
def test_wildcards_match_what_aws_lets_them_match(*, error_equals: list[str], error: str, expected: bool) -> None:
    assert interpreter.matches(error_equals, error) is expected


def test_a_result_over_the_limit_fails_past_a_catch_of_all_errors(machines: Machines) -> None:
    catch_all = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    states = {"Call": invoke(Catch=catch_all), "Caught": {"Type": "Succeed"}}

    run = machines.run(states, {"do": "big", "size": LIMIT_BYTES})

    assert run.error == "States.DataLimitExceeded"


def test_a_result_over_the_limit_can_be_caught_by_its_name(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Caught", "Output": "caught"}]
    states = {"Call": invoke(Catch=catch), "Caught": {"Type": "Succeed"}}

    run = machines.run(states, {"do": "big", "size": LIMIT_BYTES})

    assert run.output == "caught"


def test_the_limit_counts_the_bytes_of_a_states_output(machines: Machines) -> None:
    within = machines.evaluate("$pad('', 100000, 'ü')")
    beyond = machines.evaluate("$pad('', 140000, 'ü')")

    assert within.status == "SUCCEEDED"
    assert beyond.error == "States.DataLimitExceeded"


def test_an_input_of_the_limit_is_accepted_and_one_byte_more_is_refused(machines: Machines) -> None:
    machine = machines.create({"End": {"Type": "Succeed", "Output": "done"}})

    accepted = machines.client.start_execution(stateMachineArn=machine, input=json.dumps("x" * (LIMIT_BYTES - 2)))
    with pytest.raises(ClientError, match="less than or equal to 262144") as refusal:
        machines.client.start_execution(stateMachineArn=machine, input=json.dumps("x" * (LIMIT_BYTES - 1)))

    assert machines.aws.wait_for(accepted["executionArn"]).status == "SUCCEEDED"
    assert refusal.value.response["Error"]["Code"] == "ValidationException"


def test_an_input_that_is_no_json_is_refused(machines: Machines) -> None:
    machine = machines.create({"End": {"Type": "Succeed"}})

    with pytest.raises(machines.client.exceptions.InvalidExecutionInput):
        machines.client.start_execution(stateMachineArn=machine, input="{")


def test_starting_the_same_name_and_input_again_gives_the_running_execution(machines: Machines) -> None:
    machine = machines.create({"Pause": {"Type": "Wait", "Seconds": 30, "End": True}})
    start = {"stateMachineArn": machine, "name": "once", "input": '{"a": 1}'}

    first = machines.client.start_execution(**start)
    again = machines.client.start_execution(**start)
    with pytest.raises(machines.client.exceptions.ExecutionAlreadyExists):
        machines.client.start_execution(**{**start, "input": "{}"})

    assert again["executionArn"] == first["executionArn"]
    assert machines.aws.wait_for(first["executionArn"]).status == "SUCCEEDED"
    with pytest.raises(machines.client.exceptions.ExecutionAlreadyExists):
        machines.client.start_execution(**start)


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


def test_the_first_failing_iteration_fails_the_map_and_starts_no_others(machines: Machines) -> None:
    body = {"StartAt": "Call", "States": {"Call": invoke()}}
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": body, "End": True}

    run = machines.run({"Each": each}, [{}, {"do": "raise"}, {}, {}])

    assert run.error == "Rejected"
    counts = Counter(types(run))
    assert (counts["MapIterationStarted"], counts["MapIterationSucceeded"], counts["MapIterationFailed"]) == (2, 1, 1)
    assert counts["MapStateFailed"] == 1


def test_assign_and_output_see_the_variables_as_they_were_before(machines: Machines) -> None:
    start = {"Type": "Pass", "Assign": {"a": 1, "b": 2}, "Next": "Swap"}
    swap = {"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Output": "{% [$a, $b] %}", "Next": "After"}
    after = {"Type": "Succeed", "Output": "{% {'output': $states.input, 'then': [$a, $b]} %}"}

    run = machines.run({"Start": start, "Swap": swap, "After": after})

    assert run.output == {"output": [1, 2], "then": [2, 1]}
    exited = next(event["stateExitedEventDetails"] for event in run.history if event["type"] == "PassStateExited")
    assert exited["assignedVariables"] == {"a": "1", "b": "2"}


def test_a_map_iteration_reads_outer_variables_and_keeps_its_own(machines: Machines) -> None:
    start = {"Type": "Pass", "Assign": {"base": 10}, "Output": [1, 2, 3], "Next": "Each"}
    add = {"Type": "Pass", "Assign": {"own": "{% $base + $states.input.value %}"}, "Next": "Show"}
    show = {"Type": "Pass", "Output": "{% {'index': $states.input.index, 'own': $own} %}", "End": True}
    selector = {"value": "{% $states.context.Map.Item.Value %}", "index": "{% $states.context.Map.Item.Index %}"}
    each = {
        "Type": "Map",
        "Items": "{% $states.input %}",
        "ItemSelector": selector,
        "ItemProcessor": {"StartAt": "Add", "States": {"Add": add, "Show": {**show, "Output": "{% $own %}"}}},
        "Assign": {"sum": "{% $sum($states.result) %}"},
        "Output": "{% $states.result %}",
        "Next": "After",
    }
    after = {"Type": "Succeed", "Output": "{% {'each': $states.input, 'sum': $sum, 'leaked': $exists($own)} %}"}

    run = machines.run({"Start": start, "Each": each, "After": after})

    assert run.output == {"each": [11, 12, 13], "sum": 36, "leaked": False}


def test_the_context_has_what_aws_documents_and_nothing_else(machines: Machines) -> None:
    run = machines.evaluate("$states.context", {"start_date": "2026-11-01"})

    context = run.output
    assert set(context) == {"Execution", "StateMachine", "State"}
    assert context["Execution"]["Id"] == run.arn
    assert context["Execution"]["Name"] == run.arn.rsplit(":", 1)[1]
    assert context["Execution"]["Input"] == {"start_date": "2026-11-01"}
    assert context["Execution"]["RoleArn"] == ROLE
    assert context["Execution"]["StartTime"].endswith("Z")
    assert context["StateMachine"]["Id"].endswith(context["StateMachine"]["Name"])
    assert (context["State"]["Name"], context["State"]["RetryCount"]) == ("Only", 0)


def test_a_catch_has_an_output_and_variables_of_its_own(machines: Machines) -> None:
    caught = {
        "ErrorEquals": ["States.ALL"],
        "Output": {"error": "{% $states.errorOutput.Error %}", "of": "{% $states.input.do %}"},
        "Assign": {"cause": "{% $substring($states.errorOutput.Cause, 0, 15) %}"},
        "Next": "After",
    }
    after = {"Type": "Succeed", "Output": "{% $merge([$states.input, {'cause': $cause}]) %}"}

    run = machines.run({"Call": invoke(Catch=[caught]), "After": after}, {"do": "raise"})

    assert run.output == {"error": "Rejected", "of": "raise", "cause": '{"errorMessage"'}


def test_a_catch_without_output_gives_on_the_error(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "After"}]

    run = machines.run({"Call": invoke(Catch=catch), "After": {"Type": "Succeed"}}, {"do": "exit"})

    assert set(run.output) == {"Error", "Cause"}


def test_choices_pass_on_the_output_of_the_rule_that_matched(machines: Machines) -> None:
    rules = [
        {"Condition": "{% $states.input.n > 10 %}", "Next": "After", "Output": "many", "Assign": {"seen": True}},
        {"Condition": "{% $states.input.n > 1 %}", "Next": "After"},
    ]
    choice = {"Type": "Choice", "Choices": rules, "Default": "After", "Output": "few"}
    states = {"Choose": choice, "After": {"Type": "Succeed", "Output": "{% [$states.input, $exists($seen)] %}"}}

    assert machines.run(states, {"n": 11}).output == ["many", True]
    assert machines.run(states, {"n": 2}).output == [{"n": 2}, False]
    assert machines.run(states, {"n": 0}).output == ["few", False]


def test_a_choice_without_a_match_and_default_fails(machines: Machines) -> None:
    rules = [{"Condition": "{% false %}", "Next": "After"}]

    run = machines.run({"Choose": {"Type": "Choice", "Choices": rules}, "After": {"Type": "Succeed"}})

    assert run.error == "States.NoChoiceMatched"


def test_a_fail_state_takes_error_and_cause_from_expressions(machines: Machines) -> None:
    fail = {"Type": "Fail", "Error": "{% $states.input.name %}", "Cause": "{% $string({'failed': [1]}) %}"}

    run = machines.run({"End": fail}, {"name": "EntriesFailed"})

    assert (run.status, run.error, run.cause) == ("FAILED", "EntriesFailed", '{"failed":[1]}')
    assert types(run) == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.missing",
        "$unknown",
        "1 + 'a'",
        "$states.result",
        "function($x){$x}",
        "$error('stop')",
        "$eval('1')",
    ],
)
def test_an_expression_without_a_json_value_is_a_query_evaluation_error(machines: Machines, expression: str) -> None:
    assert machines.evaluate(expression).error == "States.QueryEvaluationError"


def test_a_failing_expression_of_a_task_can_be_caught_and_shows_in_the_history(machines: Machines) -> None:
    catch = [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "After", "Output": "caught"}]
    state = invoke(Catch=catch) | {"Output": {"of": "{% $states.result.nothing %}"}}

    run = machines.run({"Call": state, "After": {"Type": "Succeed"}})

    assert run.output == "caught"
    (event,) = (event for event in run.history if event["type"] == "EvaluationFailed")
    assert event["evaluationFailedEventDetails"]["location"] == "Output/of"
    assert event["evaluationFailedEventDetails"]["state"] == "Call"


def test_text_in_the_input_that_looks_like_an_expression_stays_text(machines: Machines) -> None:
    body = {"StartAt": "Show", "States": {"Show": {"Type": "Pass", "Output": "{% $states.input %}", "End": True}}}

    run = machines.run({"Each": {"Type": "Map", "ItemProcessor": body, "End": True}}, ["{% 1 + 1 %}"])

    assert run.output == ["{% 1 + 1 %}"]


def test_a_task_over_its_own_timeout_is_states_timeout(machines: Machines) -> None:
    add_function(machines.aws, "slow", FUNCTION, timeout_seconds=20)
    state = invoke("slow", TimeoutSeconds="{% $states.input.limit %}")

    run = machines.run({"Call": state}, {"do": "sleep", "seconds": 3, "limit": 1})

    assert run.error == "States.Timeout"
    assert types(run)[-2:] == ["TaskTimedOut", "ExecutionFailed"]


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


def test_waits_are_scaled_also_by_a_fraction(machines: Machines) -> None:
    started = time.monotonic()

    run = machines.run(
        {"Pause": {"Type": "Wait", "Seconds": "{% $states.input.seconds %}", "End": True}}, {"seconds": 30}
    )

    assert run.status == "SUCCEEDED"
    assert 30 * WAIT_SCALE <= time.monotonic() - started < 30


@pytest.mark.parametrize("seconds", ["{% 1.5 %}", "{% -1 %}", "{% '1' %}"])
def test_a_wait_for_anything_but_whole_seconds_fails(machines: Machines, seconds: str) -> None:
    run = machines.run({"Pause": {"Type": "Wait", "Seconds": seconds, "End": True}})

    assert run.error == "States.QueryEvaluationError"


def test_a_wait_until_a_past_moment_ends_at_once(machines: Machines) -> None:
    run = machines.run({"Pause": {"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "End": True}}, {"kept": 1})

    assert run.output == {"kept": 1}


def test_dynamodb_items_are_written_read_and_guarded_by_conditions(machines: Machines) -> None:
    machines.aws.client("dynamodb").create_table(
        TableName="locks",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def dynamodb(action: str, following: str, **arguments: Any) -> dict[str, Any]:
        resource = f"arn:aws:states:::dynamodb:{action}"
        return {
            "Type": "Task",
            "Resource": resource,
            "Arguments": {"TableName": "locks", **arguments},
            "Next": following,
            "Assign": {action: "{% $states.result %}"},
        }

    free = {"ConditionExpression": "attribute_not_exists(pk)"}
    item = {"pk": {"S": "sync"}, "holder": {"S": "{% $states.context.Execution.Id %}"}}
    taken = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Update"}
    update = {
        "Key": {"pk": {"S": "sync"}},
        "UpdateExpression": "SET holder = :none REMOVE nothing",
        "ConditionExpression": "holder = :me",
        "ExpressionAttributeValues": {":none": {"S": ""}, ":me": {"S": "{% $states.context.Execution.Id %}"}},
        "ReturnValues": "ALL_NEW",
    }
    states = {
        "Missing": dynamodb("getItem", "Put", Key={"pk": {"S": "nobody"}})
        | {"Output": "{% $exists($states.result.Item) %}"},
        "Put": dynamodb("putItem", "Again", Item=item, **free) | {"Output": "{% $states.input %}"},
        "Again": dynamodb("putItem", "Update", Item=item, **free)
        | {"Catch": [taken | {"Output": "{% $states.input %}"}]},
        "Update": dynamodb("updateItem", "Read", **update) | {"Output": "{% $states.input %}"},
        "Read": dynamodb("getItem", "Delete", Key={"pk": {"S": "sync"}}, ConsistentRead=True)
        | {"Output": "{% [$states.input, $states.result.Item.holder.S, $updateItem.Attributes.holder.S] %}"},
        "Delete": dynamodb("deleteItem", "Done", Key={"pk": {"S": "sync"}}) | {"Output": "{% $states.input %}"},
        "Done": {"Type": "Succeed"},
    }

    run = machines.run(states)

    assert run.output == [False, "", ""], run.cause
    failed = next(event["taskFailedEventDetails"] for event in run.history if event["type"] == "TaskFailed")
    assert (failed["resourceType"], failed["resource"]) == ("dynamodb", "putItem")


def test_sdk_errors_have_the_java_sdks_names(machines: Machines) -> None:
    arguments = {
        "TableName": "missing",
        "Key": {"pk": {"S": "x"}},
    }
    dynamodb = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem",
        "Arguments": arguments,
        "End": True,
    }
    execution = {"ExecutionArn": "arn:aws:states:us-east-1:111122223333:execution:none:none"}
    states = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
        "Arguments": execution,
        "End": True,
    }

    assert machines.run({"Get": dynamodb}).error == "DynamoDb.ResourceNotFoundException"
    assert machines.run({"Look": states}).error == "Sfn.ExecutionDoesNotExistException"


def test_a_machine_sees_how_another_execution_ended(machines: Machines) -> None:
    other = machines.run({"End": {"Type": "Succeed", "Output": {"a": 1}}})
    look = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution",
        "Arguments": {"ExecutionArn": "{% $states.input.arn %}"},
        "End": True,
    }

    run = machines.run({"Look": look}, {"arn": other.arn})

    assert (run.output["Status"], run.output["Output"]) == ("SUCCEEDED", '{"a":1}')
    assert run.output["StopDate"].endswith("Z")


def test_a_machine_publishes_to_a_topic(machines: Machines) -> None:
    topic = machines.aws.client("sns").create_topic(Name="alarms")["TopicArn"]
    publish = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Arguments": {"TopicArn": topic, "Subject": "s", "Message": {"totals": {"failed": 1}}},
        "End": True,
    }

    run = machines.run({"Tell": publish})

    assert run.status == "SUCCEEDED", run.cause
    assert run.output["MessageId"]


def test_a_stack_refers_to_a_secret_by_its_arn_through_its_whole_life(aws: LocalAws) -> None:
    client = aws.client("cloudformation")
    output = {"Arn": {"Value": {"Ref": "Token"}}}

    def template(description: str) -> str:
        secret = {"Name": "tool/env/token", "Description": description, "SecretString": "x"}
        resources = {"Token": {"Type": "AWS::SecretsManager::Secret", "Properties": secret}}
        return json.dumps({"Resources": resources, "Outputs": output})

    client.create_stack(StackName="secretive", TemplateBody=template("one"))
    client.get_waiter("stack_create_complete").wait(StackName="secretive", WaiterConfig={"Delay": 1})
    created = client.describe_stacks(StackName="secretive")["Stacks"][0]["Outputs"][0]["OutputValue"]
    client.update_stack(StackName="secretive", TemplateBody=template("two"))
    client.get_waiter("stack_update_complete").wait(StackName="secretive", WaiterConfig={"Delay": 1})
    updated = aws.client("secretsmanager").describe_secret(SecretId=created)
    client.delete_stack(StackName="secretive")
    client.get_waiter("stack_delete_complete").wait(StackName="secretive", WaiterConfig={"Delay": 1})

    assert created.startswith("arn:aws:secretsmanager:us-east-1:111122223333:secret:tool/env/token-")
    assert (updated["ARN"], updated["Description"]) == (created, "two")
    assert "tool/env/token" not in {
        secret["Name"] for secret in aws.client("secretsmanager").list_secrets()["SecretList"]
    }


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


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$states.input.xs[k='a'].id", [1, 3]),
        ("$states.input.xs[k='b'].id", 2),
        ("[$states.input.xs[k='b']].id", 2),
        ("[$states.input.xs[k='none']]", []),
        ("$count($states.input.xs[k='none'])", 0),
        ("$states.input.xs{k: $sum(n)}", {"a": 7, "b": 3}),
        ("10 / 2", 5),
        ("[1..3]", [1, 2, 3]),
        ("$type($states.input.nothing)", "null"),
        ("{'kept': $states.input.nothing}", {"kept": None}),
        ("$reduce($states.input.xs.n, function($a, $b){$a + $b}, 0)", 10),
        ("$merge([{'a': 1}, {'b': $states.input.nothing}])", {"a": 1, "b": None}),
        ("($double := function($x){$x * 2}; $map([1, 2], $double))", [2, 4]),
        ("$match('group/project#12', /#(\\d+)/).groups[0]", "12"),
        ("$string({'title': 'Müller – ☕'})", '{"title":"Müller – ☕"}'),
        ("$parse('{\"a\": [1]}')", {"a": [1]}),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$states.input.xs.{'id': id, 'r': r}", [{"id": 1, "r": None}, {"id": 2, "r": "x"}, {"id": 3, "r": None}]),
    ],
)
def test_expressions_have_jsonatas_values(machines: Machines, expression: str, expected: Any) -> None:
    rows = [
        {"id": 1, "k": "a", "n": 2, "r": None},
        {"id": 2, "k": "b", "n": 3, "r": "x"},
        {"id": 3, "k": "a", "n": 5, "r": None},
    ]

    run = machines.evaluate(expression, {"xs": rows, "nothing": None})

    assert run.output == expected, run.cause
    assert json.dumps(run.output) == json.dumps(expected)


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Parallel", "Branches": [], "End": True},
        {"Type": "Pass", "QueryLanguage": "JSONPath", "End": True},
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Arguments": {}, "End": True},
    ],
)
def test_what_is_not_run_locally_fails_and_says_so(machines: Machines, state: dict[str, Any]) -> None:
    run = machines.run({"Only": state})

    assert run.error == "States.Runtime"
    assert "local AWS" in (run.cause or "")


def test_the_installed_ministack_is_the_one_that_the_patches_were_made_for() -> None:
    patches.verify()


def test_a_changed_place_stops_the_start_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ministack.services.stepfunctions._call_lambda", lambda func_ref, event: (func_ref, event))

    with pytest.raises(patches.IncompatibleError, match=r"changed places: stepfunctions\._call_lambda\."):
        patches.apply()


def test_a_missing_place_stops_the_start_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT")

    with pytest.raises(patches.IncompatibleError, match=r"lambda_runtime\._PYTHON_WORKER_SCRIPT"):
        patches.apply()


def test_another_version_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "1.6.0")

    with pytest.raises(patches.IncompatibleError, match=r"made for ministack 1\.5\.33 .* installed 1\.6\.0"):
        patches.apply()
