"""What becomes of a write, and how it travels."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from contract.writes import Recorded
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import Target
from functions.shared.model.plan import Create, Delete, write_to_json
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
ROW = Row(7, "created", "acme/shop#12", 1800, AT, warning="duration_mismatch")
CREATE = Create(ROW, Target("gid://gitlab/Issue/12", "acme/shop#12"), "[toggl:7] menu")
DOUBLES = Delete(Row(8, "kept", "acme/shop#12", 1800, AT), (Posted("gid://gitlab/Timelog/1", AT),) * 2)
LOST = Recorded.of("AmbiguousWrite", "perhaps")
REFUSED = Recorded.of("EntryRejected", "no_permission")


@pytest.mark.parametrize("write", [CREATE, DOUBLES])
def test_a_write_that_is_carried_out_comes_to_what_the_plan_says(write: Create | Delete) -> None:
    assert WriteOutcome.done(write).to_json() == write_to_json(write)["done"]


def test_a_write_that_is_given_up_keeps_its_row_with_the_reason_and_has_removed_nothing() -> None:
    assert WriteOutcome.failed(ROW, REFUSED).to_json() == {
        "row": ROW.to_json() | {"outcome": "failed", "reason": "no_permission"},
        "duplicates_removed": 0,
        "error": {"name": "EntryRejected", "message": ""},
    }


@pytest.mark.parametrize(
    "outcome", [WriteOutcome.done(DOUBLES), WriteOutcome.failed(ROW, LOST), WriteOutcome.failed(ROW, REFUSED)]
)
def test_an_outcome_travels_unchanged(outcome: WriteOutcome) -> None:
    assert WriteOutcome.from_json(outcome.to_json()) == outcome
