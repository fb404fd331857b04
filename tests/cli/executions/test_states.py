"""The order in which a run comes to its states."""

from __future__ import annotations

from cli.executions.states import states_in
from tests.cli.executions.support import DEFINITION


def test_steps_still_to_come_stand_in_the_order_of_the_run() -> None:
    known = [
        state.name for state in states_in(DEFINITION) if state.name in {"FetchEntries", "PostEntries", "Summarise"}
    ]

    assert known == ["FetchEntries", "PostEntries", "Summarise"]
