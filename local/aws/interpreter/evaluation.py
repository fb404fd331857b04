"""JSONata expressions as Step Functions evaluates them."""

# ruff: noqa: SLF001 - it stands on a private place of ministack, which `local.aws.patches.version` verifies

from collections.abc import Mapping
from typing import Any

import jsonata
from jsonata.utils import Utils
from ministack.services import stepfunctions

# AWS gives an expression far less, but its engine is not an interpreter in Python on a busy laptop.
_TIMEOUT_MS = 10_000


class EvaluationError(Exception):
    """An expression cannot be parsed or evaluated, or its value is not JSON."""


def evaluate(expression: str, bindings: Mapping[str, Any]) -> Any:
    """An expression's value as JSON data of its own. bindings: the variables, `states` among them.

    Raises EvaluationError.
    """
    # The engine takes None for undefined, in bindings and results alike; its NULL_VALUE stands for null.
    bound = {name: Utils.NULL_VALUE if value is None else value for name, value in bindings.items()}
    try:
        compiled = jsonata.Jsonata.jsonata(expression, timeout=_TIMEOUT_MS)
        stepfunctions._register_sfn_jsonata_functions(compiled)
        compiled.set_output_convert_nulls(False)
        compiled.register_lambda("eval", _refuse_eval)
        value = compiled.evaluate(None, bound)
        result = _as_json(value)
    except Exception as error:
        # Whatever the engine raises is the expression's failure, a bug of its own included. JSONata's own have a code.
        code = getattr(error, "error", None)
        raise EvaluationError(f"{code}: {error}" if code else str(error)) from error
    if value is None:
        raise EvaluationError(f"The JSONata expression '{expression}' returned nothing (undefined).")
    return result


def _refuse_eval(*_arguments: Any) -> Any:
    message = "Step Functions has no $eval; $parse reads JSON"
    raise NotImplementedError(message)


def _as_json(value: Any) -> Any:
    """An engine's value as JSON data of its own: 2.0 is 2, a sequence is a list, nothing is shared with the input."""
    if value is Utils.NULL_VALUE or value is None:
        return None
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_json(value[i]) for i in range(len(value))]  # by index: the engine's ranges iterate one short
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str | int | float):
        return value
    message = f"{type(value).__name__} is not a JSON value"
    raise TypeError(message)
