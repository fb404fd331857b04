"""What becomes of the timelogs of entries that were not fetched: those that are deleted, and doubles."""

from __future__ import annotations

from collections.abc import Collection

from contract.errors import TooManyRemovals
from contract.vocabulary import EntryWarning, Outcome
from functions.shared.model.entry import Window
from functions.shared.model.plan import Delete, Item, Keep, Plan
from functions.shared.model.row import Row
from functions.shared.model.timelog import Timelog
from functions.transform.moves import doubles_of, is_moving, removable_doubles_of
from functions.transform.pending import Deletions
from functions.transform.planning import Ledger, Terms, place_of, posted_of

REMOVALS_TO_NOTICE = 5


def plan_gone(ledger: Ledger, fetched: Collection[int], deletions: Deletions, terms: Terms) -> Plan:
    """One item per posted entry that did not come from Toggl, and was to come or is deleted there.

    fetched: the ids that came. Only what Toggl itself calls deleted is removed, since an entry may also be missing
    because its workspace was changed.
    """
    items: list[Item] = []
    for entry_id, there in sorted(ledger.items()):
        if entry_id in fetched:
            continue
        is_in_window = any(deletions.window.contains(timelog.spent_at) for timelog in there)
        if entry_id in deletions.ids and (is_in_window or not deletions.is_dated):
            items.append(_delete_gone(entry_id, there, deletions, terms))
        elif is_in_window:
            items.append(_keep_gone(entry_id, there, EntryWarning.NOT_IN_TOGGL))
    return Plan(tuple(items))


def _delete_gone(entry_id: int, there: tuple[Timelog, ...], deletions: Deletions, terms: Terms) -> Item:
    if is_moving(there, terms.now):
        return _keep_gone(entry_id, there, EntryWarning.MOVE_IN_PROGRESS)
    pending = terms.if_refused(entry_id, deletions.version(terms.pending.get(entry_id)))
    return Delete(_gone_row(entry_id, there[0], Outcome.DELETED, None), posted_of(there), pending)


def _keep_gone(entry_id: int, there: tuple[Timelog, ...], warning: EntryWarning | None) -> Item:
    """Of an entry whose time stays, only the doubles that GitLab made go."""
    doubles, old = doubles_of(there), removable_doubles_of(there)
    if warning is None and len(old) < len(doubles):
        warning = EntryWarning.DOUBLE_STAYS
    kept = next(timelog for timelog in there if timelog not in doubles)
    row = _gone_row(entry_id, kept, Outcome.KEPT, warning)
    return Delete(row, posted_of(old)) if old else Keep(row)


def plan_doubles(ledger: Ledger, planned: Collection[int]) -> Plan:
    """One item per posted entry of which GitLab made doubles, and which is not planned otherwise."""
    return Plan(
        tuple(
            _keep_gone(entry_id, there, None)
            for entry_id, there in sorted(ledger.items())
            if entry_id not in planned and doubles_of(there)
        )
    )


def _gone_row(entry_id: int, timelog: Timelog, outcome: Outcome, warning: EntryWarning | None) -> Row:
    return Row(entry_id, outcome, place_of(timelog), timelog.seconds, timelog.spent_at, warning=warning, gone=True)


def refuse_too_many_removals(planned: Plan, ledger: Ledger, window: Window) -> None:
    """Raise TooManyRemovals when a plan removes 5 timelogs or more, and more than half of those in the window, or of
    those outside of it.

    Timelogs that are replaced, and doubles of one that is kept, are not removals.
    """
    removed = [
        posted.spent_at
        for item in planned.items
        if isinstance(item, Delete) and item.row.outcome == Outcome.DELETED
        for posted in item.old
    ]
    if len(removed) < REMOVALS_TO_NOTICE:
        return
    there = [timelog.spent_at for timelogs in ledger.values() for timelog in timelogs]
    for is_in_window, words in ((True, "in its window"), (False, "outside of its window")):
        removals = sum(window.contains(spent_at) is is_in_window for spent_at in removed)
        known = sum(window.contains(spent_at) is is_in_window for spent_at in there)
        if 2 * removals > known:
            raise TooManyRemovals(
                f"This run would remove {removals} of the {known} timelogs {words}, so nothing was changed."
                " If that is what you want, start it with the input key allow_removals set to true."
            )
