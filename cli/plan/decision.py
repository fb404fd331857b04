"""What a run would do, decided in this process: both services are read, and the run's own core decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contract.errors import TooManyRemovals
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


def decide_in_process(run: Run, toggl: Toggl, gitlab: GitLab, now: datetime) -> Decision:
    """What a run would do. Raises what the two clients raise when reading."""
    fetched = fetch(toggl, run, now)
    decided = decide(fetched, gitlab)
    return Decision(fetched, decided, _refusal(fetched, decided))


def _refusal(fetched: Fetched, decided: Decided) -> TooManyRemovals | None:
    if not fetched.settings.remove_deleted:
        return None
    try:
        refuse_too_many_removals(decided.plan, decided.ledger, fetched.window)
    except TooManyRemovals as refusal:
        return refusal
    return None
