"""What a run would do, decided in this process: both services are read, and the run's own core decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from contract.errors import TooManyRemovals
from contract.settings import Settings
from functions.fetch.entries import oldest_change, read_entries
from functions.shared.gitlab.client import GitLab
from functions.shared.model import TimeEntry, Timelog, Window
from functions.shared.plan import Plan
from functions.shared.toggl.client import Toggl
from functions.transform.lookups import Author, Matching, read_author
from functions.transform.pipeline import Fetched, decide
from functions.transform.planning import refuse_too_many_removals


@dataclass(frozen=True)
class Decision:
    """A plan, and everything that it was decided by.

    entries, ledger: by entry id. refusal: the error with which a run would end before it does anything.
    """

    author: Author
    entries: Mapping[int, TimeEntry]
    matching: Matching
    ledger: Mapping[int, tuple[Timelog, ...]]
    plan: Plan
    refusal: TooManyRemovals | None


def decide_in_process(window: Window, settings: Settings, toggl: Toggl, gitlab: GitLab, now: datetime) -> Decision:
    """What a run of this window would do. Raises what the two clients raise when reading."""
    entries = read_entries(toggl, window, now, settings.toggl_workspace_id).entries
    deleted = toggl.deleted_since(oldest_change(window, now)) if settings.remove_deleted else []
    author = read_author(gitlab, settings, entries)
    decided = decide(Fetched(window, entries, deleted=deleted), settings, gitlab, author)
    by_id = {entry.id: entry for entry in entries}
    refusal = None
    try:
        if settings.remove_deleted:
            refuse_too_many_removals(decided.plan, decided.ledger, window)
    except TooManyRemovals as error:
        refusal = error
    return Decision(author, by_id, decided.matching, decided.ledger, decided.plan, refusal)
