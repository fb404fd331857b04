"""From the fetched entries to the plan: asks GitLab what it has, and lets the core decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from contract.settings import Settings
from functions.shared.gitlab import GitLab
from functions.shared.model import TimeEntry, Window
from functions.shared.plan import Plan
from functions.transform.candidates import candidates
from functions.transform.filters import reason_to_skip
from functions.transform.planning import FILTER_KEYS, ledger_by_entry, plan, plan_gone, refuse_too_many_removals
from functions.transform.reading import Author, read_author, read_ledger, read_matches


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came from Toggl. overrides: the settings that the run's input gave; deleted: ids that Toggl calls deleted."""

    window: Window
    entries: Sequence[TimeEntry]
    overrides: Collection[str] = ()
    deleted: Collection[int] = ()
    allow_removals: bool = False


def transform(fetched: Fetched, settings: Settings, gitlab: GitLab) -> tuple[Author, Plan]:
    """Whose ledger it is, and what to do about it. Raises TooManyRemovals and what `GitLab` raises when reading."""
    author = read_author(gitlab, settings)
    passed = [entry for entry in fetched.entries if reason_to_skip(entry, settings) is None]
    matches = read_matches(gitlab, settings, author.default_path, passed)
    ledger = ledger_by_entry(read_ledger(gitlab, author.username, fetched.window))
    planned = plan(
        candidates(fetched.entries, matches, settings),
        ledger,
        settings,
        may_remove_filtered=settings.remove_deleted and not FILTER_KEYS & set(fetched.overrides),
    )
    if not settings.remove_deleted:
        return author, planned
    ids = {entry.id for entry in fetched.entries}
    planned = Plan(planned.items + plan_gone(ledger, ids, fetched.deleted, fetched.window).items)
    if not fetched.allow_removals:
        refuse_too_many_removals(planned, ledger, fetched.window)
    return author, planned
