"""The demonstration's own judgement: what each of its runs should have done, compared line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.demonstration.sample_day import SampleDay
from cli.executions.ended import Ended
from functions.shared.text import hours
from local.standins.gitlab.model import LedgerRow
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl

EDIT_SECONDS = 900
"""By so much the third run's entry was shortened."""


@dataclass(frozen=True)
class Check:
    """One thing that has to hold, and where it does not: an empty `differences` means that it holds."""

    claim: str
    differences: tuple[str, ...]


def checks_of_the_day(ended: Ended, day: SampleDay, ledger: Sequence[LedgerRow], toggl: Toggl) -> list[Check]:
    """The first run against the day's own expectations: the output's rows and totals, then GitLab's timelogs."""
    output = ended.output or {}
    rows = {row["entry_id"]: row for row in output.get("entries", ())}
    posted = [expected for expected in day.expected if expected.outcome == "created"]
    skipped = len(day.expected) - len(posted)
    starts = {entry.id: entry.start for entry in toggl.entries}
    timelogs = {_entry_id(row): row for row in ledger}
    wanted = {
        one.entry_id: (one.issue, one.seconds, one.spent_at, f"[toggl:{one.entry_id}]", day.gitlab_username)
        for one in posted
    }
    found = {
        entry_id: (row.reference, row.seconds, row.spent_at, (row.summary or "").split(" ", 1)[0], row.username)
        for entry_id, row in timelogs.items()
    }
    late = [
        f"entry {entry_id} began {starts[entry_id]}, its timelog says {row.spent_at}"
        for entry_id, row in timelogs.items()
        if entry_id in starts and row.spent_at != starts[entry_id].strftime("%Y-%m-%dT%H:%M:%SZ")
    ]
    seconds = sum(row.seconds for row in ledger)
    totals = {key: output.get("totals", {}).get(key) for key in day.totals}
    return [
        Check(
            f"all {len(day.expected)} entries are accounted for: {len(posted)} posted, {skipped} left out for a reason",
            (
                *_differences(
                    "entry",
                    {one.entry_id: (one.outcome, one.reason, one.warning) for one in day.expected},
                    {key: (row["outcome"], row["reason"], row["warning"]) for key, row in rows.items()},
                ),
                *_differences("total", day.totals, totals),
                *_differences("skipped", day.skipped_by_reason, output.get("skipped_by_reason", {})),
                *_differences("warning", day.warnings, output.get("warnings", {})),
            ),
        ),
        Check(
            f"GitLab has one timelog for each of the {len(posted)}, on the right issue with the right amount",
            (
                *_differences("timelog of entry", wanted, found),
                *([f"{len(ledger)} timelogs instead of {len(posted)}"] if len(ledger) != len(posted) else []),
            ),
        ),
        Check("each timelog's time is the start of its entry", tuple(late)),
        Check(
            f"they add up to {hours(day.totals['seconds_logged'])}",
            () if seconds == day.totals["seconds_logged"] else (f"they are {hours(seconds)}",),
        ),
    ]


def checks_of_the_repetition(
    ended: Ended, gitlab: GitLab, before: Sequence[LedgerRow], after: Sequence[LedgerRow]
) -> list[Check]:
    """The second run: nothing was asked of GitLab but to be read, and nothing changed there."""
    output = ended.output or {}
    writes = {name: gitlab.count(name) for name in ("timelogCreate", "timelogDelete")}
    outcome = output.get("outcome")
    return [
        Check(
            "there was nothing to sync",
            () if outcome == "nothing_to_sync" else (f"the run's outcome is {outcome}",),
        ),
        Check(
            "GitLab was asked for no write",
            tuple(f"{count} {name} requests" for name, count in writes.items() if count),
        ),
        Check(
            f"GitLab has the same {len(before)} timelogs as before",
            () if list(before) == list(after) else ("they are not the same",),
        ),
    ]


def checks_of_the_edit(
    ended: Ended, edited: int, before: Sequence[LedgerRow], after: Sequence[LedgerRow]
) -> list[Check]:
    """The third run: the edited entry's timelog, and no other, was replaced by one with the new time."""
    rows = (ended.output or {}).get("entries", ())
    outcomes = {row["entry_id"]: row["outcome"] for row in rows if row["outcome"] not in {"kept", "skipped"}}
    wanted = sorted(
        row._replace(seconds=row.seconds - EDIT_SECONDS) if _entry_id(row) == edited else row for row in before
    )
    return [
        Check(
            "the edited entry was replaced, and nothing else",
            tuple(_differences("entry", {edited: "replaced"}, outcomes)),
        ),
        Check(
            "GitLab has its new time, and still one timelog for each entry",
            () if wanted == sorted(after) else ("GitLab's timelogs are not the ones before with that one changed",),
        ),
    ]


def _entry_id(row: LedgerRow) -> int:
    digits = (row.summary or "").partition("[toggl:")[2].partition("]")[0]
    return int(digits) if digits.isdigit() else 0


def _differences(what: str, expected: Mapping[Any, object], found: Mapping[Any, object]) -> Iterable[str]:
    for key in sorted(expected.keys() | found.keys(), key=str):
        if key not in found:
            yield f"{what} {key} is missing; expected: {expected[key]}"
        elif key not in expected:
            yield f"{what} {key} was not expected: {found[key]}"
        elif found[key] != expected[key]:
            yield f"{what} {key}: expected {expected[key]}, found {found[key]}"
