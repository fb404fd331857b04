"""From the fetched entries to the plan: asks GitLab what it has, and lets the core decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from contract.errors import GitLabUserChanged
from contract.settings import Settings
from functions.shared.gitlab.client import GitLab
from functions.shared.model import TimeEntry, Timelog, Window
from functions.shared.plan import Plan
from functions.transform.candidates import candidates
from functions.transform.filters import reason_to_skip
from functions.transform.lookups import Author, Matching, read_author, read_ledger, read_matching
from functions.transform.planning import (
    FILTER_KEYS,
    MOVE_IN_PROGRESS,
    ledger_by_entry,
    plan,
    plan_gone,
    refuse_too_many_removals,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came from Toggl, and what the run's input allows.

    overrides: the settings that the input gave. deleted: ids of entries that Toggl calls deleted.
    """

    window: Window
    entries: Sequence[TimeEntry]
    overrides: Collection[str] = ()
    deleted: Collection[int] = ()
    accept_new_user: bool = False
    allow_removals: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """A plan, and what it was decided by."""

    matching: Matching
    ledger: Mapping[int, tuple[Timelog, ...]]
    plan: Plan


def transform(
    fetched: Fetched, settings: Settings, gitlab: GitLab, posted_by: str | None = None
) -> tuple[Author, Plan]:
    """Whose ledger it is, and what to do about it.

    posted_by: the user who posted last, if anyone has. Raises GitLabUserChanged, TooManyRemovals and what `GitLab`
    raises when reading.
    """
    author = read_author(gitlab, settings, _passing(fetched, settings))
    if posted_by is not None and posted_by != author.username and not fetched.accept_new_user:
        raise GitLabUserChanged(
            f"The GitLab token belongs to {author.username}, but so far {posted_by} has posted, whose timelogs a plan"
            " for another user does not see: everything would be posted twice. Put the earlier user's token into the"
            " secret, or start a run with the input key accept_new_user set to true."
        )
    decided = decide(fetched, settings, gitlab, author)
    # A dry run shows what would go, so that a person can decide whether to allow it.
    if settings.remove_deleted and not fetched.allow_removals and not settings.dry_run:
        refuse_too_many_removals(decided.plan, decided.ledger, fetched.window)
    return author, decided.plan


def decide(fetched: Fetched, settings: Settings, gitlab: GitLab, author: Author) -> Decided:
    """What to do about the entries, and why. Raises what `GitLab` raises when reading."""
    matching = read_matching(gitlab, settings, author, _passing(fetched, settings))
    ledger = ledger_by_entry(read_ledger(gitlab, author.username, fetched.window))
    planned = plan(
        candidates(fetched.entries, matching.matches, settings),
        ledger,
        settings,
        may_remove_filtered=settings.remove_deleted and not FILTER_KEYS & set(fetched.overrides),
    )
    if settings.remove_deleted:
        ids = {entry.id for entry in fetched.entries}
        planned = Plan(planned.items + plan_gone(ledger, ids, fetched.deleted, fetched.window).items)
    return Decided(matching, ledger, planned)


def _passing(fetched: Fetched, settings: Settings) -> list[TimeEntry]:
    return [entry for entry in fetched.entries if reason_to_skip(entry, settings) is None]


def finished_through(through: date, plan: Plan, timezone: str) -> date:
    """The last local day that a run finishes: not one with an entry whose issue GitLab may still be moving."""
    zone = ZoneInfo(timezone)
    moving = [item.row for item in plan.items if item.row.warning == MOVE_IN_PROGRESS]
    days_before = [row.spent_at.astimezone(zone).date() - timedelta(days=1) for row in moving]
    return min([through, *days_before])
