"""The plan: what to do about each entry, as a pure function of the entries, the settings and GitLab's ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from contract.errors import TooManyRemovals
from contract.settings import Settings
from contract.vocabulary import EntryWarning, Outcome, Reason
from functions.shared.marker import marked_entry_id, marker
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Delete, Item, Keep, Plan, Replace, Skip
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted, Timelog
from functions.shared.text import one_line
from functions.transform.filters import REMOVABLE_REASONS

SUMMARY_CHARACTERS = 255
REMOVALS_TO_NOTICE = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """One fetched entry after filtering, matching and rounding.

    seconds: what is logged when it is; the raw length when `reason` says why it is not. target: where, if anywhere.
    """

    entry: TimeEntry
    seconds: int
    target: Target | NewIssue | None
    reason: Reason | None = None
    warning: EntryWarning | None = None
    issue: str | None = None

    def row(self, outcome: Outcome) -> Row:
        issue = self.target.name if self.target is not None else self.issue
        return Row(self.entry.id, outcome, issue, self.seconds, self.entry.start, self.reason, self.warning)


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


def plan(
    candidates: Iterable[Candidate],
    ledger: Mapping[int, tuple[Timelog, ...]],
    settings: Settings,
    *,
    may_remove_filtered: bool = False,
) -> Plan:
    """One item per candidate, ordered by start and id.

    ledger: as `ledger_by_entry` makes it. may_remove_filtered: whether a posted entry that is filtered now may be
    deleted (`remove_deleted` is on, and the run overrides no filter).
    """
    ordered = sorted(candidates, key=lambda candidate: (candidate.entry.start, candidate.entry.id))
    return Plan(
        tuple(
            _item(candidate, ledger.get(candidate.entry.id, ()), settings, may_remove_filtered=may_remove_filtered)
            for candidate in ordered
        )
    )


def plan_gone(
    ledger: Mapping[int, tuple[Timelog, ...]], fetched: Collection[int], deleted: Collection[int], window: Window
) -> Plan:
    """One item per entry that is posted in the window, but did not come from Toggl.

    fetched: the ids that came. deleted: the ids of which Toggl itself says that they were deleted; only their timelogs
    are removed, since an entry may also be missing because its start or its workspace was changed.
    """
    items: list[Item] = []
    for entry_id, there in sorted(ledger.items()):
        if entry_id in fetched or not any(window.contains(timelog.spent_at) for timelog in there):
            continue
        if _is_moving(there):
            items.append(Keep(_gone_row(entry_id, there[0], Outcome.KEPT, EntryWarning.MOVE_IN_PROGRESS)))
        elif entry_id in deleted:
            items.append(Delete(_gone_row(entry_id, there[0], Outcome.DELETED, None), _posted(there)))
        else:
            items.append(Keep(_gone_row(entry_id, there[0], Outcome.KEPT, EntryWarning.NOT_IN_TOGGL)))
    return Plan(tuple(items))


def _gone_row(entry_id: int, timelog: Timelog, outcome: Outcome, warning: EntryWarning | None) -> Row:
    return Row(entry_id, outcome, _place_of(timelog), timelog.seconds, timelog.spent_at, warning=warning, gone=True)


def refuse_too_many_removals(planned: Plan, ledger: Mapping[int, tuple[Timelog, ...]], window: Window) -> None:
    """Raise TooManyRemovals when a plan removes 5 timelogs or more, and more than half of the window's.

    Timelogs that are replaced, and doubles of one that is kept, are not removals.
    """
    removals = sum(
        len(item.old) for item in planned.items if isinstance(item, Delete) and item.row.outcome == Outcome.DELETED
    )
    there = sum(window.contains(timelog.spent_at) for timelogs in ledger.values() for timelog in timelogs)
    if removals >= REMOVALS_TO_NOTICE and 2 * removals > there:
        raise TooManyRemovals(
            f"This run would remove {removals} of the {there} timelogs in its window, so nothing was changed."
            " If that is what you want, start it with the input key allow_removals set to true."
        )


def _item(candidate: Candidate, there: tuple[Timelog, ...], settings: Settings, *, may_remove_filtered: bool) -> Item:
    if candidate.reason is not None or candidate.target is None:
        return _left_out(candidate, there, may_remove_filtered=may_remove_filtered)
    summary = summary_of(candidate.entry)
    if not there or not settings.prevent_duplicates:
        return Create(candidate.row(Outcome.CREATED), candidate.target, summary, known=_posted(there))
    if _is_moving(there):
        return Keep(replace(candidate, warning=EntryWarning.MOVE_IN_PROGRESS).row(Outcome.KEPT))
    equal = [timelog for timelog in there if _is_equal(timelog, candidate)]
    if equal:
        others = _posted(timelog for timelog in there if timelog is not equal[0])
        row = candidate.row(Outcome.KEPT)
        return Delete(row, others) if others else Keep(row)
    if not settings.sync_edits:
        return Keep(replace(candidate, warning=EntryWarning.DIFFERS).row(Outcome.KEPT))
    return Replace(candidate.row(Outcome.REPLACED), candidate.target, summary, old=_posted(there))


def _left_out(candidate: Candidate, there: tuple[Timelog, ...], *, may_remove_filtered: bool) -> Item:
    if not there:
        return Skip(candidate.row(Outcome.SKIPPED))
    # Its row says where its time is, not where the description points to now.
    candidate = replace(candidate, issue=_place_of(there[0]))
    if _is_moving(there):
        return Keep(replace(candidate, warning=EntryWarning.MOVE_IN_PROGRESS).row(Outcome.KEPT))
    if may_remove_filtered and candidate.reason in REMOVABLE_REASONS:
        return Delete(candidate.row(Outcome.DELETED), _posted(there))
    return Keep(replace(candidate, warning=EntryWarning.POSTED_BUT_FILTERED).row(Outcome.KEPT))


def _place_of(timelog: Timelog) -> str | None:
    return timelog.target.name if timelog.target is not None else None


def _posted(timelogs: Iterable[Timelog]) -> tuple[Posted, ...]:
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


def _is_moving(there: tuple[Timelog, ...]) -> bool:
    """Whether GitLab may still be copying these to the issue's new place."""
    places = {timelog.target.gid if timelog.target is not None else "" for timelog in there}
    return len(places) > 1 and any(timelog.on_moved_issue for timelog in there)
