"""JSONata expressions have the values, and the failures, of AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.local.aws.support import Machines, invoke


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
