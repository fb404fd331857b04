"""How many state transitions a run has, counted from the synthesised definition."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.deployment.assembly import definitions, synthesise


@dataclass(frozen=True)
class Transitions:
    """How many state transitions a run without errors has: a share of its own, and one for each post and new issue."""

    a_run: int
    a_post: int
    a_new_issue: int

    def of(self, posts: int, new_issues: int) -> int:
        return self.a_run + self.a_post * posts + self.a_new_issue * new_issues


def transitions_of_the_app(environment: str | None = None) -> Transitions:
    """Of the definition that the app synthesises now. environment: by default, the only one. Raises UnreadableError."""
    with tempfile.TemporaryDirectory() as folder:
        [definition] = definitions(synthesise(Path(folder) / "cdk.out", environment)).values()
    return count_transitions(definition)


def count_transitions(definition: Mapping[str, Any]) -> Transitions:
    """The longest way from the start to the end, through any choice but no Catch.

    Step Functions bills each state that is entered, in a Map each of every iteration, and the start (Step Functions
    pricing, Standard Workflows). Of a run that posts one by one: a larger one has a transition for 50 entries instead.
    """
    states = {name: state for name, state in definition["States"].items() if name != "PostBatches"}
    way = _longest_way(states, definition["StartAt"], frozenset())
    maps = {name: _length_of_iteration(states[name]) for name in way if states[name]["Type"] == "Map"}
    return Transitions(1 + len(way), maps["PostEntries"], maps["CreateIssues"])


def _length_of_iteration(state: Mapping[str, Any]) -> int:
    inner = state["ItemProcessor"]
    return len(_longest_way(inner["States"], inner["StartAt"], frozenset()))


def _longest_way(states: Mapping[str, Any], name: str, before: frozenset[str]) -> list[str]:
    """The names of the states from here on; what comes back to a state that was passed ends there."""
    passed = before | {name}
    ways = [
        _longest_way(states, following, passed)
        for following in _following(states[name])
        if following in states and following not in passed
    ]
    return [name, *max(ways, key=len, default=[])]


def _following(state: Mapping[str, Any]) -> Iterator[str]:
    for way in (*state.get("Choices", ()), state, {"Next": state.get("Default")}):
        if way.get("Next") is not None:
            yield way["Next"]
