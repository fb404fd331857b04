"""A report's lines, out of what the run's own core decides about the days of its range."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from zoneinfo import ZoneInfo

from cli.reporting.model import Line, Status
from cli.terminal.text import printable
from contract.vocabulary import EntryWarning, Outcome, Reason, meaning_and_advice
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.plan import Create, Delete, Fail, Item, Keep, Replace, Skip
from functions.shared.model.timelog import Timelog
from functions.transform.pipeline import Decided

DESCRIPTION_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of the range than the plan.

    due_from: the first local day that the next run takes in and that none before was due to. elsewhere: the ids of
    entries that Toggl has on days outside of the range. refused: why GitLab refuses entries that are tried again every
    morning, by id.
    """

    due_from: date
    elsewhere: Collection[int] = ()
    refused: Mapping[int, str] = field(default_factory=dict)


def lines_of(decided: Decided, window: Window, known: Known) -> tuple[Line, ...]:
    """A line for each entry of the window, and for each other one that has a marked timelog in it, by their starts."""
    entries = {one.entry.id: one.entry for one in decided.screened}
    items = [item for item in decided.plan.items if item.row.entry_id in entries]
    lines = [_line(item, entries[item.row.entry_id], decided.ledger, window, known) for item in items]
    return tuple(sorted([*lines, *_orphans(decided, window, known)], key=lambda line: (line.start, line.entry_id)))


def orphans_of(decided: Decided, window: Window) -> list[int]:
    """The ids of the entries that are on GitLab in the window, but did not come from Toggl."""
    fetched = {one.entry.id for one in decided.screened}
    return sorted(
        entry_id
        for entry_id, there in decided.ledger.items()
        if entry_id not in fetched and any(window.contains(timelog.spent_at) for timelog in there)
    )


def _line(
    item: Item, entry: TimeEntry, ledger: Mapping[int, tuple[Timelog, ...]], window: Window, known: Known
) -> Line:
    row, there = item.row, ledger.get(entry.id, ())
    line = Line(
        entry_id=entry.id,
        start=entry.start,
        status=_status(item, there),
        tracked_seconds=row.tracked_seconds,
        planned_seconds=row.planned or 0,
        gitlab_seconds=row.before,
        issue=row.issue,
        reason=row.reason,
        advice=meaning_and_advice(row.reason or "")[1],
        warning=row.warning,
        description=printable(entry.description, DESCRIPTION_CHARACTERS),
        toggl_project=None if entry.project_name is None else printable(entry.project_name),
        workspace_id=entry.workspace_id,
    )
    if line.status in _TRIED_AGAIN and entry.id in known.refused:
        return line.refused(known.refused[entry.id])
    if line.status != Status.MISSING:
        return line
    is_due = entry.start.astimezone(ZoneInfo(window.timezone)).date() < known.due_from
    return line if is_due else replace(line, status=Status.NOT_YET)


def _status(item: Item, there: Sequence[Timelog]) -> Status:
    """How GitLab stands to what the run would do about an entry."""
    row = item.row
    if isinstance(item, Fail):
        return Status.REFUSED
    if row.warning in _KEPT:
        return _KEPT[EntryWarning(row.warning)]
    if isinstance(item, Skip):
        return Status.RUNNING if row.reason == Reason.RUNNING else Status.LEFT_OUT
    return _status_of_posted(item, there)


def _status_of_posted(item: Create | Replace | Delete | Keep, there: Sequence[Timelog]) -> Status:
    match item:
        case Keep():
            return Status.LOGGED if item.row.before == item.row.planned else Status.DOUBLE
        case Create():
            return Status.MISSING
        case Delete():
            return Status.DOUBLE if item.row.outcome == Outcome.KEPT else Status.KEPT
        case Replace() if len(there) > 1:
            return Status.DOUBLE
        case Replace():
            return Status.ELSEWHERE if there[0].seconds == item.row.planned else Status.DIFFERENT


_KEPT = {
    EntryWarning.DIFFERS: Status.DIFFERENT,
    EntryWarning.POSTED_BUT_FILTERED: Status.KEPT,
    EntryWarning.MOVE_IN_PROGRESS: Status.MOVING,
    EntryWarning.DOUBLE_STAYS: Status.DOUBLE,
}


_TRIED_AGAIN = frozenset({Status.MISSING, Status.ELSEWHERE, Status.DIFFERENT})
"""What the runs try to change every morning, as far as GitLab lets them."""


def _orphans(decided: Decided, window: Window, known: Known) -> Iterator[Line]:
    for entry_id in orphans_of(decided, window):
        there = [timelog for timelog in decided.ledger[entry_id] if window.contains(timelog.spent_at)]
        yield Line(
            entry_id=entry_id,
            start=there[0].spent_at,
            status=Status.ELSEWHERE if entry_id in known.elsewhere else Status.NOT_IN_TOGGL,
            tracked_seconds=0,
            planned_seconds=0,
            gitlab_seconds=sum(timelog.seconds for timelog in there),
            issue=None if there[0].target is None else there[0].target.name,
            description=printable(there[0].summary, DESCRIPTION_CHARACTERS),
        )
