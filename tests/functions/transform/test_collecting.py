"""What CollectOutcomes says of the files of a large run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contract.state import PENDING_AT_MOST
from contract.writes import Recorded
from functions.shared.handover.files import ENTRIES, SETTLED, outcomes_of, writes_of
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import Target
from functions.shared.model.plan import Create, IfRefused, write_to_json
from functions.shared.model.row import Row
from functions.transform.collecting import collect
from tests.functions.memory import MemoryHandover

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
REFUSED = Recorded.of("EntryRejected", "no_permission")
LOST = Recorded.of("AmbiguousWrite", "perhaps")


def create(entry_id: int, reason: str | None = None) -> Create:
    row = Row(
        *(entry_id, "created", "acme/shop#12", 1800, AT + timedelta(minutes=entry_id)),
        tracked_seconds=1700,
        on_gitlab=1800,
        planned=1800,
    )
    return Create(row, Target("gid://gitlab/Issue/12", "acme/shop#12"), "text", pending=IfRefused(AT, reason))


def files_of(*outcomes: WriteOutcome, settled: tuple[Row, ...] = (), left: tuple[Create, ...] = ()) -> MemoryHandover:
    """A run's files with one batch, whose writes came to these outcomes."""
    run = MemoryHandover()
    plan = run.inside("plan")
    plan.write(SETTLED, [row.to_json() for row in settled])
    writes = [*(create(one.row.entry_id) for one in outcomes), *left]
    plan.write(writes_of(0), map(write_to_json, writes))
    plan.write(outcomes_of(0), [{"outcomes": [one.to_json() for one in outcomes]}])
    return run


def failed(write: Create, error: Recorded) -> WriteOutcome:
    return WriteOutcome.failed(write.row, error, write.pending)


def test_what_was_told_before_is_counted_as_failed_but_not_told_again() -> None:
    files = files_of(
        failed(create(1, "no_permission"), REFUSED), failed(create(2), REFUSED), WriteOutcome.done(create(3))
    )

    told = collect(1, [], files, "plan")

    assert told["tally"]["failed"] == 2
    assert (told["failed"]["count"], [row["entry_id"] for row in told["failed"]["rows"]]) == (1, [2])
    assert told["warnings"] == {"still_refused": 1}
    assert [one["id"] for one in told["pending"]] == [1, 2]
    assert told["holding"] == 0


def test_those_that_were_pending_before_come_first_and_no_more_are_named_than_show_that_there_are_too_many() -> None:
    new = [failed(create(number), REFUSED) for number in range(PENDING_AT_MOST)]
    old = [failed(create(1000 + number, "no_permission"), REFUSED) for number in range(5)]

    told = collect(1, [], files_of(*new, *old), "plan")

    assert [one["id"] for one in told["pending"]][:6] == [1000, 1001, 1002, 1003, 1004, 0]
    assert len(told["pending"]) == PENDING_AT_MOST + 1


@pytest.mark.parametrize(("reason", "kept"), [(None, []), ("no_permission", [{"id": 1, "reason": "no_permission"}])])
def test_what_fails_otherwise_holds_the_run_back_and_stays_pending_when_it_was(
    reason: str | None, kept: list[dict[str, object]]
) -> None:
    told = collect(1, [], files_of(failed(create(1, reason), LOST)), "plan")

    assert (told["holding"], told["failed"]["count"]) == (1, 1)
    assert [{"id": one["id"], "reason": one["reason"]} for one in told["pending"]] == kept


def test_what_a_batch_that_was_given_up_has_not_done_has_failed_with_its_error() -> None:
    stopped = [{"batch": 0, **LOST.to_json()}]

    told = collect(1, stopped, files_of(WriteOutcome.done(create(1)), left=(create(2), create(3, "x"))), "plan")

    assert (told["tally"]["created"], told["tally"]["failed"], told["holding"]) == (1, 2, 2)
    assert [one["id"] for one in told["pending"]] == [3]


def test_what_the_plan_itself_says_has_failed_is_told_and_rows_have_no_internal_keys() -> None:
    invisible = Row(5, "failed", "acme/hidden#1", 900, AT, reason="project_not_visible", tracked_seconds=900)
    files = files_of(WriteOutcome.done(create(7)), settled=(invisible,))

    told = collect(1, [], files, "plan")

    assert told["failed"] == {
        "count": 1,
        "rows": [invisible.to_output()],
        "invisible": ["acme/hidden"],
        "errors": [{"name": "EntriesFailed", "message": ""}],
    }
    assert told["tally"]["failed"] == 0  # TransformEntries has counted it.
    assert list(files.read(ENTRIES)) == [invisible.to_output(), create(7).row.to_output()]
