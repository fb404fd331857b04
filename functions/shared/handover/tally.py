"""The totals of a run whose rows are in S3. `totals.jsonata` counts those that travel in the state in the same way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from contract.vocabulary import Outcome
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.row import Account

LOGGED = {Outcome.CREATED, Outcome.REPLACED}
"""The outcomes that log time."""


def _came_to(outcome: Outcome) -> Callable[[WriteOutcome], int]:
    return lambda one: one.row.outcome == outcome


def _counts(name: str) -> Callable[[WriteOutcome], int]:
    return lambda one: int(getattr(one.row.account, name))


TOTALS: dict[str, Callable[[WriteOutcome], int]] = {
    "fetched": lambda one: not one.row.gone,
    **{str(outcome): _came_to(outcome) for outcome in Outcome},
    "duplicates_removed": lambda one: one.duplicates_removed,
    "seconds_logged": lambda one: one.row.seconds if one.row.outcome in LOGGED else 0,
    **{f"seconds_{name}": _counts(name) for name in Account._fields},
}
"""What one entry adds to each total."""


class Tally:
    """The totals of what was added so far."""

    def __init__(self, outcomes: Iterable[WriteOutcome] = ()) -> None:
        self._totals = Counter(dict.fromkeys(TOTALS, 0))
        for outcome in outcomes:
            self.add(outcome)

    def add(self, outcome: WriteOutcome) -> None:
        self._totals.update({name: adds(outcome) for name, adds in TOTALS.items()})

    def to_json(self) -> dict[str, int]:
        return dict(self._totals)
