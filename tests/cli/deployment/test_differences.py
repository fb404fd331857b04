"""Which states of the state machine a deployment changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.deployment.differences import state_changes

DONE = {"Type": "Succeed"}
POST = {"Type": "Task", "Resource": "arn", "Next": "Done"}
MAP = {"Type": "Map", "Next": "Done", "ItemProcessor": {"StartAt": "Post", "States": {"Post": POST}}}


def template(comment: str = "", **states: Any) -> dict[str, Any]:
    """A template with one state machine; `@` in it is a reference to another resource."""
    parts: list[Any] = []
    for number, part in enumerate(json.dumps({"Comment": comment, "StartAt": "Posts", "States": states}).split("@")):
        parts += [{"Ref": "Lambda"}, part] if number else [part]
    return {
        "Resources": {
            "Machine": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {"DefinitionString": {"Fn::Join": ["", parts]}},
            },
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
        }
    }


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (template(Posts=MAP, Done=DONE), ""),
        (template(Posts=MAP, Done=DONE, Wait=DONE, Look=DONE), "adds Wait, Look"),
        (template(Posts=MAP), "removes Done"),
        (template(Posts={**MAP, "MaxConcurrency": 3}, Done=DONE), "changes Posts"),
        (template(Done=DONE, Posts={**MAP, "ItemProcessor": {"StartAt": "Post", "States": {}}}), "removes Post"),
        (
            template(
                Posts={**MAP, "ItemProcessor": {"StartAt": "Post", "States": {"Post": {**POST, "Resource": "@"}}}},
                End=DONE,
            ),
            "adds End; removes Done; changes Post",
        ),
        (template("Another one", Posts=MAP, Done=DONE), "changes, but none of its states"),
    ],
)
def test_it_says_which_states_are_added_removed_and_changed(after: dict[str, Any], words: str) -> None:
    assert state_changes(template(Posts=MAP, Done=DONE), after) == {"Machine": words}


def test_of_a_machine_that_is_new_or_goes_nothing_is_said() -> None:
    assert state_changes({}, template(Done=DONE)) == {}
    assert state_changes(template(Done=DONE), {"Resources": {}}) == {}


def test_a_definition_of_another_form_is_left_to_the_cdk() -> None:
    foreign = template(Done=DONE)
    foreign["Resources"]["Machine"]["Properties"] = {"DefinitionString": {"Fn::Sub": "${Something}"}}

    assert state_changes(foreign, template(Done=DONE)) == {}
