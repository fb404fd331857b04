"""Toggl's data without HTTP: what a test arranges, by plain method calls, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from local.standins.toggl.model import Plan
from local.standins.toggl.tracking import Tracking

MAX_ENTRIES = 1_000


class World(Tracking):
    """Workspaces, people, projects and time entries, and the service's habits.

    Settable at any time: `token`, `timezone`, `plan` (billable is false on `free`), `admin`, `now` (an aware UTC
    datetime), `rounding_minutes` (the user's preference in reports; 0 for none), and where the service's habit is not
    known: `end_inclusive` (an instant as `end_date`), `running_everywhere` (running entries come in every window),
    `since_has_names` (`meta=true` counts with `since`), `since_limit` (how many entries come at once by `since`; None
    for any number), `undelete_keeps_id`.
    """

    def __init__(
        self, lock: threading.RLock, now: Callable[[], datetime], *, token: str, timezone: str, plan: Plan
    ) -> None:
        super().__init__(lock, now)
        self.token = token
        self.workspace_token = token[::-1]
        self.timezone = timezone
        self.plan: Plan = plan
        self.rounding_minutes = 15
        self.end_inclusive = True
        self.running_everywhere = True
        self.since_has_names = True
        self.since_limit: int | None = MAX_ENTRIES
