"""How a state is left: its output, what it assigns, and which state is next."""

from collections.abc import Mapping
from typing import Any

from local.aws.interpreter.data import within_limit
from local.aws.interpreter.line import Line

Left = tuple[Any, dict[str, Any], str | None]
"""The output, the variables that are assigned, the next state's name (None at an end)."""


def leave(fields: Mapping[str, Any], data: Any, line: Line, *, default: Any, **bound: Any) -> Left:
    """Evaluate Output and Assign of a state, Choice rule or catcher. Both see the variables as they were before."""
    output = line.evaluate(fields["Output"], "Output", data, **bound) if "Output" in fields else default
    assigned = line.evaluate(fields.get("Assign", {}), "Assign", data, **bound)
    within_limit(output, f"The state/task '{line.state}' returned a result")
    within_limit(assigned, f"The state/task '{line.state}' assigned variables")
    return output, assigned, fields.get("Next")
