"""The totals of rows, where they are counted outside of the state machine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.shared.handover.tally import tally, tally_of_outcomes
from functions.shared.model.row import Row

NOTHING = dict.fromkeys(("fetched", "created", "replaced", "deleted", "kept", "skipped", "failed", "seconds_logged"), 0)


def row(outcome: str, seconds: int = 900, *, gone: bool = False) -> Row:
    return Row(1, outcome, "acme/shop#12", seconds, datetime(2026, 11, 20, tzinfo=UTC), gone=gone)


def test_nothing_is_nothing() -> None:
    assert tally([]) == NOTHING


@pytest.mark.parametrize(
    ("outcome", "seconds_logged"),
    [("created", 900), ("replaced", 900), ("deleted", 0), ("kept", 0), ("skipped", 0), ("failed", 0)],
)
def test_a_row_counts_once_and_its_seconds_when_they_were_logged(outcome: str, seconds_logged: int) -> None:
    assert tally([row(outcome)]) == NOTHING | {"fetched": 1, outcome: 1, "seconds_logged": seconds_logged}


def test_what_is_gone_from_toggl_was_not_fetched() -> None:
    assert tally([row("deleted", gone=True), row("kept")]) == NOTHING | {"fetched": 1, "deleted": 1, "kept": 1}


def test_outcomes_count_the_doubles_that_were_removed_too() -> None:
    outcomes = [
        {"row": row("created").to_json(), "duplicates_removed": 0, "error": None},
        {"row": row("kept").to_json(), "duplicates_removed": 2, "error": None},
        {"row": row("kept").to_json(), "duplicates_removed": 3, "error": None},
    ]

    assert tally_of_outcomes(iter(outcomes)) == NOTHING | {
        "fetched": 3,
        "created": 1,
        "kept": 2,
        "seconds_logged": 900,
        "duplicates_removed": 5,
    }
