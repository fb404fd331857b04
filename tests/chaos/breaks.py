"""What `--break` does to the state machine, so that the suite has to go red. No code of the sync is touched."""

from __future__ import annotations

import json

BREAKS = ("look", "lock", "settle")
_NO_CONDITION = "attribute_not_exists(nobody) OR holder = :me"


def broken_definition(definition: str, broken: str | None) -> str:
    """A definition without looking before a write is repeated, without the lock, or without the settle time."""
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
        case "settle":
            for name, inner in writes:
                inner[f"Settle{name}"]["Seconds"] = 0
    return json.dumps(machine)


def is_locked(definition: str) -> bool:
    """Whether one run keeps others from working at the same time."""
    return _NO_CONDITION not in definition
