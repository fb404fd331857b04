"""The plan: what a run is going to do about each entry, decided before anything is written.

`Create`, `Replace` and `Delete` are writes and reach the post Lambda; `Keep` and `Skip` are settled by the plan itself.
Every item carries the row of the output that it becomes when it succeeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contract.vocabulary import Outcome
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted


@dataclass(frozen=True, slots=True)
class Create:
    """Log the row's seconds on `target`. known: timelogs of the same entry that are there already, and are to stay."""

    row: Row
    target: Target | NewIssue
    summary: str
    known: tuple[Posted, ...] = ()


@dataclass(frozen=True, slots=True)
class Replace:
    """Log the row's seconds on `target`, then delete the `old` timelogs of the same entry."""

    row: Row
    target: Target | NewIssue
    summary: str
    old: tuple[Posted, ...]


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the `old` timelogs: all of an entry (row outcome `deleted`), or the doubles of a `kept` one."""

    row: Row
    old: tuple[Posted, ...]

    @property
    def duplicates_removed(self) -> int:
        return len(self.old) if self.row.outcome == Outcome.KEPT else 0


@dataclass(frozen=True, slots=True)
class Keep:
    """GitLab already has what it should have, or may not be changed."""

    row: Row


@dataclass(frozen=True, slots=True)
class Skip:
    """The entry is left out; the row says why."""

    row: Row


Write = Create | Replace | Delete
Item = Create | Replace | Delete | Keep | Skip


@dataclass(frozen=True, slots=True)
class Plan:
    """One item per fetched entry, and one per posted entry that is gone from Toggl."""

    items: tuple[Item, ...]

    @property
    def writes(self) -> tuple[Write, ...]:
        return tuple(item for item in self.items if isinstance(item, Create | Replace | Delete))

    @property
    def new_issues(self) -> tuple[NewIssue, ...]:
        """The issues that are to be created before anything is posted, each once."""
        targets = (item.target for item in self.items if isinstance(item, Create | Replace))
        by_key = {target.key: target for target in reversed(tuple(targets)) if isinstance(target, NewIssue)}
        return tuple(by_key[key] for key in sorted(by_key))

    @property
    def settled(self) -> tuple[Row, ...]:
        return tuple(item.row for item in self.items if isinstance(item, Keep | Skip))


def write_to_json(write: Write) -> dict[str, Any]:
    """A write as it travels to the post Lambda. `done` is what that answers when the write is carried out.

    `target` is null where `new_issue` has the key of an issue that is still to be created.
    """
    done = {"row": write.row.to_json(), "duplicates_removed": 0}
    match write:
        case Create():
            how = {"action": "create", "known": [posted.to_json() for posted in write.known]}
        case Replace():
            how = {"action": "replace", "old": [posted.to_json() for posted in write.old]}
        case Delete():
            done["duplicates_removed"] = write.duplicates_removed
            return {"action": "delete", "old": [posted.to_json() for posted in write.old], "done": done}
    if isinstance(write.target, NewIssue):
        where: dict[str, Any] = {"target": None, "new_issue": write.target.key}
    else:
        where = {"target": write.target.to_json(), "new_issue": None}
    return {**how, **where, "summary": write.summary, "done": done}


def write_from_json(value: dict[str, Any]) -> Write:
    """What `write_to_json` made, with its target filled in. Raises ValueError for an unknown action."""
    row = Row.from_json(value["done"]["row"])
    match value["action"]:
        case "create":
            return Create(row, Target.from_json(value["target"]), value["summary"], _posted(value["known"]))
        case "replace":
            return Replace(row, Target.from_json(value["target"]), value["summary"], _posted(value["old"]))
        case "delete":
            return Delete(row, _posted(value["old"]))
        case action:
            raise ValueError(f"unknown action {action!r}")


def _posted(values: list[dict[str, Any]]) -> tuple[Posted, ...]:
    return tuple(Posted.from_json(value) for value in values)
