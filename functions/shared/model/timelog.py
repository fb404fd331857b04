"""GitLab's ledger: the timelogs that are there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Self

from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.place import Target
from functions.shared.model.travel import known_fields


class Move(NamedTuple):
    """An issue was moved. updated_at: its last change, never before the move. to: the gids of where it is now.

    Several when it was moved on from there, none when that cannot be seen.
    """

    updated_at: datetime
    to: tuple[str, ...]


class Posted(NamedTuple):
    """A timelog that is already there, as a plan names it: its gid, and the time at which the ledger shows it.

    was_moved: whether its issue was, so that it is a double where it may not be deleted.
    """

    gid: str
    spent_at: datetime
    seconds: int = 0
    was_moved: bool = False
    may_be_deleted: bool = True

    def to_json(self) -> dict[str, Any]:
        return {
            "gid": self.gid,
            "spent_at": format_instant(self.spent_at),
            "seconds": self.seconds,
            "was_moved": self.was_moved,
            "may_be_deleted": self.may_be_deleted,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(**known_fields(cls, value) | {"spent_at": parse_instant(value["spent_at"])})


@dataclass(frozen=True, slots=True)
class Timelog:
    """One GitLab timelog. GitLab copies it under another `gid` when its issue moves, so that identifies nothing.

    target: None on an epic, or where it cannot be seen. move: of its issue, None when that was not moved.
    may_be_deleted: not by anybody in an archived project, for instance. author: the username, for people only.
    """

    gid: str
    target: Target | None
    seconds: int
    spent_at: datetime
    summary: str
    move: Move | None = None
    may_be_deleted: bool = True
    author: str = ""

    def posted(self) -> Posted:
        return Posted(self.gid, self.spent_at, self.seconds, self.move is not None, self.may_be_deleted)
