"""What becomes of each entry of a run: one shape for what is planned and for what came out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from contract.vocabulary import Outcome
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.row import Account

Kind = Literal["create", "change", "remove", "refused", "left_out", "kept"]
KINDS: Mapping[str, Kind] = {
    Outcome.CREATED: "create",
    Outcome.REPLACED: "change",
    Outcome.DELETED: "remove",
    Outcome.FAILED: "refused",
    Outcome.SKIPPED: "left_out",
    Outcome.KEPT: "kept",
}
"""What a run does about an entry, by its outcome, in the order in which a person is shown it."""


@dataclass(frozen=True, slots=True)
class Before:
    """A timelog that is there now. issue: None when it cannot be seen."""

    issue: str | None
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What becomes of one entry.

    title: of its issue, as far as it is known. duplicates: doubles that are removed. late: it is looked at for a change
    since its day was synced. pending: why an earlier run could not finish it.
    """

    entry_id: int
    kind: Kind
    reason: str | None
    warning: str | None
    start: datetime
    tracked_seconds: int
    seconds: int
    issue: str | None
    title: str | None = None
    description: str
    toggl_project: str | None = None
    before: tuple[Before, ...] = ()
    duplicates: int = 0
    gone: bool
    late: bool = False
    pending: str | None = None
    account: Account = field(default_factory=Account)

    @classmethod
    def of_row(cls, row: Mapping[str, Any], description: str | None) -> Line:
        """Of a row of a run's output. description: None where it is not known."""
        return cls(
            entry_id=row["entry_id"],
            kind=KINDS[row["outcome"]],
            reason=row["reason"],
            warning=row["warning"],
            start=parse_instant(row["spent_at"]),
            tracked_seconds=row.get("tracked_seconds", 0),
            seconds=row["seconds"],
            issue=row["issue"],
            description=f"entry {row['entry_id']}" if description is None else description,
            before=(Before(row["issue"], row["seconds"]),) if row["outcome"] == Outcome.KEPT else (),
            gone=row["gone"],
        )

    def is_as_planned(self, plan: Line | None) -> bool:
        """Whether it came out as it was planned; an issue that was to be created has its number by now."""
        if plan is None or (self.kind, self.reason, self.seconds) != (plan.kind, plan.reason, plan.seconds):
            return False
        return self.issue == plan.issue or (plan.issue or "").endswith("#new")

    def to_json(self) -> dict[str, Any]:
        return {
            "entry_id": self.entry_id,
            "action": self.kind,
            "reason": self.reason,
            "warning": self.warning,
            "start": format_instant(self.start),
            "tracked_seconds": self.tracked_seconds,
            "seconds": self.seconds,
            "issue": self.issue,
            "title": self.title,
            "description": self.description,
            "toggl_project": self.toggl_project,
            "gone": self.gone,
            "late": self.late,
            "pending": self.pending,
            "before": [{"issue": one.issue, "seconds": one.seconds} for one in self.before],
            "duplicates_removed": self.duplicates,
        }
