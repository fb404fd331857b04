"""What `--break` does to the state machine, so that the suite has to go red. No code of the sync is touched."""

from __future__ import annotations

import json
from typing import Any

BREAKS = ("look", "lock", "settle", "late", "pending")
_NO_CONDITION = "attribute_not_exists(nobody) OR holder = :me"


def broken_definition(definition: str, broken: str | None) -> str:
    """A definition in which one thing is missing that the sync cannot do without.

    look: before a write is repeated. lock, settle: no lock, no settle time. late: changes count as seen whatever became
    of the run. pending: nothing is looked at again.
    """
    machine = json.loads(definition)
    states = machine["States"]
    writes = [
        (name, states[of]["ItemProcessor"]["States"])
        for of, name in (("CreateIssues", "CreateIssue"), ("PostEntries", "PostEntry"))
    ]
    match broken:
        case "lock":
            for name in ("AcquireLock", "RecordUser", "ReleaseLock"):
                states[name]["Arguments"]["ConditionExpression"] = _NO_CONDITION
        case "look":
            for name, inner in writes:
                inner[name]["Arguments"]["Payload"]["look_first"] = False
        case "late":
            seen = "$type($progress.changes_seen) = 'string' ? $progress.changes_seen : $synced.changes_seen"
            _left(states, ":changes_seen", f"{{% {seen} %}}")
        case "pending":
            _left(states, ":pending", "")
        case "settle":
            for name, inner in writes:
                inner[f"Settle{name}"]["Seconds"] = 0
    return json.dumps(machine)


def _left(states: dict[str, Any], name: str, value: str) -> None:
    """What every run leaves for the next one."""
    states["ReleaseLock"]["Arguments"]["ExpressionAttributeValues"][name]["S"] = value


def is_locked(definition: str) -> bool:
    """Whether one run keeps others from working at the same time."""
    return _NO_CONDITION not in definition
