"""What the next runs look at again: entries of which GitLab refused something, or whose issue is being moved."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Self

from contract.state import PENDING_AT_MOST, Pending
from contract.vocabulary import EntryWarning
from functions.shared.model.entry import Window
from functions.shared.model.fetched import Fetched
from functions.shared.model.plan import Fail, Item, Plan


class Deletions(NamedTuple):
    """What Toggl calls deleted. since: when it was asked from, so that no deletion among these is older.

    is_dated: a dated run removes those of its window only, any other run those of the whole ledger.
    """

    ids: frozenset[int]
    window: Window
    since: datetime
    is_dated: bool = False

    @classmethod
    def asked_by(cls, fetched: Fetched) -> Self:
        window = fetched.window
        since = min(window.start, window.changes_since or window.start)
        return cls(frozenset(fetched.deleted_ids), window, since, fetched.is_dated)

    def version(self, before: Pending | None) -> datetime:
        """At which one becomes pending, or is pending already: never later than it was deleted."""
        return self.since if before is None or before.at is None else before.at


def still_pending(planned: Plan, fetched: Fetched) -> tuple[Pending, ...]:
    """What is pending whatever becomes of the plan's writes, those first that were before; of more than 200, 201.

    Those that this run has not looked at and those whose project cannot be seen stay as they are; those whose issue is
    being moved are looked at until that is over.
    """
    items = {item.row.entry_id: item for item in planned.items}
    before = {one.id: one for one in fetched.pending}
    moving = _moving(items, before, fetched)
    looked_at = {entry.id for entry in fetched.entries} | _deletions_looked_at(items, fetched)
    unseen = {entry_id for entry_id, item in items.items() if isinstance(item, Fail)}
    stay = {entry_id: one for entry_id, one in before.items() if entry_id not in looked_at or entry_id in unseen}
    everything = stay | moving
    in_order = [entry_id for entry_id in before if entry_id in everything]
    in_order += [entry_id for entry_id in everything if entry_id not in before]
    return tuple(everything[entry_id] for entry_id in in_order[: PENDING_AT_MOST + 1])


def _moving(items: Mapping[int, Item], before: Mapping[int, Pending], fetched: Fetched) -> dict[int, Pending]:
    versions = {entry.id: entry.at for entry in fetched.entries}
    deletions = Deletions.asked_by(fetched)
    moving = [entry_id for entry_id, item in items.items() if item.row.warning == EntryWarning.MOVE_IN_PROGRESS]
    return {
        entry_id: Pending(
            entry_id,
            versions[entry_id] if entry_id in versions else deletions.version(before.get(entry_id)),
            EntryWarning.MOVE_IN_PROGRESS,
        )
        for entry_id in moving
    }


def _deletions_looked_at(items: Mapping[int, Item], fetched: Fetched) -> set[int]:
    """Only an ordinary run reads GitLab on every day on which these may be posted; any other leaves the rest to it."""
    deleted = set(fetched.deleted_ids)
    reads_all = fetched.earliest_start is not None and "catch_up_days" not in fetched.overrides
    return deleted if reads_all or not fetched.settings.remove_deleted else deleted & items.keys()
