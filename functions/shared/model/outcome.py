"""What became of one write of a plan: what an iteration answers, and a line of a batch's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from contract.writes import Recorded
from functions.shared.model.plan import Delete, Write
from functions.shared.model.row import Row


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """The row of the output, and what its totals need besides. error: None unless the row's outcome is failed."""

    row: Row
    duplicates_removed: int = 0
    error: Recorded | None = None

    @classmethod
    def done(cls, write: Write) -> Self:
        """The write is carried out."""
        return cls(write.row, write.duplicates_removed if isinstance(write, Delete) else 0)

    @classmethod
    def failed(cls, row: Row, error: Recorded) -> Self:
        """The write that would have come to `row` is given up."""
        return cls(row.failed(error.reason), error=error)

    def to_json(self) -> dict[str, Any]:
        done = {"row": self.row.to_json(), "duplicates_removed": self.duplicates_removed}
        return done if self.error is None else done | {"error": self.error.to_json()["error"]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        row = Row.from_json(value["row"])
        error = value.get("error")
        recorded = None if error is None else Recorded.from_json({"reason": row.reason, "error": error})
        return cls(row, value.get("duplicates_removed", 0), recorded)
