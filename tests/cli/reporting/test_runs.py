"""A range's report as that of a run: its days, its entries, and what it did about each."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cli.reporting.model import OtherTime, Status
from cli.reporting.runs import days_of, of_run
from cli.terminal.days import Days
from tests.cli.executions.support import output, row
from tests.cli.reporting.support import NOVEMBER_3, line, report


def the_output(*rows: dict[str, Any], start: str = "2026-11-03", end: str = "2026-11-04") -> dict[str, Any]:
    window = {"start": f"{start}T00:00:00+01:00", "end": f"{end}T00:00:00+01:00", "timezone": "Europe/Berlin"}
    return output(*rows) | {"window": window}


@pytest.mark.parametrize(
    ("end", "spent_at", "days"),
    [
        ("2026-11-04", "2026-11-03T08:00:00Z", ("2026-11-03", "2026-11-03")),  # the window ends at the next midnight
        ("2026-11-04", "2026-10-20T23:30:00Z", ("2026-10-21", "2026-11-03")),  # late, and by the run's own days
        ("2026-11-03", "2026-11-03T08:00:00Z", ("2026-11-03", "2026-11-03")),  # an empty window, at midnight
    ],
)
def test_a_runs_days_are_those_of_its_window_and_of_what_it_took_in_late(
    end: str, spent_at: str, days: tuple[str, str]
) -> None:
    assert days_of(the_output(row(spent_at=spent_at), end=end)) == Days(*map(date.fromisoformat, days))


def test_only_what_a_run_looked_at_is_in_its_report() -> None:
    others = tuple(OtherTime("jonas", NOVEMBER_3, 60, issue) for issue in ("acme/web#12", "acme/web#13", None))
    whole = report(line(), line(entry_id=2, issue="acme/web#13"), others=others)

    made = of_run(whole, "by-hand", the_output(row(1, issue="acme/web#12", outcome="kept")))

    assert [(one.entry_id, one.outcome) for one in made.lines] == [(1, "kept")]
    assert made.others == others[:1]


@pytest.mark.parametrize(
    ("status", "expected"),
    [(Status.MISSING, Status.REFUSED), (Status.NOT_YET, Status.REFUSED), (Status.LOGGED, Status.LOGGED)],
)
def test_what_a_run_was_refused_is_refused_until_it_is_there(status: Status, expected: Status) -> None:
    made = of_run(report(line(status)), "by-hand", the_output(row(1, outcome="failed", reason="no_permission")))

    assert made.lines[0].status == expected


def test_what_neither_of_the_two_has_any_more_counts_nothing() -> None:
    made = of_run(report(), "by-hand", the_output(row(7, outcome="deleted", gone=True, issue="acme/web#12")))

    [gone] = made.lines
    assert (gone.entry_id, gone.status, gone.issue, gone.outcome) == (7, Status.GONE, "acme/web#12", "deleted")
    assert made.bridge.steps == ()
    assert made.is_complete
