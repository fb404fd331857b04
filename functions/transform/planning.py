"""The plan: what to do about each entry, as a pure function of the entries, the settings and GitLab's ledger."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from contract.settings import Settings
from contract.state import Pending
from contract.vocabulary import EntryWarning, Outcome, Reason
from functions.shared.marker import marked_entry_id, marker
from functions.shared.model.entry import TimeEntry
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Delete, Fail, IfRefused, Item, Keep, Plan, Replace, Skip
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted, Timelog
from functions.shared.text import one_line
from functions.transform.filters import REMOVABLE_REASONS
from functions.transform.moves import is_moving, removable_doubles_of

SUMMARY_CHARACTERS = 255

Ledger = Mapping[int, tuple[Timelog, ...]]
"""The marked timelogs by entry id, each entry's in the order of their ids, see `ledger_by_entry`."""


class Terms(NamedTuple):
    """What holds for every entry of a plan.

    may_remove_filtered: whether a posted entry that is filtered now may be deleted (`remove_deleted` is on, and the run
    overrides no filter). pending: the entries that GitLab has refused before, by id.
    """

    settings: Settings
    now: datetime
    may_remove_filtered: bool = False
    pending: Mapping[int, Pending] = MappingProxyType({})

    def if_refused(self, entry_id: int, at: datetime | None) -> IfRefused:
        before = self.pending.get(entry_id)
        return IfRefused(at, None if before is None else before.reason)


class Candidate(NamedTuple):
    """One fetched entry after filtering, matching and rounding.

    seconds: what is logged when it is; the raw length when `reason` says why it is not. target: where, if anywhere.
    """

    entry: TimeEntry
    seconds: int
    target: Target | NewIssue | None
    reason: Reason | None = None
    warning: EntryWarning | None = None
    issue: str | None = None

    def row(self, outcome: Outcome, before: int = 0, on_gitlab: int | None = None) -> Row:
        """before: the entry's seconds on GitLab now; on_gitlab: when the row comes true, None for as they are."""
        return Row(
            entry_id=self.entry.id,
            outcome=outcome,
            issue=self.target.name if self.target is not None else self.issue,
            seconds=self.seconds,
            spent_at=self.entry.start,
            reason=self.reason,
            warning=self.warning,
            tracked_seconds=0 if self.entry.is_running else max(self.entry.seconds, 0),
            on_gitlab=before if on_gitlab is None else on_gitlab,
            before=before,
            planned=self.seconds if self.reason is None and self.target is not None else None,
        )


def summary_of(entry: TimeEntry) -> str:
    """The marker, then the description on one line, cut to what GitLab takes (255 code points)."""
    return f"{marker(entry.id)} {one_line(entry.description)}"[:SUMMARY_CHARACTERS].rstrip()


def ledger_by_entry(timelogs: Iterable[Timelog]) -> dict[int, tuple[Timelog, ...]]:
    """The marked timelogs by entry id, each entry's in the order of their ids; others are none of our business."""
    by_entry: dict[int, list[Timelog]] = {}
    for timelog in timelogs:
        entry_id = marked_entry_id(timelog.summary)
        if entry_id is not None:
            by_entry.setdefault(entry_id, []).append(timelog)
    return {entry_id: tuple(sorted(logs, key=_number)) for entry_id, logs in by_entry.items()}


def _number(timelog: Timelog) -> int:
    return int(timelog.gid.rsplit("/", 1)[-1])


def plan(candidates: Iterable[Candidate], ledger: Ledger, terms: Terms, others: Ledger | None = None) -> Plan:
    """One item per candidate, ordered by start and id.

    ledger: the token user's timelogs. others: those of other users, where an earlier user of the same deployment may
    have posted; an entry that has one is posted, and they are never touched.
    """
    items = (
        _item(candidate, ledger.get(candidate.entry.id, ()), (others or {}).get(candidate.entry.id, ()), terms)
        for candidate in candidates
    )
    return Plan(tuple(sorted(items, key=lambda item: (item.row.spent_at, item.row.entry_id))))


def _item(candidate: Candidate, there: tuple[Timelog, ...], others: tuple[Timelog, ...], terms: Terms) -> Item:
    if candidate.reason == Reason.PROJECT_NOT_VISIBLE:
        return Fail(candidate.row(Outcome.FAILED, _seconds(there + others)))
    target = candidate.target
    if candidate.reason is not None or target is None:
        return _left_out(candidate, there, others, terms)
    if not there + others or not terms.settings.prevent_duplicates:
        return _create(candidate, target, there, others, terms)
    if others:
        is_equal = any(_is_equal(timelog, candidate) for timelog in others)
        return _keep(candidate, None if is_equal else EntryWarning.DIFFERS, there, terms, others)
    if is_moving(there, terms.now):
        return _keep(candidate, EntryWarning.MOVE_IN_PROGRESS, there, terms)
    return _posted_before(candidate, target, there, terms)


