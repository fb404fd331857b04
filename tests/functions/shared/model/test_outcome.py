"""What becomes of a write, and how it travels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from contract.state import Pending
from contract.writes import Recorded
from functions.shared.model.outcome import WriteOutcome, failed_write
from functions.shared.model.place import Target
from functions.shared.model.plan import Create, Delete, IfRefused, Replace, Write, write_to_json
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted
from stacks.workflow.expressions import expression
from tests.stacks.support import evaluate

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
ROW = Row(7, "created", "acme/shop#12", 1800, AT, warning="duration_mismatch")
CREATE = Create(ROW, Target("gid://gitlab/Issue/12", "acme/shop#12"), "[toggl:7] menu")
DOUBLES = Delete(Row(8, "kept", "acme/shop#12", 1800, AT), (Posted("gid://gitlab/Timelog/1", AT),) * 2)
BESIDE = Replace(ROW, CREATE.target, "[toggl:7] menu", DOUBLES.old)
LOST = Recorded.of("AmbiguousWrite", "perhaps")
REFUSED = Recorded.of("EntryRejected", "no_permission")


@pytest.mark.parametrize("write", [CREATE, DOUBLES, BESIDE])
def test_a_write_that_is_carried_out_comes_to_what_the_plan_says(write: Write) -> None:
    assert WriteOutcome.done(write).to_json() == write_to_json(write)["done"]


def test_a_write_that_is_given_up_keeps_its_row_with_the_reason_and_has_removed_nothing() -> None:
    assert WriteOutcome.failed(ROW, REFUSED).to_json() == {
        "row": ROW.to_json() | {"outcome": "failed", "reason": "no_permission"},
        "duplicates_removed": 0,
        "error": {"name": "EntryRejected", "message": ""},
        "pending": None,
    }


NEW, PENDING = IfRefused(AT), IfRefused(AT, "no_permission")


@pytest.mark.parametrize(
    ("error", "pending", "warning", "kept"),
    [
        (REFUSED, NEW, "duration_mismatch", "no_permission"),
        (REFUSED, PENDING, "still_refused", "no_permission"),
        (REFUSED, IfRefused(AT, "The issue is locked."), "duration_mismatch", "no_permission"),
        (REFUSED, None, "duration_mismatch", None),
        (LOST, NEW, "duration_mismatch", None),
        (LOST, PENDING, "duration_mismatch", "no_permission"),
        (Recorded.of("EntryRejected", "w" * 200), IfRefused(AT, "w" * 100), "still_refused", "w" * 100),
    ],
)
def test_a_refusal_is_told_once_and_what_was_refused_stays_pending_whatever_it_fails_of(
    error: Recorded, pending: IfRefused | None, warning: str, kept: str | None
) -> None:
    failed = WriteOutcome.failed(ROW, error, pending)

    assert failed.row.warning == warning
    assert failed.is_new_failure is (warning != "still_refused")
    assert failed.to_be_pending == (None if kept is None else Pending(7, AT, kept))
    assert failed.is_refused is (error.name == "EntryRejected" and pending is not None)


@pytest.mark.parametrize(("error", "pending"), [(REFUSED, NEW), (REFUSED, PENDING), (REFUSED, None), (LOST, PENDING)])
def test_the_state_machine_makes_the_same_of_a_write_that_is_given_up(
    error: Recorded, pending: IfRefused | None
) -> None:
    write = write_to_json(replace(CREATE, pending=pending))
    failed = expression("write_failed")[2:-2]

    made = evaluate(f"({failed})($write, $recorded)", write=write, recorded=error.to_json())

    assert made == failed_write(write, error).to_json() == WriteOutcome.failed(ROW, error, pending).to_json()


@pytest.mark.parametrize(
    "outcome",
    [
        WriteOutcome.done(DOUBLES),
        WriteOutcome.failed(ROW, LOST),
        WriteOutcome.failed(ROW, REFUSED),
        WriteOutcome.failed(ROW, REFUSED, PENDING),
    ],
)
def test_an_outcome_travels_unchanged(outcome: WriteOutcome) -> None:
    assert WriteOutcome.from_json(outcome.to_json()) == outcome
