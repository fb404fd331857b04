"""What became of one write of a plan: what an iteration answers, and a line of a batch's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from contract.errors import EntryRejected
from contract.state import PENDING_REASON_CHARACTERS, Pending
from contract.vocabulary import EntryWarning
from functions.shared.model.plan import Create, IfRefused, Write
from functions.shared.model.row import Row

if TYPE_CHECKING:
    from contract.writes import Recorded


@dataclass(frozen=True, slots=True)
class WriteOutcome:
    """The row of the output, and what its totals need besides.

    error: None unless the row's outcome is failed. pending: of a failed one, with what it becomes pending when it was
    refused, and stays pending when it failed otherwise.
    """

    row: Row
    duplicates_removed: int = 0
    error: Recorded | None = None
    pending: IfRefused | None = None

    @classmethod
    def done(cls, write: Write) -> Self:
        """The write is carried out."""
        return cls(write.row, 0 if isinstance(write, Create) else write.duplicates_removed)

    @classmethod
    def failed(cls, row: Row, error: Recorded, pending: IfRefused | None = None) -> Self:
        """The write that would have come to `row` is given up. The state machine does the same in `write_failed`."""
        failed = row.failed(error.reason)
        is_told = error.name == EntryRejected.__name__ and pending is not None and pending.reason == told(error.reason)
        return cls(failed._replace(warning=EntryWarning.STILL_REFUSED) if is_told else failed, 0, error, pending)

    @property
    def is_refused(self) -> bool:
        """Whether GitLab refused it, and the next runs try it again."""
        return self.error is not None and self.error.name == EntryRejected.__name__ and self.pending is not None

    @property
    def was_pending(self) -> bool:
        return self.pending is not None and self.pending.reason is not None

    @property
    def to_be_pending(self) -> Pending | None:
        """What the item keeps of it. One that was refused before and fails otherwise now keeps its reason."""
        if self.pending is None or self.error is None:
            return None
        reason = told(self.error.reason) if self.is_refused else self.pending.reason
        return None if reason is None else Pending(self.row.entry_id, self.pending.at, reason)

    @property
    def is_new_failure(self) -> bool:
        """Whether it failed with what no earlier run has told of."""
        return self.error is not None and self.row.warning != EntryWarning.STILL_REFUSED

    def to_json(self) -> dict[str, Any]:
        done = {"row": self.row.to_json(), "duplicates_removed": self.duplicates_removed}
        if self.error is None:
            return done
        pending = None if self.pending is None else self.pending.to_json()
        return done | {"error": self.error.to_json()["error"], "pending": pending}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        row, removed = Row.from_json(value["row"]), value.get("duplicates_removed", 0)
        error, pending = value.get("error"), value.get("pending")
        if error is None:
            return cls(row, removed)
        from contract.writes import Recorded  # noqa: PLC0415 - on a normal day nothing has failed

        recorded = Recorded.from_json({"reason": row.reason, "error": error})
        return cls(row, removed, recorded, None if pending is None else IfRefused.from_json(pending))


def told(reason: str) -> str:
    """How much of a refusal's reason is kept, and compared, to tell it once."""
    return reason[:PENDING_REASON_CHARACTERS]


def failed_write(write: Mapping[str, Any], error: Recorded) -> WriteOutcome:
    """Of a write as it travels, which may not even have a target."""
    pending = write.get("pending")
    return WriteOutcome.failed(
        Row.from_json(write["done"]["row"]), error, None if pending is None else IfRefused.from_json(pending)
    )
