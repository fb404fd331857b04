"""JSONata for the state machine: the few expressions that more than one state needs, and the files of the long ones."""

from __future__ import annotations

import json
from pathlib import Path

from contract.errors import WAIT_PATTERN, EntryRejected

CAUSE_CHARACTERS = 500
"""How much of an error's cause is kept. A cause need not be JSON, so it is cut and searched, never parsed."""

_HERE = Path(__file__).parent


def jsonata(expression: str) -> str:
    """An expression as Step Functions wants it."""
    return f"{{% {expression} %}}"


def from_file(name: str, **values: object) -> str:
    """The expression in `stacks/<name>.jsonata`, each `@KEY@` in it replaced by a value."""
    expression = (_HERE / f"{name}.jsonata").read_text(encoding="utf-8").strip()
    for key, value in values.items():
        expression = expression.replace(f"@{key}@", literal(value))
    return jsonata(expression)


def literal(value: object) -> str:
    """A Python value as JSONata writes it."""
    return json.dumps(value, ensure_ascii=False)


def without_told_wait(message: str) -> str:
    """An expression for a wait error's message when nobody waits any more."""
    return f'$replace({message}, /{WAIT_PATTERN}/, "It asked for that again and again: start again later.")'


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

RECORDED_CHARACTERS = 250
"""How much of a reason or a message a failed item keeps: 400 of them have to fit into 256 KiB."""

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
