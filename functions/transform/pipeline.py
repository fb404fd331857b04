"""From the fetched entries to the plan: asks GitLab what it has, and lets the core decide."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from contract.errors import GitLabUserChanged
from contract.state import Pending, SyncState
from functions.shared.gitlab.client import GitLab
from functions.shared.model.entry import Span
from functions.shared.model.fetched import Fetched
from functions.shared.model.plan import Plan
from functions.transform.candidates import candidates
from functions.transform.filters import FILTER_KEYS
from functions.transform.gone import plan_doubles, plan_gone, refuse_too_many_removals
from functions.transform.lookups import (
    Author,
    Matching,
    ledger_span,
    read_author,
    read_ledger,
    read_matching,
    read_others,
)
from functions.transform.pending import Deletions, still_pending
from functions.transform.planning import Candidate, Ledger, Terms, ledger_by_entry, plan
from functions.transform.screening import Screened, one_of_each, screen

if TYPE_CHECKING:
    from functions.transform.left_out import LeftOutMail


class Decided(NamedTuple):
    """A plan, and what it was decided by; the screened entries are those that were fetched, in the same order.

    user_changed: whether the author is another one than the user who posted before, and was accepted. pending: the
    entries that the next runs look at again whatever becomes of the plan's writes; of more than 200, the first 201.
    left_out: the mail about what is left out, for when the run finishes its days; None when there is none to send.
    others: what other users have posted, where an earlier user of the deployment may be among them.
    """

    screened: tuple[Screened, ...]
    author: Author
    matching: Matching
    ledger: Ledger
    plan: Plan
    user_changed: bool = False
    pending: tuple[Pending, ...] = ()
    left_out: LeftOutMail | None = None
    others: Ledger = MappingProxyType({})


def transform(fetched: Fetched, gitlab: GitLab, state: SyncState | None = None) -> Decided:
    """What a run does about the entries.

    state: what the runs before have left, as far as it is known. Raises GitLabUserChanged, TooManyRemovals and what
    `GitLab` raises when reading.
    """
    decided = decide(fetched, gitlab, state)
    # A dry run shows what would go, so that a person can decide whether to allow it.
    if fetched.settings.remove_deleted and not fetched.allow_removals and not fetched.settings.dry_run:
        refuse_too_many_removals(decided.plan, decided.ledger, fetched.window)
    return decided


def decide(fetched: Fetched, gitlab: GitLab, state: SyncState | None = None) -> Decided:
    """The same, however much it removes."""
    state = state or SyncState()
    settings = fetched.settings
    screened = screen(fetched.entries, settings, fetched.earliest_start)
    saying = one_of_each(screened)
    author = read_author(gitlab, settings, saying)
    user_changed = is_another_user(author.user_id, author.username, state)
    if user_changed and not fetched.accept_new_user:
        raise _another_user(author, state)
    matching = read_matching(gitlab, settings, author, saying)
    # The mentions have done their work, and may be most of what is kept.
    del saying
    screened = [one.without_mentions() for one in screened]
    span = ledger_span(fetched)
    ledger = ledger_by_entry(read_ledger(gitlab, author, span))
    reads_others = user_changed or _begins_before_this_user(span, state)
    read = read_others(gitlab, author, settings, matching, span) if screened and reads_others else []
    others = ledger_by_entry(read)
    chosen = candidates(screened, matching.matches, settings)
    planned = plan_everything(fetched, chosen, ledger, others)
    pending = still_pending(planned, fetched)
    mail = _mail(fetched, planned, state) if settings.left_out_mail else None
    return Decided(tuple(screened), author, matching, ledger, planned, user_changed, pending, mail, others)


def _mail(fetched: Fetched, planned: Plan, state: SyncState) -> LeftOutMail | None:
    from functions.transform.left_out import left_out_mail  # noqa: PLC0415 - most deployments send none

    return left_out_mail(fetched, planned, state)


def plan_everything(fetched: Fetched, chosen: Iterable[Candidate], ledger: Ledger, others: Ledger) -> Plan:
    """What becomes of the fetched entries, of those that are gone, and of doubles. chosen: one for each fetched."""
    settings = fetched.settings
    terms = Terms(
        settings,
        now=fetched.now or fetched.window.end,
        may_remove_filtered=settings.remove_deleted and FILTER_KEYS.isdisjoint(fetched.overrides),
        pending={one.id: one for one in fetched.pending},
    )
    planned = plan(chosen, ledger, terms, others)
    if settings.remove_deleted:
        planned += plan_gone(ledger, planned.entry_ids, Deletions.asked_by(fetched), terms)
    return planned + plan_doubles(ledger, planned.entry_ids)


def is_another_user(user_id: str, username: str, state: SyncState) -> bool:
    """Whether somebody else has posted before: by the number, which stays when a user is renamed.

    An earlier version has left a name only.
    """
    if state.posted_by_id:
        return user_id != state.posted_by_id
    return bool(state.posted_by) and username != state.posted_by


def _another_user(author: Author, state: SyncState) -> GitLabUserChanged:
    return GitLabUserChanged(
        f"The GitLab token belongs to {author.username}, but so far {state.posted_by} has posted, whose timelogs belong"
        " to that user. Put the earlier user's token into the secret, or start a run with the input key accept_new_user"
        " set to true: it continues with the new user, leaves the earlier one's timelogs alone and posts none of them"
        " again."
    )


def _begins_before_this_user(span: Span, state: SyncState) -> bool:
    return state.user_changed_at is not None and span.start < state.user_changed_at
