"""CollectOutcomes: the rows of a large run's output, put together from what its batches left in S3."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contract.writes import Recorded
from functions.shared.handover.files import ENTRIES, SETTLED, Handover, outcomes_of, writes_of
from functions.shared.handover.tally import Tally
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.row import Row

SHOWN_FAILURES = 50

Json = dict[str, Any]


def collect(batches: int, stopped: Iterable[Json], run: Handover, folder: str) -> Json:
    """Write the output's rows in order, count them, and say what failed.

    folder: of the plan. stopped: `{"batch", "reason", "error"}` of each batch that was given up; what it has not done
    has failed with that error. Answer: `{"entries": the key, "tally": the totals of all batches, "failed": {"count",
    "rows": the first 50, "errors": the first of each name}}`. Rows are read and written one at a time, so memory stays
    bounded.
    """
    handover = run.inside(folder)
    errors = {one["batch"]: Recorded.from_json(one) for one in stopped}
    seen = _Seen()
    settled = map(Row.from_json, handover.read(SETTLED))
    written = (seen.add(outcome) for batch in range(batches) for outcome in _outcomes(batch, handover, errors))
    rows = heapq.merge(settled, written, key=lambda row: (row.spent_at, row.entry_id))
    return {"entries": run.write(ENTRIES, (row.to_json() for row in rows)), **seen.to_json()}


def _outcomes(batch: int, handover: Handover, errors: Mapping[int, Recorded]) -> Iterator[WriteOutcome]:
    [there] = handover.read_if_there(outcomes_of(batch)) or [{"outcomes": []}]
    yield from map(WriteOutcome.from_json, there["outcomes"])
    if batch in errors:
        left = list(handover.read(writes_of(batch)))[len(there["outcomes"]) :]
        yield from (WriteOutcome.failed(Row.from_json(write["done"]["row"]), errors[batch]) for write in left)


class _Seen:
    """What the output says of the outcomes that have gone by."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._failed = 0
        self._rows: list[Row] = []
        self._errors: dict[str, Recorded] = {}

    def add(self, outcome: WriteOutcome) -> Row:
        self._tally.add(outcome)
        if outcome.error is not None:
            self._failed += 1
            self._errors.setdefault(outcome.error.name, outcome.error)
            if len(self._rows) < SHOWN_FAILURES:
                self._rows.append(outcome.row)
        return outcome.row

    def to_json(self) -> Json:
        failed = {
            "count": self._failed,
            "rows": [row.to_json() for row in self._rows],
            "errors": [error.to_json()["error"] for error in self._errors.values()],
        }
        return {"tally": self._tally.to_json(), "failed": failed}
