"""A plan as data: what becomes of each entry, what it was before, and how the hours add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from cli.executions.accounts import account_to_json, total
from cli.executions.lines import KINDS, Before, Kind, Line
from cli.planning.decision import Decision
from contract.settings import Settings
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched
from functions.shared.model.place import NewIssue
from functions.shared.model.plan import Create, Delete, Item, Replace
from functions.shared.model.row import Account
from functions.shared.model.timelog import Timelog

COLUMNS = (
    *("entry_id", "action", "reason", "warning", "start", "tracked_seconds", "seconds", "issue", "title"),
    *("description", "toggl_project", "gone", "late", "pending"),
)


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
            "totals": {kind: len(self.of(kind)) for kind in KINDS.values()} | account_to_json(self.account),
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
        entry_id=row.entry_id,
        kind=KINDS[row.outcome],
        reason=row.reason,
        warning=row.warning,
        start=row.spent_at,
        tracked_seconds=row.tracked_seconds,
        seconds=row.seconds,
        issue=row.issue,
        title=new.title if new is not None else titles.get(row.issue or ""),
        description="" if entry is None else entry.description,
        toggl_project=None if entry is None else entry.project_name,
        before=tuple(Before(None if one.target is None else one.target.name, one.seconds) for one in there),
        duplicates=item.duplicates_removed if isinstance(item, Delete | Replace) else 0,
        gone=row.gone,
        late=not row.gone and row.spent_at < fetched.window.start,
        pending=pending.get(row.entry_id),
        account=row.account,
    )
