"""The timelogs on issues, merge requests and epics, and what each of those adds up to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count

from local.standins.gitlab.issuables import Issuables
from local.standins.gitlab.model import Issuable, LedgerRow, Timelog, User
from local.standins.gitlab.people import People


class Timelogs(Issuables, People):
    """All timelogs by id, in the order in which they were made."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        super().__init__(lock, now)
        self._timelogs: dict[int, Timelog] = {}
        self._seconds: dict[Issuable, int] = {}
        self._new_timelog_id = count(300_001).__next__

    @property
    def timelogs(self) -> list[Timelog]:
        """Every timelog, in the order in which they were made."""
        with self.lock:
            return list(self._timelogs.values())

    def ledger(self) -> list[LedgerRow]:
        """Every timelog in a test's words, in the order in which they were made."""
        return [
            LedgerRow(
                timelog.issuable.reference,
                timelog.seconds,
                timelog.spent_at.isoformat().replace("+00:00", "Z") if timelog.spent_at is not None else None,
                timelog.summary,
                timelog.user.username,
            )
            for timelog in self.timelogs
        ]

    def add_timelog(
        self,
        issuable: Issuable,
        username: str,
        seconds: int,
        spent_at: datetime | str | None = None,
        summary: str | None = None,
    ) -> Timelog:
        """Put a timelog there as another person or tool would, past all rules. spent_at None: left NULL, as by REST."""
        with self.lock:
            instant = datetime.fromisoformat(spent_at) if isinstance(spent_at, str) else spent_at
            user = self.known_user(username)
            return self.put_timelog(issuable, user, seconds, instant and instant.astimezone(UTC), summary)

    def delete_issue(self, issue: Issuable) -> None:
        """Delete an issue, a merge request or an epic, and with it what was logged on it."""
        with self.lock:
            self.forget_issuable(issue)
            for timelog in self.timelogs_of(issue):
                self.remove_timelog(timelog)

    def give_timelogs(self, giver: User, taker: User) -> None:
        """Let all that one user has logged be another one's."""
        self.revision += 1
        for timelog in self.timelogs:
            if timelog.user is giver:
                self._timelogs[timelog.id] = replace(timelog, user=taker)

    def timelog(self, number: int) -> Timelog | None:
        return self._timelogs.get(number)

    def timelogs_of(self, issuable: Issuable) -> list[Timelog]:
        return [timelog for timelog in self._timelogs.values() if timelog.issuable is issuable]

    def total_seconds(self, issuable: Issuable) -> int:
        return self._seconds.get(issuable, 0)

    def put_timelog(
        self, issuable: Issuable, user: User, seconds: int, spent_at: datetime | None, summary: str | None
    ) -> Timelog:
        timelog = Timelog(self._new_timelog_id(), issuable, user, seconds, spent_at, summary, self.now())
        self._keep(timelog)
        return timelog

    def copy_timelog(self, timelog: Timelog, to: Issuable) -> None:
        """The same time on another issue, under a new id."""
        self._keep(replace(timelog, id=self._new_timelog_id(), issuable=to))

    def remove_timelog(self, timelog: Timelog) -> None:
        self.revision += 1
        del self._timelogs[timelog.id]
        self._seconds[timelog.issuable] -= timelog.seconds
        timelog.issuable.updated_at = self.now()

    def _keep(self, timelog: Timelog) -> None:
        self.revision += 1
        self._timelogs[timelog.id] = timelog
        self._seconds[timelog.issuable] = self.total_seconds(timelog.issuable) + timelog.seconds
        timelog.issuable.updated_at = self.now()
