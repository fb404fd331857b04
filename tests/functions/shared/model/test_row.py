"""A line of the run's output."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contract.vocabulary import Outcome, Reason
from functions.shared.model.row import Account, Row

SPENT_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _row(outcome: Outcome, **more: Any) -> Row:
    return Row(1, outcome, "group/project#12", 1800, SPENT_AT, **more)


def test_a_row_is_a_line_of_the_output_with_all_its_keys() -> None:
    row = _row(Outcome.SKIPPED, reason=Reason.TOO_SHORT, tracked_seconds=1710, on_gitlab=5, before=5, planned=5)

    assert row.to_output() == {
        "entry_id": 1,
        "outcome": "skipped",
        "reason": "too_short",
        "warning": None,
        "gone": False,
        "issue": "group/project#12",
        "seconds": 1800,
        "tracked_seconds": 1710,
        "spent_at": "2026-11-20T09:00:00Z",
    }


def test_a_row_travels_with_what_the_account_needs_besides() -> None:
    row = _row(Outcome.KEPT, tracked_seconds=1710, on_gitlab=3600, before=5400, planned=1800)

    assert row.to_json() == row.to_output() | {"on_gitlab": 3600, "before": 5400, "planned": 1800}
    assert Row.from_json(row.to_json()) == row


def test_a_write_that_fails_leaves_on_gitlab_what_was_there() -> None:
    row = _row(Outcome.REPLACED, tracked_seconds=1710, on_gitlab=1800, before=900, planned=1800)

    assert row.failed("no_permission") == _row(
        Outcome.FAILED, reason="no_permission", tracked_seconds=1710, on_gitlab=900, before=900, planned=1800
    )


@pytest.mark.parametrize(
    ("row", "account"),
    [
        (
            _row(Outcome.CREATED, tracked_seconds=1710, on_gitlab=1800, planned=1800),
            Account(1710, 1800, rounding=90),
        ),
        (
            _row(Outcome.CREATED, tracked_seconds=1710, on_gitlab=2700, before=900, planned=1800),
            Account(1710, 2700, rounding=90, differing=900),
        ),
        (
            _row(Outcome.KEPT, tracked_seconds=1900, on_gitlab=900, before=900, planned=1800),
            Account(1900, 900, rounding=-100, differing=-900),
        ),
        (
            _row(Outcome.KEPT, tracked_seconds=200, on_gitlab=900, before=900),
            Account(200, 900, left_out=200, differing=900),
        ),
        (_row(Outcome.SKIPPED, tracked_seconds=200), Account(200, left_out=200)),
        (_row(Outcome.DELETED, tracked_seconds=200, before=900), Account(200, left_out=200)),
        (
            _row(Outcome.FAILED, tracked_seconds=1710, on_gitlab=900, before=900, planned=1800),
            Account(1710, 900, failed=1710, differing=900),
        ),
        (_row(Outcome.DELETED, gone=True, tracked_seconds=5, on_gitlab=6, before=900), Account()),
    ],
)
def test_the_account_of_a_row_tells_where_its_seconds_are(row: Row, account: Account) -> None:
    assert row.account == account
    assert account.tracked + account.rounding == (
        account.on_gitlab + account.left_out + account.failed - account.differing
    )
