"""A line of the run's output."""

from __future__ import annotations

from datetime import UTC, datetime

from contract.vocabulary import Outcome, Reason
from functions.shared.model.row import Row


def test_a_row_is_a_line_of_the_output_with_all_its_keys() -> None:
    row = Row(1, Outcome.SKIPPED, "group/project#12", 1800, datetime(2026, 11, 20, 9, tzinfo=UTC), Reason.TOO_SHORT)

    assert row.to_json() == {
        "entry_id": 1,
        "outcome": "skipped",
        "reason": "too_short",
        "warning": None,
        "gone": False,
        "issue": "group/project#12",
        "seconds": 1800,
        "spent_at": "2026-11-20T09:00:00Z",
    }
