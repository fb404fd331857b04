"""The plan: what a run is going to do about each entry, decided before anything is written.

`Create`, `Replace` and `Delete` are writes and reach the post Lambda; `Keep`, `Skip` and `Fail` are settled by the plan
itself. Every item carries the row of the output that it becomes when it succeeds.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from contract.vocabulary import Outcome
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted


class IfRefused(NamedTuple):
    """With what a write becomes pending when GitLab refuses it.

    at: the version of the entry, None when it is not known. reason: for which it is pending already, None when it is
    not: a refusal is told once.
    """

    at: datetime | None = None
    reason: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"at": None if self.at is None else format_instant(self.at), "reason": self.reason}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        at = value.get("at")
        return cls(None if at is None else parse_instant(at), value.get("reason"))


@dataclass(frozen=True, slots=True)
class Create:
    """Log the row's seconds on `target`. known: timelogs of the same entry that are there already, and are to stay.

    pending, here and below: None where a refusal is not told once (the doubles of entries that were not looked at).
    """

    row: Row
    target: Target | NewIssue
    summary: str
    known: tuple[Posted, ...] = ()
    pending: IfRefused | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """Log the row's seconds on `target`, then delete the `old` timelogs of the same entry: all that differ from it, or
    only the doubles beside one that is created (row outcome `created`). known: as in `Create`.
    """

    row: Row
    target: Target | NewIssue
    summary: str
    old: tuple[Posted, ...]
    pending: IfRefused | None = None
    known: tuple[Posted, ...] = ()

    @property
    def duplicates_removed(self) -> int:
        return len(self.old) if self.row.outcome == Outcome.CREATED else 0


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the `old` timelogs: all of an entry (row outcome `deleted`), or the doubles of a `kept` one."""

    row: Row
    old: tuple[Posted, ...]
    pending: IfRefused | None = None

    @property
    def duplicates_removed(self) -> int:
        return len(self.old) if self.row.outcome == Outcome.KEPT else 0


@dataclass(frozen=True, slots=True)
class Settled:
    """Nothing is to be written for it."""

    row: Row


class Keep(Settled):
    """GitLab already has what it should have, or may not be changed."""

    __slots__ = ()


class Skip(Settled):
    """The entry is left out; the row says why."""

    __slots__ = ()


class Fail(Settled):
    """Its time cannot be logged, which is known before GitLab is asked to; the row says why."""

    __slots__ = ()


Write = Create | Replace | Delete
Item = Write | Keep | Skip | Fail


@dataclass(frozen=True, slots=True)
class Plan:
    """One item per fetched entry, and one per posted entry that is gone from Toggl or has doubles."""

    items: tuple[Item, ...]

    def __add__(self, other: Self) -> Self:
        return type(self)(self.items + other.items)

    @property
    def entry_ids(self) -> set[int]:
        return {item.row.entry_id for item in self.items}

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
        return tuple(item.row for item in self.items if isinstance(item, Settled))


def write_to_json(write: Write) -> dict[str, Any]:
    """A write as it travels to the post Lambda. `done` is what that answers when the write is carried out.

    `target` is null where `new_issue` has the key of an issue that is still to be created. `pending` is `{"at": the
    entry's version or null, "reason": for which it is pending already, or null}`, or null for what never is pending.
    """
    pending = {"pending": None if write.pending is None else write.pending.to_json()}
    done = {"row": write.row.to_json(), "duplicates_removed": 0}
    match write:
        case Create():
            how = {"action": "create", "known": [posted.to_json() for posted in write.known]}
        case Replace():
            known = [posted.to_json() for posted in write.known]
            done["duplicates_removed"] = write.duplicates_removed
            how = {"action": "replace", "old": [posted.to_json() for posted in write.old], "known": known}
        case Delete():
            done["duplicates_removed"] = write.duplicates_removed
            return {"action": "delete", "old": [posted.to_json() for posted in write.old], "done": done, **pending}
    if isinstance(write.target, NewIssue):
        where: dict[str, Any] = {"target": None, "new_issue": write.target.key}
    else:
        where = {"target": write.target.to_json(), "new_issue": None}
    return {**how, **where, "summary": write.summary, "done": done, **pending}


def write_from_json(value: dict[str, Any]) -> Write:
    """What `write_to_json` made, with its target filled in. Raises ValueError for an unknown action."""
    row = Row.from_json(value["done"]["row"])
    pending = None if value.get("pending") is None else IfRefused.from_json(value["pending"])
    match value["action"]:
        case "create":
            return Create(row, Target.from_json(value["target"]), value["summary"], _posted(value["known"]), pending)
        case "replace":
            old, known = _posted(value["old"]), _posted(value.get("known", []))
            return Replace(row, Target.from_json(value["target"]), value["summary"], old, pending, known)
        case "delete":
            return Delete(row, _posted(value["old"]), pending)
        case action:
            raise ValueError(f"unknown action {action!r}")


def _posted(values: list[dict[str, Any]]) -> tuple[Posted, ...]:
    return tuple(Posted.from_json(value) for value in values)