def _create(
    candidate: Candidate,
    target: Target | NewIssue,
    there: tuple[Timelog, ...],
    others: tuple[Timelog, ...],
    terms: Terms,
) -> Item:
    """Whatever else is there stays, but the doubles that GitLab made."""
    doubles = removable_doubles_of(there)
    before = _seconds(there + others)
    row = candidate.row(Outcome.CREATED, before, before + candidate.seconds - _seconds(doubles))
    known = posted_of(timelog for timelog in there if timelog not in doubles)
    summary, pending = summary_of(candidate.entry), _if_refused(candidate, terms)
    if doubles:
        return Replace(row, target, summary, posted_of(doubles), pending, known)
    return Create(row, target, summary, known, pending)


def _posted_before(candidate: Candidate, target: Target | NewIssue, there: tuple[Timelog, ...], terms: Terms) -> Item:
    """What GitLab has of this entry is compared with what it should have; nothing of it is just being moved."""
    equal = next((timelog for timelog in there if _is_equal(timelog, candidate)), None)
    if equal is None and not terms.settings.sync_edits:
        return _keep(candidate, EntryWarning.DIFFERS, there, terms)
    # What stays on an issue that was moved, since it may not be deleted, is told and not tried every morning.
    staying = [one for one in there if one.move is not None and not one.may_be_deleted and one is not equal]
    if staying:
        candidate = candidate._replace(warning=EntryWarning.DOUBLE_STAYS)
    old = posted_of(timelog for timelog in there if timelog is not equal and timelog not in staying)
    pending = _if_refused(candidate, terms)
    outcome = Outcome.REPLACED if equal is None else Outcome.KEPT
    row = candidate.row(outcome, _seconds(there), candidate.seconds + _seconds(staying))
    if equal is None:
        return Replace(row, target, summary_of(candidate.entry), old, pending, known=posted_of(staying))
    return Delete(row, old, pending) if old else Keep(row)


def _left_out(candidate: Candidate, there: tuple[Timelog, ...], others: tuple[Timelog, ...], terms: Terms) -> Item:
    if not there + others:
        return Skip(candidate.row(Outcome.SKIPPED))
    # Its row says where its time is, not where the description points to now.
    candidate = candidate._replace(issue=place_of((there + others)[0]))
    if is_moving(there, terms.now):
        return _keep(candidate, EntryWarning.MOVE_IN_PROGRESS, there, terms, others)
    if terms.may_remove_filtered and candidate.reason in REMOVABLE_REASONS and not others:
        row = candidate.row(Outcome.DELETED, _seconds(there), 0)
        return Delete(row, posted_of(there), _if_refused(candidate, terms))
    return _keep(candidate, EntryWarning.POSTED_BUT_FILTERED, there, terms, others)


def _keep(
    candidate: Candidate,
    warning: EntryWarning | None,
    there: tuple[Timelog, ...],
    terms: Terms,
    others: tuple[Timelog, ...] = (),
) -> Item:
    """Whatever is there stays, but the doubles that GitLab made. warning: None for that which it has already."""
    candidate = candidate if warning is None else candidate._replace(warning=warning)
    doubles = removable_doubles_of(there)
    before = _seconds(there + others)
    row = candidate.row(Outcome.KEPT, before, before - _seconds(doubles))
    # What is being moved is pending already.
    pending = None if warning == EntryWarning.MOVE_IN_PROGRESS else _if_refused(candidate, terms)
    return Delete(row, posted_of(doubles), pending) if doubles else Keep(row)


def _if_refused(candidate: Candidate, terms: Terms) -> IfRefused:
    return terms.if_refused(candidate.entry.id, candidate.entry.at)


def place_of(timelog: Timelog) -> str | None:
    return timelog.target.name if timelog.target is not None else None


def _seconds(timelogs: Iterable[Timelog]) -> int:
    return sum(timelog.seconds for timelog in timelogs)


def posted_of(timelogs: Iterable[Timelog]) -> tuple[Posted, ...]:
    return tuple(timelog.posted() for timelog in timelogs)


def _is_equal(timelog: Timelog, candidate: Candidate) -> bool:
    """Whether a timelog is what the entry should have; a changed text alone is not a change."""
    return (
        timelog.target is not None
        and isinstance(candidate.target, Target)
        and timelog.target.gid == candidate.target.gid
        and timelog.seconds == candidate.seconds
        and timelog.spent_at == candidate.entry.start
    )
