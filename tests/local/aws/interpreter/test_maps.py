"""Map states run their items side by side, each on its own."""

from __future__ import annotations

from collections import Counter

from tests.local.aws.support import Machines, invoke, types


def test_the_first_failing_iteration_fails_the_map_and_starts_no_others(machines: Machines) -> None:
    body = {"StartAt": "Call", "States": {"Call": invoke()}}
    each = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": body, "End": True}

    run = machines.run({"Each": each}, [{}, {"do": "raise"}, {}, {}])

    assert run.error == "Rejected"
    counts = Counter(types(run))
    assert (counts["MapIterationStarted"], counts["MapIterationSucceeded"], counts["MapIterationFailed"]) == (2, 1, 1)
    assert counts["MapStateFailed"] == 1


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
