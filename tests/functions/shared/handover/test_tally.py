"""The totals of rows, where they are counted outside of the state machine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.shared.handover.tally import Tally
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.row import Row

NOTHING = dict.fromkeys(
    (
        *("fetched", "created", "replaced", "deleted", "kept", "skipped", "failed"),
        *("duplicates_removed", "seconds_logged"),
    ),
    0,
)


def outcome(word: str, seconds: int = 900, *, gone: bool = False, doubles: int = 0) -> WriteOutcome:
    row = Row(1, word, "acme/shop#12", seconds, datetime(2026, 11, 20, tzinfo=UTC), gone=gone)
    return WriteOutcome(row, doubles)


def test_nothing_is_nothing() -> None:
    assert Tally().to_json() == NOTHING


@pytest.mark.parametrize(
    ("word", "seconds_logged"),
    [("created", 900), ("replaced", 900), ("deleted", 0), ("kept", 0), ("skipped", 0), ("failed", 0)],
)
def test_a_row_counts_once_and_its_seconds_when_they_were_logged(word: str, seconds_logged: int) -> None:
    assert Tally([outcome(word)]).to_json() == NOTHING | {"fetched": 1, word: 1, "seconds_logged": seconds_logged}


def test_what_is_gone_from_toggl_was_not_fetched() -> None:
    told = Tally([outcome("deleted", gone=True), outcome("kept")])

    assert told.to_json() == NOTHING | {"fetched": 1, "deleted": 1, "kept": 1}


def test_the_doubles_that_were_removed_are_counted_too() -> None:
    told = Tally(iter([outcome("created"), outcome("kept", doubles=2)]))
    told.add(outcome("kept", doubles=3))

    assert told.to_json() == NOTHING | {
        "fetched": 3,
        "created": 1,
        "kept": 2,
        "seconds_logged": 900,
        "duplicates_removed": 5,
    }
