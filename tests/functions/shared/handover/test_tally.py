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
        *("seconds_tracked", "seconds_on_gitlab", "seconds_left_out"),
        *("seconds_failed", "seconds_rounding", "seconds_differing"),
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


def test_the_account_is_the_sum_of_the_fetched_rows() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    rows = [
        Row(1, "created", "a/b#1", 900, at, tracked_seconds=1000, on_gitlab=900, planned=900),
        Row(2, "failed", "a/b#1", 900, at, tracked_seconds=800, on_gitlab=450, before=450, planned=900),
        Row(3, "kept", "a/b#1", 0, at, reason="too_short", tracked_seconds=60, on_gitlab=900),
        Row(4, "deleted", "a/b#1", 900, at, tracked_seconds=5000, on_gitlab=900, gone=True),
    ]

    told = Tally(map(WriteOutcome, rows)).to_json()

    assert {name: seconds for name, seconds in told.items() if name.startswith("seconds_") and seconds} == {
        "seconds_logged": 900,
        "seconds_tracked": 1860,
        "seconds_on_gitlab": 2250,
        "seconds_left_out": 60,
        "seconds_failed": 800,
        "seconds_rounding": -100,
        "seconds_differing": 1350,
    }
