"""From the fetched entries to the plan: asks GitLab what it has, and lets the core decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from contract.errors import GitLabUserChanged
from contract.vocabulary import EntryWarning
from functions.shared.gitlab.client import GitLab
from functions.shared.model.fetched import Fetched, Progress
from functions.shared.model.plan import Plan
from functions.shared.model.timelog import Timelog
from functions.transform.candidates import candidates
from functions.transform.filters import FILTER_KEYS
from functions.transform.lookups import Author, Matching, read_author, read_ledger, read_matching
from functions.transform.planning import ledger_by_entry, plan, plan_gone, refuse_too_many_removals
from functions.transform.screening import Screened, screen


@dataclass(frozen=True, slots=True)
class Decided:
    """A plan, and what it was decided by; the screened entries are those that were fetched, in the same order."""

    screened: tuple[Screened, ...]
    author: Author
    matching: Matching
    ledger: Mapping[int, tuple[Timelog, ...]]
    plan: Plan


def transform(fetched: Fetched, gitlab: GitLab, posted_by: str = "") -> Decided:
    """What a run does about the entries.

    posted_by: the user who posted last, if anyone has. Raises GitLabUserChanged, TooManyRemovals and what `GitLab`
    raises when reading.
    """
    decided = decide(fetched, gitlab, posted_by)
    # A dry run shows what would go, so that a person can decide whether to allow it.
    if fetched.settings.remove_deleted and not fetched.allow_removals and not fetched.settings.dry_run:
        refuse_too_many_removals(decided.plan, decided.ledger, fetched.window)
    return decided


def decide(fetched: Fetched, gitlab: GitLab, posted_by: str = "") -> Decided:
    """The same, however much it removes."""
    settings = fetched.settings
    screened = screen(fetched.entries, settings)
    author = read_author(gitlab, settings, screened)
    if posted_by and not fetched.accept_new_user:
        _refuse_another_user(author.username, posted_by)
    matching = read_matching(gitlab, settings, author, screened)
    ledger = ledger_by_entry(read_ledger(gitlab, author.username, fetched.window))
    planned = plan(
        candidates(screened, matching.matches, settings),
        ledger,
        settings,
        may_remove_filtered=settings.remove_deleted and FILTER_KEYS.isdisjoint(fetched.overrides),
    )
    if settings.remove_deleted:
        ids = {entry.id for entry in fetched.entries}
        planned = Plan(planned.items + plan_gone(ledger, ids, fetched.deleted_ids, fetched.window).items)
    return Decided(tuple(screened), author, matching, ledger, planned)


def _refuse_another_user(username: str, posted_by: str) -> None:
    if username != posted_by:
        raise GitLabUserChanged(
            f"The GitLab token belongs to {username}, but so far {posted_by} has posted, whose timelogs a plan"
            " for another user does not see: everything would be posted twice. Put the earlier user's token into the"
            " secret, or start a run with the input key accept_new_user set to true."
        )


def progress_with(plan: Plan, fetched: Fetched) -> Progress | None:
    """What the run is worth with this plan: days with an issue that GitLab may be moving are unfinished."""
    if fetched.progress is None:
        return None
    zone = ZoneInfo(fetched.window.timezone)
    moving = [item.row for item in plan.items if item.row.warning == EntryWarning.MOVE_IN_PROGRESS]
    days_before = [row.spent_at.astimezone(zone).date() - timedelta(days=1) for row in moving]
    return replace(fetched.progress, through=min([fetched.progress.through, *days_before]))
