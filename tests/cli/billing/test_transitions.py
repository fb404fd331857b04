"""Transitions are counted from the definition."""

from __future__ import annotations

from typing import Any

from cli.billing.transitions import Transitions, count_transitions


def a_map(inner: dict[str, Any], start: str) -> dict[str, Any]:
    return {"Type": "Map", "Next": "End", "ItemProcessor": {"StartAt": start, "States": inner}}


def test_the_longest_way_counts_each_state_and_the_start() -> None:
    post = {"Post": {"Type": "Task", "Next": "Note", "Catch": [{"Next": "Long"}]}, "Note": {"Type": "Pass"}}
    posts = post | {"Long": {"Type": "Pass", "Next": "Longer"}, "Longer": {"Type": "Pass"}}
    definition = {
        "StartAt": "Read",
        "States": {
            "Read": {"Type": "Task", "Next": "Any", "Catch": [{"Next": "Failed"}]},
            "Any": {"Type": "Choice", "Choices": [{"Next": "CreateIssues"}], "Default": "End"},
            "CreateIssues": a_map({"Create": {"Type": "Task"}}, "Create") | {"Next": "PostEntries"},
            "PostEntries": a_map(posts, "Post"),
            "End": {"Type": "Succeed"},
            "Failed": {"Type": "Fail"},
        },
    }

    assert count_transitions(definition) == Transitions(a_run=6, a_post=2, a_new_issue=1)


def test_a_way_that_comes_back_is_counted_once() -> None:
    states: dict[str, Any] = {
        "Look": {"Type": "Choice", "Choices": [{"Next": "Again"}], "Default": "PostEntries"},
        "Again": {"Type": "Pass", "Next": "Look"},
        "CreateIssues": a_map({"Create": {"Type": "Task"}}, "Create") | {"Next": "End"},
        "PostEntries": a_map({"Post": {"Type": "Task"}}, "Post") | {"Next": "CreateIssues"},
        "End": {"Type": "Succeed"},
    }

    assert count_transitions({"StartAt": "Look", "States": states}).a_run == 5


def test_a_months_transitions_grow_with_the_runs_and_the_entries() -> None:
    few = Transitions(a_run=10, a_post=2, a_new_issue=3)

    assert few.of(posts=20, new_issues=1) == 53
