"""The JSONata of the state machine: paths are written where they are used, everything else has a file here.

A file's expression may hold `@include other@`, which is that file's expression, and `@KEY@`, which is a value.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from contract import limits
from contract.errors import CAUSE_CHARACTERS, ENTRIES_FAILED, WAIT_PATTERN, WAITED_IN_VAIN, EntryRejected
from contract.state import ATTRIBUTES, PENDING_AT_MOST, PENDING_REASON_CHARACTERS
from contract.vocabulary import EntryWarning, Reason
from contract.writes import COSTLY, RECORDED_CHARACTERS

NULL = "{% null %}"
"""The CDK leaves out what is None."""

EMPTY = '{% "" %}'
"""asl-validator takes no empty text."""

TRUE = "{% true %}"

_HERE = Path(__file__).parent
_PLACEHOLDER = re.compile(r"@(?:include (?P<name>\w+)|(?P<key>[A-Z_]+))@")
_PATH = re.compile(r"\$[a-z_]+(\.[A-Za-z_]+)*")

_CONTRACT = {
    "ATTRIBUTES": ATTRIBUTES,
    "CAUSE_CHARACTERS": CAUSE_CHARACTERS,
    "COSTLY": COSTLY,
    "ENTRIES_FAILED": ENTRIES_FAILED,
    "ENTRY_REJECTED": EntryRejected.__name__,
    "PENDING_AT_MOST": PENDING_AT_MOST,
    "PENDING_CHARACTERS": PENDING_REASON_CHARACTERS,
    "PROJECT_NOT_VISIBLE": Reason.PROJECT_NOT_VISIBLE,
    "PROJECTS_NAMED": limits.PROJECTS_NAMED,
    "RECORDED_CHARACTERS": RECORDED_CHARACTERS,
    "STILL_REFUSED": EntryWarning.STILL_REFUSED,
    "WAITED_IN_VAIN": WAITED_IN_VAIN,
    "WAIT_PATTERN": WAIT_PATTERN,
}
"""The values that every file may use."""


def path(text: str) -> str:
    """A variable, or what is somewhere in it, as Step Functions wants it. Raises ValueError for anything more."""
    if not _PATH.fullmatch(text):
        raise ValueError(f"{text} is more than a path. Put it into a file of {_HERE}.")
    return f"{{% {text} %}}"


def expression(name: str, **values: object) -> str:
    """The expression of a file, as Step Functions wants it. values: by the key of their placeholders.

    Raises KeyError for a placeholder without a value.
    """
    return f"{{% {_filled(name, _CONTRACT | values)} %}}"


def _filled(name: str, values: dict[str, object]) -> str:
    def fill(found: re.Match[str]) -> str:
        return f"({_filled(found['name'], values)})" if found["name"] else literal(values[found["key"]])

    return _PLACEHOLDER.sub(fill, (_HERE / f"{name}.jsonata").read_text(encoding="utf-8").strip())


def literal(value: object) -> str:
    """A Python value as JSONata writes it."""
    return f"/{value.pattern}/" if isinstance(value, re.Pattern) else json.dumps(value, ensure_ascii=False)
