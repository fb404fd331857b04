"""Map states: every item through the inner states, many at once."""

import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from local.aws.interpreter.data import within_limit
from local.aws.interpreter.errors import Halted, StateError
from local.aws.interpreter.leaving import Left, leave
from local.aws.interpreter.line import Line
from local.aws.interpreter.retries import with_retry_and_catch

MAX_INLINE_CONCURRENCY = 40
"""Iterations of an inline Map that run at once, whatever MaxConcurrency asks: the Map state's developer guide page."""

RunStates = Callable[[Mapping[str, Any], Any, Line], Any]
"""Runs a `StartAt` and its `States`, here an ItemProcessor's, and returns the last one's output."""


def run_map(state: Mapping[str, Any], data: Any, line: Line, run_states: RunStates) -> Left:
    if state["ItemProcessor"].get("ProcessorConfig", {}).get("Mode", "INLINE") != "INLINE":
        raise StateError("States.Runtime", f"The local AWS has no Distributed Map, which '{line.state}' is")

    def attempt() -> Left:
        items = line.field(state, "Items", list, data) if "Items" in state else data
        if not isinstance(items, list):
            raise StateError("States.Runtime", f"The input of '{line.state}' is not an array, and it has no Items")
        line.record("MapStateStarted", "mapStateStartedEventDetails", length=len(items))
        try:
            results = _run_items(items, state, data, line, run_states)
            within_limit(results, f"The state/task '{line.state}' returned a result")
        except StateError:
            line.record("MapStateFailed")
            raise
        line.record("MapStateSucceeded")
        return leave(state, data, line, default=results, result=results)

    return with_retry_and_catch(state, data, line, attempt)


def _run_items(items: list[Any], state: Mapping[str, Any], data: Any, line: Line, run_states: RunStates) -> list[Any]:
    """Run every item through the ItemProcessor. The first failure fails the Map and ends the other iterations."""
    most = line.field(state, "MaxConcurrency", int, data) if "MaxConcurrency" in state else 0
    results: list[Any] = [None] * len(items)
    failures: list[StateError] = []
    aborted: list[int] = []
    last_events = [line.previous]

    def iterate(index: int) -> None:
        if failures or line.halted():
            return
        inner = line.fork(index, items[index], lambda: bool(failures))
        record = partial(_record_iteration, name=line.state, index=index)
        try:
            record(inner, "Started")
            value = (
                inner.evaluate(state["ItemSelector"], "ItemSelector", data) if "ItemSelector" in state else items[index]
            )
            within_limit(value, f"The state/task '{line.state}' was given an item")
            results[index] = run_states(state["ItemProcessor"], value, inner)
            record(inner, "Succeeded")
        except Halted:
            aborted.append(index)
        except StateError as error:
            with suppress(Halted, StateError):  # an earlier failure, or a full history, has decided already
                record(inner, "Failed")
            failures.append(error)
        last_events.append(inner.previous)

    with ThreadPoolExecutor(min(most or MAX_INLINE_CONCURRENCY, MAX_INLINE_CONCURRENCY)) as pool:
        # Each iteration needs a copy of this thread's context, in which ministack keeps account and region.
        for iteration in [pool.submit(contextvars.copy_context().run, iterate, i) for i in range(len(items))]:
            iteration.result()
    line.previous = max(last_events)
    for index in aborted:
        _record_iteration(line, "Aborted", name=line.state, index=index)
    if failures:
        raise failures[0]
    return results


def _record_iteration(line: Line, what: str, *, name: str, index: int) -> None:
    line.record(f"MapIteration{what}", f"mapIteration{what}EventDetails", name=name, index=index)
