"""A small room for Lambdas: a new account may run 10 of them at once, and a Map may want 40.

Played is what AWS does: a call that finds no room ends at once, its retrier waits as the definition says, and an
iteration that ends makes room for the next one of the Map, which is there a moment later.
"""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from local.aws.interpreter.retries import retry_delay_seconds
from tests.stacks.support import State, Synthesis
from tests.stacks.workflow.support import retrier

NO_ROOM = "Lambda.TooManyRequestsException"
AT_ONCE, WRITES, RUNS = 40, 400, 25
NEXT_ITERATION_SECONDS = 0.1
REFUSAL_SECONDS = 0.15


@dataclass
class Room:
    """A Map's iterations in a room for so many functions. failed: those whose retrier gave up."""

    retrier: dict[str, Any]
    places: int
    call_seconds: tuple[float, float]
    failed: int = 0
    attempts: int = 0
    _left: int = WRITES
    _now: float = 0.0
    _running: int = 0
    _numbers: Any = field(default_factory=count)
    _events: list[tuple[float, int, int | None]] = field(default_factory=list)

    def play(self) -> None:
        for number in range(AT_ONCE):
            self._begin_next(after=number * 0.02)
        while self._events:
            self._now, _number, tries = heapq.heappop(self._events)
            if tries is None:
                self._running -= 1
                self._begin_next(NEXT_ITERATION_SECONDS)
            else:
                self._attempt(tries)

    def _attempt(self, tries: int) -> None:
        self.attempts += 1
        if self._running < self.places:
            self._running += 1
            self._at(random.uniform(*self.call_seconds), None)  # noqa: S311 - nobody has to guess it
        elif tries < self.retrier["MaxAttempts"]:
            self._at(REFUSAL_SECONDS + retry_delay_seconds(self.retrier, tries), tries + 1)
        else:
            self.failed += 1
            self._begin_next(NEXT_ITERATION_SECONDS)

    def _begin_next(self, after: float) -> None:
        if self._left:
            self._left -= 1
            self._at(after, 0)

    def _at(self, seconds: float, tries: int | None) -> None:
        """tries: of an attempt that is then made; None when a call then ends."""
        heapq.heappush(self._events, (self._now + seconds, next(self._numbers), tries))


@pytest.mark.parametrize("call_seconds", [(0.2, 1.0), (0.5, 3.0), (2.0, 8.0)])
def test_400_writes_40_at_once_get_through_a_room_for_10_without_a_failed_one(
    writing: dict[str, State], call_seconds: tuple[float, float]
) -> None:
    for state in writing.values():
        how = retrier(state, NO_ROOM)
        assert how is not None
        for seed in range(RUNS):
            random.seed(seed)
            room = Room(how, places=10, call_seconds=call_seconds)

            room.play()

            assert room.failed == 0, seed
            assert room.attempts >= WRITES


def test_what_has_no_room_is_repeated_apart_from_every_other_error(default: Synthesis) -> None:
    calls = [state for role in ("fetch", "transform", "post") for state in default.calls(role).values()]

    assert [found["ErrorEquals"] for state in calls if (found := retrier(state, NO_ROOM))] == [[NO_ROOM]] * len(calls)
