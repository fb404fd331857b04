"""CollectOutcomes: the rows of a large run's output, put together from what its batches left in S3."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from contract.state import PENDING_AT_MOST, Pending
from contract.writes import Recorded
from functions.shared.handover.failures import Failures
from functions.shared.handover.files import ENTRIES, SETTLED, Handover, outcomes_of, writes_of
from functions.shared.handover.tally import Tally
from functions.shared.model.outcome import WriteOutcome, failed_write
from functions.shared.model.row import Row

Json = dict[str, Any]


def collect(batches: int, stopped: Iterable[Json], run: Handover, folder: str) -> Json:
    """Write the output's rows in order, count them, and say what failed.

    folder: of the plan. stopped: `{"batch", "reason", "error"}` of each batch that was given up; what it has not done
    has failed with that error. Answer: `{"entries": the key, "tally": the totals of all batches, "warnings": how often
    each, "failed": what no earlier run has told of, see `Failures`, "pending": what the next runs look at again, those
    that were pending before first, one more than the item takes at most, "holding": how many failed and are not
    refused}`. Rows are read and written one at a time, so memory stays bounded.
    """
    handover = run.inside(folder)
    errors = {one["batch"]: Recorded.from_json(one) for one in stopped}
    seen = _Seen()
    settled: Iterator[Row | WriteOutcome] = map(Row.from_json, handover.read(SETTLED))
    written: Iterator[Row | WriteOutcome] = (
        outcome for batch in range(batches) for outcome in _outcomes(batch, handover, errors)
    )
    rows = (seen.add(one) for one in heapq.merge(settled, written, key=_place))
    return {"entries": run.write(ENTRIES, (row.to_output() for row in rows)), **seen.to_json()}


def _place(one: Row | WriteOutcome) -> tuple[datetime, int]:
    """The order of the output's rows."""
    row = one.row if isinstance(one, WriteOutcome) else one
    return row.spent_at, row.entry_id


def _outcomes(batch: int, handover: Handover, errors: Mapping[int, Recorded]) -> Iterator[WriteOutcome]:
    [there] = handover.read_if_there(outcomes_of(batch)) or [{"outcomes": []}]
    yield from map(WriteOutcome.from_json, there["outcomes"])
    if batch in errors:
        left = list(handover.read(writes_of(batch)))[len(there["outcomes"]) :]
        yield from (failed_write(write, errors[batch]) for write in left)


class _Seen:
    """What the output says of the rows that have gone by."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._warnings: Counter[str] = Counter()
        self._failures = Failures()
        self._pending: list[Pending] = []
        self._refused: list[Pending] = []
        self._holding = 0

    def add(self, one: Row | WriteOutcome) -> Row:
        """A row that the plan has settled, and TransformEntries has counted, or what a write came to."""
        if isinstance(one, WriteOutcome):
            self._tally.add(one)
            self._failures.add_written(one)
            self._keep(one)
        else:
            self._failures.add_settled(one)
        row = one.row if isinstance(one, WriteOutcome) else one
        if row.warning is not None:
            self._warnings[row.warning] += 1
        return row

    def _keep(self, outcome: WriteOutcome) -> None:
        """What was pending stays so when it failed again, whatever of."""
        if outcome.error is None:
            return
        self._holding += not outcome.is_refused
        pending = outcome.to_be_pending
        if pending is None:
            return
        kept = self._pending if outcome.was_pending else self._refused
        if len(kept) <= PENDING_AT_MOST:
            kept.append(pending)

    def to_json(self) -> Json:
        pending = [*self._pending, *self._refused][: PENDING_AT_MOST + 1]
        return {
            "tally": self._tally.to_json(),
            "warnings": dict(self._warnings),
            "failed": self._failures.to_json(),
            "pending": [one.to_json() for one in pending],
            "holding": self._holding,
        }
