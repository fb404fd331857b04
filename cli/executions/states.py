"""The states of a definition, in the order in which a run comes to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OUTPUT_STATE = "Summarise"
"""The state whose exit has the run's output, also when the run then fails."""

ENTRIES_STATE = "FetchEntries"
"""The state whose exit has the entries with their descriptions, which the output does not repeat."""

PLAN_STATE = "TransformEntries"
"""The state whose exit says how much is planned, and whether it was handed over in S3."""

BATCHES_STATE = "PostBatches"
"""The Map over a large run's batches."""

MAIN_WAY = {
    "ReadState": "reads what earlier runs have left",
    ENTRIES_STATE: "reads the entries from Toggl",
    "AcquireLock": "sees to it that no other run writes",
    PLAN_STATE: "asks GitLab what is there, and plans",
    "PostEntries": "writes to GitLab, entry by entry",
    BATCHES_STATE: "writes to GitLab, in batches",
    "CollectOutcomes": "puts together what came out",
    "ReleaseLock": "records how far the sync has come",
}
"""The steps of a run that writes, waits for nobody and meets no trouble, with what each does in words for people."""

LARGE_STATES = frozenset({BATCHES_STATE, "CollectOutcomes"})
INLINE_STATES = frozenset({"PostEntries"})
"""Where a large run and one that is not go different ways."""


@dataclass(frozen=True)
class State:
    """A state as the definition has it; `map` is the Map in which it is."""

    name: str
    kind: str
    comment: str
    map: str | None

    @property
    def words(self) -> str:
        """What it does, for people."""
        return MAIN_WAY.get(self.name, self.comment)


def states_in(definition: Mapping[str, Any], surrounding_map: str | None = None) -> Iterator[State]:
    """The states in the order in which a run comes to them, those inside a Map after it."""
    for name in reversed(_last_first(definition["States"], definition["StartAt"], [], set())):
        state = definition["States"][name]
        yield State(name, state["Type"], state.get("Comment", ""), surrounding_map)
        if "ItemProcessor" in state:
            yield from states_in(state["ItemProcessor"], name)


def _last_first(states: Mapping[str, Any], name: str, order: list[str], seen: set[str]) -> list[str]:
    """Append the states that can be reached from one, each after all that can follow it; loops back count once."""
    seen.add(name)
    state = states[name]
    ways = [*state.get("Catch", ()), *state.get("Choices", ()), state, {"Next": state.get("Default")}]
    for following in (way.get("Next") for way in ways):
        if following is not None and following not in seen:
            _last_first(states, following, order, seen)
    order.append(name)
    return order
