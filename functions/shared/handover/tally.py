"""Counting rows of the output, where there are too many of them for the state machine to do it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from functions.shared.model.row import Row

COUNTED = ("created", "replaced", "deleted", "kept", "skipped", "failed")


def tally(rows: Iterable[Row]) -> dict[str, int]:
    """The totals of some rows: `fetched`, each outcome, and the new seconds of what was logged."""
    outcomes: Counter[str] = Counter()
    fetched = seconds = 0
    for row in rows:
        outcomes[row.outcome] += 1
        fetched += not row.gone
        seconds += row.seconds if row.outcome in {"created", "replaced"} else 0
    return {"fetched": fetched, **{name: outcomes[name] for name in COUNTED}, "seconds_logged": seconds}


def tally_of_outcomes(outcomes: Iterable[dict[str, Any]]) -> dict[str, int]:
    """The totals of what became of writes (`{"row", "duplicates_removed", "error"}`), `duplicates_removed` included."""
    seen = list(outcomes)
    counts = tally(Row.from_json(one["row"]) for one in seen)
    return {**counts, "duplicates_removed": sum(one["duplicates_removed"] for one in seen)}
