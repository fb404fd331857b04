"""A plan that is too large for the state: its writes go into batches in S3, the rows of what needs none beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from contract.limits import BATCH_WRITES
from functions.shared.handover.files import ENTRIES, SETTLED, Handover, writes_of
from functions.shared.handover.size import refuse_too_many_entries
from functions.shared.handover.tally import Tally
from functions.shared.model import Row
from functions.shared.outcome import Outcome
from functions.shared.plan import Plan, Write, write_to_json


def hand_over(plan: Plan, run: Handover, folder: str, *, is_dry_run: bool) -> dict[str, Any]:
    """Write the plan to S3, into a folder of the run's files, and say what is there.

    Answer: `{"folder", "batches": how many, "entries": the key of the output's rows when they are known already, else
    null, "tally": the totals so far, "skipped_by_reason", "warnings"}`. Nothing is left to do, and so no batch there,
    in a dry run, which counts everything as if done, and when the plan has no writes. Raises InvalidInput for more
    writes than a run takes.
    """
    refuse_too_many_entries(len(plan.writes))
    handover = run.inside(folder)
    rows = [item.row for item in plan.items]
    counted = {
        "skipped_by_reason": _counted(row.reason for row in rows if row.outcome == "skipped"),
        "warnings": _counted(row.warning for row in rows),
    }
    if is_dry_run or not plan.writes:
        key = handover.write(ENTRIES, (row.to_json() for row in _in_order(rows)))
        return {
            "folder": folder,
            "batches": 0,
            "entries": key,
            "tally": Tally([*map(Outcome, plan.settled), *map(Outcome.done, plan.writes)]).to_json(),
            **counted,
        }
    handover.write(SETTLED, (row.to_json() for row in _in_order(plan.settled)))
    batches = list(_batches(sorted(plan.writes, key=lambda write: _place(write.row))))
    for number, batch in enumerate(batches):
        handover.write(writes_of(number), (write_to_json(write) for write in batch))
    tally = Tally(map(Outcome, plan.settled)).to_json()
    return {"folder": folder, "batches": len(batches), "entries": None, "tally": tally, **counted}


def _batches(writes: Sequence[Write]) -> Iterable[Sequence[Write]]:
    for start in range(0, len(writes), BATCH_WRITES):
        yield writes[start : start + BATCH_WRITES]


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=_place)


def _place(row: Row) -> tuple[Any, int]:
    """The order of the output's rows."""
    return row.spent_at, row.entry_id


def _counted(words: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(word for word in words if word is not None))
