"""An execution ends with States.Runtime at its 25,000th event, whatever it was doing: no run may come that far.

Counted are the events that `local.aws.interpreter` records, as the Step Functions developer guide has them: two for
each state that is entered and left, three for each attempt of a task, two for each iteration of a Map.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from contract import limits
from functions.shared.model.place import NewIssue
from local.aws.interpreter.history import MAX_HISTORY_EVENTS
from tests.stacks.support import Synthesis, evaluate
from tests.stacks.workflow.playing import (
    FOR_EVER,
    HELD,
    IS_HELD,
    NO_QUOTA,
    NO_ROOM,
    NOT_READY,
    REJECTED,
    TARGET,
    TOLD,
    UNKNOWN,
    UNSENT,
    Answer,
    Played,
    Run,
    create,
    plan,
)

MOST_WRITES = limits.INLINE_ITEMS
LONGEST_LOCK_WAIT_SECONDS = 3600
MAPS = {"CreateIssue": "CreateIssues", "PostEntry": "PostEntries"}
PATTERNS: dict[str, Callable[[int], Sequence[Answer]]] = {
    "nothing": lambda _waits: [],
    "a refusal": lambda _waits: [REJECTED],
    "no connection": lambda _waits: [UNSENT] * (limits.WRITE_RETRIES + 1),
    "a function that is set up again, and then no connection": lambda _waits: [
        *[NOT_READY] * limits.SET_UP_RETRIES,
        *[UNSENT] * (limits.WRITE_RETRIES + 1),
    ],
    "no room to run": lambda _waits: [NO_ROOM] * (limits.START_RETRIES + 1),
    "a 503 after which the look finds it": lambda _waits: [UNKNOWN],
    "an unknown outcome each time": lambda _waits: [UNKNOWN] * FOR_EVER,
    "every wait that is allowed": lambda waits: [TOLD] * waits,
    "one wait more": lambda _waits: [TOLD] * FOR_EVER,
}
"""What all writes of a run may meet at once, when they may be told to wait so often."""


class History:
    """The lengths of the histories of runs that wait as long as they may for their turn, and when reading."""

    def __init__(self, default: Synthesis) -> None:
        self._definition = default.definition
        self._by_waits: dict[tuple[int, str, str], tuple[int, int]] = {}
        self._allowed: dict[tuple[int, str], int] = {}
        polls = -(-LONGEST_LOCK_WAIT_SECONDS // limits.TURN_POLL_SECONDS)
        # A run that had to wait reads Toggl again, and may be told to wait by it as often as before.
        one_poll = self._of(plan(), _turns(1))
        turns = polls * (self._of(plan(), _turns(2)) - one_poll) + one_poll - self._of(plan(), {})
        self._before_the_writes = turns + self._of(plan(), _turns(1) | WAITS_WHEN_READING) - one_poll

    def of(self, writes: int, pattern: str, at: str) -> int:
        """Of a run in which every write meets a pattern at CreateIssue or PostEntry, and nothing where else it calls.

        Runs of one and of two such writes are played; each more takes what the second took.
        """
        key = (self.waits_allowed(writes, at), pattern, at)
        if key not in self._by_waits:
            one, two = (self._of_few(count, *key) for count in (1, 2))
            self._by_waits[key] = (one, two - one)
        first, each = self._by_waits[key]
        return first + (writes - 1) * each + self._before_the_writes

    def most_writes_by_waits_allowed(self, at: str) -> dict[int, int]:
        """Of the runs whose writes may wait equally often, the longest history has the one with the most writes."""
        return {self.waits_allowed(writes, at): writes for writes in range(1, MOST_WRITES)}

    def waits_allowed(self, writes: int, at: str) -> int:
        """How often each of the writes may be told to wait when all of them need what is called there."""
        if (writes, at) not in self._allowed:
            selected = self._definition["States"][MAPS[at]]["ItemSelector"]["waits_allowed"]
            run = {"planned": writes, "new_issues": writes if at == "CreateIssue" else 0}
            self._allowed[writes, at] = evaluate(selected, run=run)
        return self._allowed[writes, at]

    def _of_few(self, count: int, waits_allowed: int, pattern: str, at: str) -> int:
        definition = copy.deepcopy(self._definition)
        for name in MAPS.values():
            definition["States"][name]["ItemSelector"]["waits_allowed"] = waits_allowed
        keys = range(1, count + 1)
        targets = [NewIssue(str(key), "a/b", "x") if at == "CreateIssue" else TARGET for key in keys]
        script = {f"{at} {key}": PATTERNS[pattern](waits_allowed) for key in keys}
        return self._of(plan(*map(create, keys, targets)), script, definition)

    def _of(self, planned: Any, script: dict[str, Sequence[Answer]], definition: Any = None) -> int:
        played = Played(definition or self._definition, Run("", planned, script))
        return len(played.events) + 2  # ExecutionStarted, and how it ended


WAITS_WHEN_READING: dict[str, Sequence[Answer]] = {
    "FetchEntries": [*[NO_QUOTA] * limits.WAITS_WHEN_READING, None, *[NO_QUOTA] * limits.WAITS_WHEN_READING],
    "TransformEntries": [TOLD] * limits.WAITS_WHEN_READING,
}


def _turns(polls: int) -> dict[str, Sequence[Answer]]:
    return {
        "AcquireLock": [IS_HELD] * polls,
        "ReadHolder": [HELD] * polls,
        "DescribeHolder": [{"Status": "RUNNING"}] * polls,
    }


@pytest.fixture(scope="module")
def history(default: Synthesis) -> History:
    return History(default)


def test_an_iteration_has_the_events_of_the_developer_guide(default: Synthesis) -> None:
    played = Played(default.definition, Run("", plan(create(1)), {"PostEntry 1": [UNSENT, TOLD, UNKNOWN]}))
    types = [event["type"] for event in played.events]

    assert types[types.index("MapIterationStarted") : types.index("MapIterationSucceeded") + 1] == [
        "MapIterationStarted",
        "TaskStateEntered",
        *("TaskScheduled", "TaskStarted", "TaskFailed"),
        *("TaskScheduled", "TaskStarted", "TaskFailed"),
        "TaskStateExited",
        *("ChoiceStateEntered", "ChoiceStateExited"),
        *("WaitStateEntered", "WaitStateExited"),
        "TaskStateEntered",
        *("TaskScheduled", "TaskStarted", "TaskFailed"),
        "TaskStateExited",
        *("WaitStateEntered", "WaitStateExited"),
        *("ChoiceStateEntered", "ChoiceStateExited"),
        "TaskStateEntered",
        *("TaskScheduled", "TaskStarted", "TaskSucceeded"),
        "TaskStateExited",
        "MapIterationSucceeded",
    ]


@pytest.mark.parametrize("at", MAPS)
@pytest.mark.parametrize("pattern", PATTERNS)
def test_400_writes_that_all_meet_the_same_fit_into_one_history(history: History, pattern: str, at: str) -> None:
    assert history.of(MOST_WRITES, pattern, at) <= MAX_HISTORY_EVENTS


@pytest.mark.parametrize("at", MAPS)
@pytest.mark.parametrize("pattern", ["every wait that is allowed", "one wait more"])
def test_fewer_writes_which_may_wait_more_often_fit_as_well(history: History, pattern: str, at: str) -> None:
    longest = [history.of(writes, pattern, at) for writes in history.most_writes_by_waits_allowed(at).values()]

    assert len(longest) > 1
    assert max(longest) <= MAX_HISTORY_EVENTS
