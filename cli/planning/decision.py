"""What a run would do, decided in this process: both services are read, and the run's own core decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contract.errors import TooManyRemovals
from contract.state import SyncState
from functions.fetch.fetching import fetch
from functions.fetch.window import Run
from functions.shared.gitlab.client import GitLab
from functions.shared.model.fetched import Fetched
from functions.shared.toggl.client import Toggl
from functions.transform.gone import refuse_too_many_removals
from functions.transform.pipeline import Decided, decide


@dataclass(frozen=True)
class Decision:
    """A plan, and everything that it was decided by.

    refusal: the error with which a run would end before it does anything.
    """

    fetched: Fetched
    decided: Decided
    refusal: TooManyRemovals | None


def decide_in_process(
    run: Run, toggl: Toggl, gitlab: GitLab, now: datetime, state: SyncState | None = None
) -> Decision:
    """What a run would do. state: what the runs before it have left, if that is known.

    Raises GitLabUserChanged and what the two clients raise when reading.
    """
    return decide_about(fetch(toggl, run, now, state), gitlab, state)


def decide_about(fetched: Fetched, gitlab: GitLab, state: SyncState | None = None) -> Decision:
    """The same, of what was read from Toggl. Raises GitLabUserChanged and what `GitLab` raises when reading."""
    decided = decide(fetched, gitlab, state)
    return Decision(fetched, decided, _refusal(fetched, decided))


def _refusal(fetched: Fetched, decided: Decided) -> TooManyRemovals | None:
    if not fetched.settings.remove_deleted:
        return None
    try:
        refuse_too_many_removals(decided.plan, decided.ledger, fetched.window)
    except TooManyRemovals as refusal:
        return refusal
    return None
