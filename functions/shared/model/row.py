"""A line of the run's output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from contract.vocabulary import EntryWarning, Outcome
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.travel import known_fields


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one entry.

    reason: of one that was left out, a `Reason`; of one that failed, what went wrong. gone: the entry is no longer in
    Toggl.
    """

    entry_id: int
    outcome: Outcome
    issue: str | None
    seconds: int
    spent_at: datetime
    reason: str | None = None
    warning: EntryWarning | None = None
    gone: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "entry_id": self.entry_id,
            "outcome": self.outcome,
            "reason": self.reason,
            "warning": self.warning,
            "gone": self.gone,
            "issue": self.issue,
            "seconds": self.seconds,
            "spent_at": format_instant(self.spent_at),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        warning = value.get("warning")
        words = {
            "outcome": Outcome(value["outcome"]),
            "warning": None if warning is None else EntryWarning(warning),
            "spent_at": parse_instant(value["spent_at"]),
        }
        return cls(**known_fields(cls, value) | words)
