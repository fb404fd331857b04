"""CollectOutcomes: the rows of a large run's output, put together from what its batches left in S3."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from functions.shared.handover.files import ENTRIES, SETTLED, Handover, outcomes_of, writes_of
from functions.shared.handover.tally import tally_of_outcomes
from functions.shared.model.plan import failed_outcome

SHOWN_FAILURES = 50

Json = dict[str, Any]


def collect(batches: int, stopped: Iterable[Json], run: Handover, folder: str) -> Json:
    """Write the output's rows in order, and say what failed.

    folder: of the plan. stopped: `{"batch", "error"}` of each batch that was given up; what it has not done has failed
    with that error. Answer: `{"entries": the key, "tallies": the totals of the stopped batches, "failed": {"count",
    "rows": the first 50, "errors": the first of each name}}`. Rows are read and written one at a time, so memory stays
    bounded.
    """
    handover = run.inside(folder)
    errors = {one["batch"]: one["error"] for one in stopped}
    failures = _Failures()
    written = (failures.seen(outcome) for outcome in _outcomes(batches, errors, handover))
    rows = heapq.merge(handover.read(SETTLED), written, key=_place)
    key = run.write(ENTRIES, rows)
    counts = [tally_of_outcomes(_outcomes_of(batch, errors, handover)) for batch in sorted(errors)]
    return {"entries": key, "tallies": counts, "failed": failures.to_json()}


def _place(row: Json) -> tuple[str, int]:
    return row["spent_at"], row["entry_id"]


def _outcomes(batches: int, errors: Mapping[int, Json], handover: Handover) -> Iterator[Json]:
    for batch in range(batches):
        yield from _outcomes_of(batch, errors, handover)


def _outcomes_of(batch: int, errors: Mapping[int, Json], handover: Handover) -> list[Json]:
    [there] = handover.read_if_there(outcomes_of(batch)) or [{"outcomes": []}]
    outcomes: list[Json] = there["outcomes"]
    if batch not in errors:
        return outcomes
    left = list(handover.read(writes_of(batch)))[len(outcomes) :]
    return outcomes + [failed_outcome(write, errors[batch]["name"], errors[batch]) for write in left]


class _Failures:
    def __init__(self) -> None:
        self._count = 0
        self._rows: list[Json] = []
        self._errors: dict[str, Json] = {}

    def seen(self, outcome: Json) -> Json:
        """The outcome's row, taken down when it failed."""
        row: Json = outcome["row"]
        if row["outcome"] == "failed":
            self._count += 1
            self._errors.setdefault(outcome["error"]["name"], outcome["error"])
            if len(self._rows) < SHOWN_FAILURES:
                self._rows.append(row)
        return row

    def to_json(self) -> Json:
        return {"count": self._count, "rows": self._rows, "errors": list(self._errors.values())}
