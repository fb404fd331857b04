"""JSONata for the state machine: the few expressions that more than one state needs, and the files of the long ones."""

from __future__ import annotations

import json
import re
from pathlib import Path

from contract.errors import RECORDED_CHARACTERS, WAIT_PATTERN, WAITED_IN_VAIN, EntryRejected

CAUSE_CHARACTERS = 500
"""How much of an error's cause is kept. A cause need not be JSON, so it is cut and searched, never parsed."""

_HERE = Path(__file__).parent


def jsonata(expression: str) -> str:
    """An expression as Step Functions wants it."""
    return f"{{% {expression} %}}"


def from_file(name: str, **values: object) -> str:
    """The expression in `stacks/<name>.jsonata`.

    Each `@include <name>@` in it is replaced by another file's expression, each `@KEY@` by a value.
    """
    expression = re.sub(r"@include (\w+)@", lambda found: _text(found[1]), _text(name))
    for key, value in values.items():
        expression = expression.replace(f"@{key}@", literal(value))
    return jsonata(expression)


def _text(name: str) -> str:
    return (_HERE / f"{name}.jsonata").read_text(encoding="utf-8").strip()


def literal(value: object) -> str:
    """A Python value as JSONata writes it."""
    return json.dumps(value, ensure_ascii=False)


def without_told_wait(message: str) -> str:
    """An expression for a wait error's message when nobody waits any more."""
    return f"$replace({message}, /{WAIT_PATTERN}/, {literal(WAITED_IN_VAIN)})"


_ERROR = "$states.errorOutput"
_CAUSE = f"({_ERROR}.Cause ? {_ERROR}.Cause : {_ERROR}.Error)"
"""The cause, or the error's name when there is none or an empty one."""

CAUGHT_MESSAGE = (
    f'($found := $match({_CAUSE}, /"errorMessage": ?"([^"]*)/);'
    f" $substring($exists($found) ? $found[0].groups[0] : {_CAUSE}, 0, {CAUSE_CHARACTERS}))"
)
"""The message of the exception that a Lambda raised, also of a cause that was cut; else the cause as it is."""

CAUGHT_WAIT_SECONDS = (
    f"($found := $match({_CAUSE}, /{WAIT_PATTERN}/); $exists($found) ? $number($found[0].groups[0]) : -1)"
)
"""How long a wait error asks to wait; -1 when it is longer than allowed, and so not to be waited for."""

CAUGHT_ERROR = (
    f'{{"name": {_ERROR}.Error, "message": {CAUGHT_MESSAGE}, "cause": $substring({_CAUSE}, 0, {CAUSE_CHARACTERS})}}'
)
"""The caught error, for the history and for the run's own failure."""

_IS_REJECTED = f"$states.input.error.name = {literal(EntryRejected.__name__)}"

RECORDED_ERROR = (
    f'{{"name": $states.input.error.name, "message": {_IS_REJECTED} ? "" :'
    f" $substring({without_told_wait('$states.input.error.message')}, 0, {RECORDED_CHARACTERS})}}"
)
"""What a failed item says of its error beside its reason, for the run's own failure; the history has the whole."""

RECORDED_REASON = (
    f"{_IS_REJECTED} ? $substring($states.input.error.message, 0, {RECORDED_CHARACTERS}) : $states.input.error.name"
)
"""The reason of a failed entry: GitLab's own words, or the error's name."""

EXECUTION = {
    "id": jsonata("$states.context.Execution.Id"),
    "start_time": jsonata("$states.context.Execution.StartTime"),
}
"""What each Lambda is told of its execution."""


def caught(changes: dict[str, str]) -> str:
    """The state's input with the caught error and some changes (JSONata expressions by key)."""
    pairs = {"error": CAUGHT_ERROR, **changes}
    inside = ", ".join(f"{literal(key)}: {expression}" for key, expression in pairs.items())
    return jsonata(f"$merge([$states.input, {{{inside}}}])")
