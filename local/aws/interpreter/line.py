"""One line of states that follow each other: what its expressions see, its part of the history, and when it halts."""

# ruff: noqa: SLF001 - it stands on a private place of ministack, which `local.aws.patches.version` verifies

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ministack.services import stepfunctions

from local.aws.interpreter import evaluation
from local.aws.interpreter.data import to_text
from local.aws.interpreter.errors import Halted, StateError
from local.aws.interpreter.history import MAX_HISTORY_EVENTS, append_event, history_lock

_HALT_POLL_SECONDS = 0.05


@dataclass
class Line:
    """An execution's top level, or one iteration of a Map.

    It knows what the line's expressions see (`context`, `variables`), writes its part of the history, each event linked
    to the one before, and unwinds with `Halted` as soon as the execution or the surrounding Map is over.
    """

    execution: dict[str, Any]
    language: str
    context: dict[str, Any]
    variables: dict[str, Any] = field(default_factory=dict)
    previous: int = 0
    """The id of the line's latest event."""
    surroundings_halted: Callable[[], bool] = lambda: False

    @property
    def state(self) -> str:
        """The current state's name."""
        name: str = self.context["State"]["Name"]
        return name

    def fork(self, index: int, item: Any, halted: Callable[[], bool]) -> "Line":
        """A Map iteration's line: it sees this one's variables, and what it assigns stays in it."""
        context = {**self.context, "Map": {"Item": {"Index": index, "Value": item}}}
        return replace(
            self, context=context, variables=dict(self.variables), surroundings_halted=lambda: self.halted() or halted()
        )

    def halted(self) -> bool:
        return self.execution["status"] != "RUNNING" or self.surroundings_halted()

    def record(self, event_type: str, key: str | None = None, **details: Any) -> None:
        """Append an event with its details under `key`.

        Raises:
            StateError: States.Runtime, when only the event that ends the execution still has room.
            Halted: this line is to end.
        """
        for name in ("input", "output"):
            if name in details:
                details[name] = to_text(details[name])
                details[f"{name}Details"] = {"truncated": False}
        with history_lock:
            if self.halted():
                raise Halted
            if len(self.execution["events"]) >= MAX_HISTORY_EVENTS - 1:
                cause = f"The execution reached the maximum number of history events ({MAX_HISTORY_EVENTS})."
                raise StateError("States.Runtime", cause)
            event = append_event(self.execution, event_type, {key: details} if key else {}, previous=self.previous)
            self.previous = event["id"]

    def sleep(self, seconds: float) -> None:
        """Wait as ministack does, scaled by SFN_WAIT_SCALE, but not beyond the end of this line.

        Raises:
            Halted: this line is to end.
        """
        end = time.monotonic() + seconds * stepfunctions._SFN_WAIT_SCALE
        while (remaining := end - time.monotonic()) > 0:
            if self.halted():
                raise Halted
            time.sleep(min(remaining, _HALT_POLL_SECONDS))

    def evaluate(self, template: Any, location: str, data: Any, **bound: Any) -> Any:
        """Replace each `{% expression %}` in a JSON template by its value.

        Args:
            location: the field's name, for the history.
            data: `$states.input`.
            bound: what else `$states` has here: `result` or `errorOutput`.

        Raises:
            StateError: States.QueryEvaluationError.
        """
        if isinstance(template, dict):
            return {name: self.evaluate(value, f"{location}/{name}", data, **bound) for name, value in template.items()}
        if isinstance(template, list):
            return [self.evaluate(value, f"{location}[{i}]", data, **bound) for i, value in enumerate(template)]
        if not (isinstance(template, str) and template.startswith("{%") and template.endswith("%}")):
            return template
        states = {"input": data, "context": self.context, **bound}
        try:
            return evaluation.evaluate(template[2:-2].strip(), {**self.variables, "states": states})
        except evaluation.EvaluationError as error:
            raise self._evaluation_failed(str(error), location) from error

    def field(self, state: Mapping[str, Any], name: str, kind: type | tuple[type, ...], data: Any) -> Any:
        """A field that may be an expression and must have a type.

        Raises:
            StateError: States.QueryEvaluationError.
        """
        value = self.evaluate(state[name], name, data)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._evaluation_failed(
                f"The field '{name}' has an unexpected result type: {to_text(value)[:200]}", name
            )
        return value

    def _evaluation_failed(self, cause: str, location: str) -> StateError:
        error = "States.QueryEvaluationError"
        details = {"error": error, "cause": cause, "location": location, "state": self.state}
        self.record("EvaluationFailed", "evaluationFailedEventDetails", **details)
        return StateError(error, cause)
