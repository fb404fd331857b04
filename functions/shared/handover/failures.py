"""What failed in a run whose rows are in S3, as `failures.jsonata` finds it in the state of a smaller one."""

from __future__ import annotations

from typing import Any

from contract.errors import ENTRIES_FAILED
from contract.limits import PROJECTS_NAMED
from contract.vocabulary import Outcome, Reason
from contract.writes import Recorded
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import project_in
from functions.shared.model.row import Row

SHOWN_FAILURES = 50


class Failures:
    """How many entries failed with what was not told before, the first of their rows, an error of each name, and the
    first of the projects that cannot be seen.
    """

    def __init__(self) -> None:
        self._count = 0
        self._rows: list[Row] = []
        self._errors: dict[str, Recorded] = {}
        self._invisible: dict[str, None] = {}

    def add_settled(self, row: Row) -> None:
        """One that the plan has settled, perhaps as failed."""
        if row.outcome == Outcome.FAILED:
            self._add(row, Recorded(row.reason or "", ENTRIES_FAILED, ""))

    def add_written(self, outcome: WriteOutcome) -> None:
        if outcome.error is not None and outcome.is_new_failure:
            self._add(outcome.row, outcome.error)

    def _add(self, row: Row, error: Recorded) -> None:
        self._count += 1
        self._errors.setdefault(error.name, error)
        if row.reason == Reason.PROJECT_NOT_VISIBLE and row.issue is not None:
            self._invisible[project_in(row.issue)] = None
        if len(self._rows) < SHOWN_FAILURES:
            self._rows.append(row)

    def to_json(self) -> dict[str, Any]:
        return {
            "count": self._count,
            "rows": [row.to_output() for row in self._rows],
            "invisible": list(self._invisible)[:PROJECTS_NAMED],
            "errors": [error.to_json()["error"] for error in self._errors.values()],
        }
