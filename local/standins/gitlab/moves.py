"""Moving an issue to another project, which copies its timelogs in the background, under new ids.

The originals stay on the old issue, unless a feature flag of the server lets it remove them when all are copied.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.timelogs import Timelogs


class Moves(Timelogs):
    """The moves whose copying has not finished. `originals_stay`, settable, is the server's habit."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        super().__init__(lock, now)
        self.originals_stay = True
        self._moving: list[tuple[Issuable, Issuable, set[int]]] = []

    def move_issue(self, issue: Issuable, to_project: str, copied: int | None = None) -> Issuable:
        """Move an issue to another project; returns the new one.

        copied: how many timelogs GitLab has copied so far, while all of the old ones are still there; None when it has
        finished. `finish_moves` lets it finish, at once or by `later`.
        """
        with self.lock:
            moved = self.new_issuable("Issue", self.project(to_project), issue.title, description=issue.description)
            moved.confidential, moved.issue_type, moved.author = issue.confidential, issue.issue_type, issue.author
            moved.state, moved.closed_at = issue.state, issue.closed_at
            self.label(moved, issue.labels)
            issue.moved_to = moved
            self.close_issue(issue)
            early = self.timelogs_of(issue)[:copied] if copied is not None else []
            for timelog in early:
                self.copy_timelog(timelog, moved)
            self._moving.append((issue, moved, {timelog.id for timelog in early}))
            if copied is None:
                self.finish_moves()
            return moved

    def finish_moves(self) -> None:
        """Let GitLab copy the rest of the timelogs of moved issues, and remove the old ones where they do not stay."""
        with self.lock:
            moving, self._moving = self._moving, []
            for issue, moved, copied_ids in moving:
                for timelog in self.timelogs_of(issue):
                    if timelog.id not in copied_ids:
                        self.copy_timelog(timelog, moved)
                    if not self.originals_stay:
                        self.remove_timelog(timelog)
