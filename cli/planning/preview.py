"""A plan as data: what becomes of each entry, what it was before, and how the hours add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cli.executions.accounts import account_to_json, total
from cli.planning.decision import Decision
from contract.settings import Settings
from contract.vocabulary import EntryWarning, Outcome
from functions.shared.instants import format_instant
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched
from functions.shared.model.place import NewIssue
from functions.shared.model.plan import Create, Delete, Item, Replace
from functions.shared.model.row import Account
from functions.shared.model.timelog import Timelog

Kind = Literal["create", "change", "remove", "refused", "left_out", "kept"]
KINDS: tuple[Kind, ...] = ("create", "change", "remove", "refused", "left_out", "kept")
"""What a run does about an entry, in the order in which a person is shown it."""

COLUMNS = (
    *("entry_id", "action", "reason", "warning", "start", "tracked_seconds", "seconds", "issue", "title"),
    *("description", "toggl_project", "gone", "late", "pending"),
)


@dataclass(frozen=True, slots=True)
class Before:
    """A timelog that is there now. issue: None when it cannot be seen."""

    issue: str | None
    seconds: int


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one entry.

    title: of its issue, as far as it is known. duplicates: doubles that are removed. late: it is looked at for a change
    since its day was synced. pending: why an earlier run could not finish it.
    """

    entry_id: int
    kind: Kind
    reason: str | None
    warning: EntryWarning | None
    start: datetime
    tracked_seconds: int
    seconds: int
    issue: str | None
    title: str | None
    description: str
    toggl_project: str | None
    before: tuple[Before, ...]
    duplicates: int
    gone: bool
    late: bool
    pending: str | None
    account: Account

    def to_json(self) -> dict[str, Any]:
        return {
            "entry_id": self.entry_id,
            "action": self.kind,
            "reason": self.reason,
            "warning": self.warning,
            "start": format_instant(self.start),
            "tracked_seconds": self.tracked_seconds,
            "seconds": self.seconds,
            "issue": self.issue,
            "title": self.title,
            "description": self.description,
            "toggl_project": self.toggl_project,
            "gone": self.gone,
            "late": self.late,
            "pending": self.pending,
            "before": [{"issue": one.issue, "seconds": one.seconds} for one in self.before],
            "duplicates_removed": self.duplicates,
        }


@dataclass(frozen=True)
class Preview:
    """What a run would do. error: with what it would end before it does anything. remarks: what else is odd.

    apply: the command that carries it out.
    """

    window: Window
    settings: Settings
    username: str
    lines: tuple[Line, ...]
    error: Exception | None
    remarks: tuple[str, ...]
    apply: str

    @property
    def account(self) -> Account:
        return total(line.account for line in self.lines)

    def of(self, *kinds: Kind) -> list[Line]:
        return [line for line in self.lines if line.kind in kinds]

    @property
    def writes(self) -> list[Line]:
        """What a run would write, doubles of kept ones that are removed included."""
        return [line for line in self.lines if line.kind in {"create", "change", "remove"} or line.duplicates]

    def days(self) -> Mapping[str, list[Line]]:
        """The lines by local day."""
        zone = ZoneInfo(self.window.timezone)
        by_day: dict[str, list[Line]] = {}
        for line in sorted(self.lines, key=lambda line: line.start):
            by_day.setdefault(line.start.astimezone(zone).date().isoformat(), []).append(line)
        return by_day

    def to_json(self) -> dict[str, Any]:
        return {
            "environment": self.settings.environment,
            "window": self.window.to_json(),
            "username": self.username,
            "error": None if self.error is None else {"name": type(self.error).__name__, "message": str(self.error)},
            "remarks": list(self.remarks),
            "totals": {kind: len(self.of(kind)) for kind in KINDS} | account_to_json(self.account),
            "entries": [line.to_json() for line in self.lines],
            "apply": self.apply,
        }


def preview(decision: Decision, titles: Mapping[str, str], *, remarks: Sequence[str] = (), apply: str = "") -> Preview:
    """The plan of a decision, for people. titles: of issues, by name."""
    fetched, decided = decision.fetched, decision.decided
    entries = {entry.id: entry for entry in fetched.entries}
    lines = tuple(
        _line(fetched, item, entries.get(item.row.entry_id), decided.ledger.get(item.row.entry_id, ()), titles)
        for item in decided.plan.items
    )
    return Preview(
        fetched.window,
        fetched.settings,
        decided.author.username,
        lines,
        decision.refusal,
        tuple(remarks),
        apply,
    )


def names_in(decision: Decision) -> set[str]:
    """The issues whose titles a person wants to see."""
    items = decision.decided.plan.items
    return {item.row.issue for item in items if item.row.issue and not item.row.issue.endswith("#new")}


def _line(
    fetched: Fetched, item: Item, entry: TimeEntry | None, there: Sequence[Timelog], titles: Mapping[str, str]
) -> Line:
    row = item.row
    pending = {one.id: one.reason for one in fetched.pending}
    new = item.target if isinstance(item, Create | Replace) and isinstance(item.target, NewIssue) else None
    return Line(
        row.entry_id,
        _kind(item),
        row.reason,
        row.warning,
        row.spent_at,
        row.tracked_seconds,
        row.seconds,
        row.issue,
        new.title if new is not None else titles.get(row.issue or ""),
        "" if entry is None else entry.description,
        None if entry is None else entry.project_name,
        tuple(Before(None if one.target is None else one.target.name, one.seconds) for one in there),
        item.duplicates_removed if isinstance(item, Delete | Replace) else 0,
        row.gone,
        not row.gone and row.spent_at < fetched.window.start,
        pending.get(row.entry_id),
        row.account,
    )


def _kind(item: Item) -> Kind:
    by_outcome: dict[Outcome, Kind] = {
        Outcome.CREATED: "create",
        Outcome.REPLACED: "change",
        Outcome.DELETED: "remove",
        Outcome.KEPT: "kept",
        Outcome.SKIPPED: "left_out",
        Outcome.FAILED: "refused",
    }
    return by_outcome[item.row.outcome]
