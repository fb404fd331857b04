"""A line of the run's output, and what it adds to the account of the hours."""

from datetime import datetime
from typing import Any, NamedTuple, Self

from contract.vocabulary import EntryWarning, Outcome
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.travel import known_fields

INTERNAL_KEYS = ("on_gitlab", "before", "planned")
"""What a row has for the account only: the output does not show it."""


class Account(NamedTuple):
    """A row's seconds: tracked + rounding = on_gitlab + left_out + failed - differing."""

    tracked: int = 0
    on_gitlab: int = 0
    left_out: int = 0
    failed: int = 0
    rounding: int = 0
    differing: int = 0


class Row(NamedTuple):
    """What became of one entry.

    reason: of one that was left out, a `Reason`; of one that failed, what went wrong. gone: the entry was not fetched.
    tracked_seconds: what Toggl has, unrounded. on_gitlab: the seconds of this entry on GitLab when the row comes true;
    before: those that are there now, and stay when its write fails. planned: what GitLab should have, None where it
    should have nothing. A gone row counts nothing.
    """

    entry_id: int
    outcome: Outcome
    issue: str | None
    seconds: int
    spent_at: datetime
    reason: str | None = None
    warning: EntryWarning | None = None
    gone: bool = False
    tracked_seconds: int = 0
    on_gitlab: int = 0
    before: int = 0
    planned: int | None = None

    def failed(self, reason: str) -> Self:
        """The row of a write that is given up: what was on GitLab is still there."""
        return self._replace(outcome=Outcome.FAILED, reason=reason, on_gitlab=self.before)

    @property
    def account(self) -> Account:
        if self.gone:
            return Account()
        tracked, there = self.tracked_seconds, self.on_gitlab
        if self.outcome == Outcome.FAILED:
            return Account(tracked, there, failed=tracked, differing=there)
        if self.planned is None:
            return Account(tracked, there, left_out=tracked, differing=there)
        return Account(tracked, there, rounding=self.planned - tracked, differing=there - self.planned)

    def to_json(self) -> dict[str, Any]:
        """As it travels; without the `INTERNAL_KEYS` it is a line of the output."""
        return {
            "entry_id": self.entry_id,
            "outcome": self.outcome,
            "reason": self.reason,
            "warning": self.warning,
            "gone": self.gone,
            "issue": self.issue,
            "seconds": self.seconds,
            "tracked_seconds": self.tracked_seconds,
            "spent_at": format_instant(self.spent_at),
            "on_gitlab": self.on_gitlab,
            "before": self.before,
            "planned": self.planned,
        }

    def to_output(self) -> dict[str, Any]:
        """A line of the output."""
        return {key: value for key, value in self.to_json().items() if key not in INTERNAL_KEYS}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        warning = value.get("warning")
        words = {
            "outcome": Outcome(value["outcome"]),
            "warning": None if warning is None else EntryWarning(warning),
            "spent_at": parse_instant(value["spent_at"]),
        }
        return cls(**known_fields(cls, value) | words)
