"""What a run has made of GitLab and of the table, compared with what it had to do.

What a run leaves in the table is believed only as far as it may be: it may move when the run has taken in what it had
to, and then must.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.standins.gitlab.model import Timelog
from tests.chaos.expected import Expected, marked
from tests.chaos.ledger import DOUBLE, LOST, MISPLACED, UNFINISHED, Judge, place_of
from tests.chaos.scope import OVERLAP, Memory
from tests.chaos.world import Ended

STILL_CHANGING = timedelta(seconds=6)
"""What was changed so shortly before a reading is looked at again, since it may have been changed after it."""


@dataclass(frozen=True)
class Aftermath:
    """A run that has ended. touched: the entries that were changed while it worked, which may be either way."""

    judge: Judge
    expected: Expected
    memory: Memory
    ended: list[Ended]
    touched: frozenset[int]
    is_disturbed: bool
    name: str

    @property
    def is_green(self) -> bool:
        return any(one.output is not None for one in self.ended)

    @property
    def has_moved(self) -> bool:
        """Whether the run says that it has taken in everything: green, or red for what is pending only."""
        before = self.expected.memory
        begun = before.synced_through or self.expected.scope.begins
        has_seen = self.memory.changes_seen != before.changes_seen
        return has_seen or self.memory.synced_through not in {before.synced_through, begun}

    def check(self) -> None:
        self.judge.look_for_double_issues()
        if self.expected.scope.asked.dry_run:
            self._check_that_nothing_changed()
            return
        self._check_what_stays()
        self._check_what_comes()
        self._check_days()
        self._check_changes_seen()
        self._check_pending()
        if self.is_green or self.has_moved:
            self._check_what_is_taken_in()
        if all(one.output is not None for one in self.ended):
            self._check_that_refusals_were_told()
        if not self.is_disturbed:
            self._check_to_the_letter()

    def _find(self, what: str, text: str) -> None:
        self.judge.find(what, f"{text}, {self.name}")

    @property
    def _timelogs(self) -> list[Timelog]:
        return self.judge.studio.gitlab.timelogs

    def _check_that_nothing_changed(self) -> None:
        if self._timelogs != self.expected.before:
            self._find(MISPLACED, "a dry run changed GitLab")
        if self.memory != self.expected.memory:
            self._find(UNFINISHED, "a dry run left something")

    def _check_what_stays(self) -> None:
        """Whatever happened to it, a run removes nothing but what it had to."""
        after = {timelog.id: timelog for timelog in self._timelogs}
        removed = set() if self.expected.too_many else self.expected.removed
        for timelog in self.expected.before:
            may_go = timelog.id in removed or marked(timelog) in self.touched
            if not may_go and after.get(timelog.id) != timelog:
                self._find(LOST, f"{timelog.summary!r:.60} at {place_of(timelog)} is gone")

    def _check_what_comes(self) -> None:
        """Nor does it write anything else: what did not change in Toggl is not touched."""
        known = {timelog.id for timelog in self.expected.before}
        may_come = Counter() if self.expected.too_many else self.expected.coming(self.judge.studio)
        came = Counter((marked(one) or 0, *place_of(one)) for one in self._timelogs if one.id not in known)
        for what, number in (came - may_come).items():
            if what[0] not in self.touched:
                self._find(MISPLACED, f"{what} came {number} times, which nobody changed")

    def _check_days(self) -> None:
        """A timer that is started or stopped meanwhile decides as well."""
        before, scope, found = self.expected.memory, self.expected.scope, self.memory.synced_through
        days = {scope.synced_through or before.synced_through, *self.expected.optional_days}
        if self.touched:
            return
        if found not in days | {before.synced_through, before.synced_through or scope.begins}:
            self._find(UNFINISHED, f"synced through {found}, not {scope.synced_through}")
        if self._had_to_move and found not in days:
            self._find(UNFINISHED, f"green, but synced through {found}, not {scope.synced_through}")

    def _check_changes_seen(self) -> None:
        before, scope, seen = self.expected.memory, self.expected.scope, self.memory.changes_seen
        is_right = scope.changes_seen is not None and seen is not None and self._may_be_seen(seen)
        if seen != before.changes_seen and not is_right:
            self._find(UNFINISHED, f"changes are seen up to {seen}, not {scope.changes_seen}")
        if self._had_to_move and scope.changes_seen is not None and not is_right:
            self._find(UNFINISHED, f"green, but changes are seen up to {seen}, not {scope.changes_seen}")
        versions = {(entry.id, entry.at) for entry in scope.entries}
        for version in self.memory.seen - before.seen - versions:
            if version[0] not in self.touched:
                self._find(LOST, f"{version} counts as seen, but was not looked at")
        # The second of two runs at once sees nothing later, and leaves no versions.
        if seen is not None and seen != before.changes_seen and len(self.ended) == 1:
            for version in versions - self.memory.seen:
                if seen - OVERLAP <= version[1] < seen - STILL_CHANGING and version[0] not in self.touched:
                    self._find(UNFINISHED, f"{version} was seen, but that is not kept")

    @property
    def _had_to_move(self) -> bool:
        return self.is_green and not self.touched and not self.expected.holds

    def _may_be_seen(self, instant: datetime) -> bool:
        """Up to the run's now, or up to when it began to read, if that was before."""
        asked, old = self.expected.scope.asked, self.expected.memory.changes_seen
        latest = max(asked.now, old or asked.now)
        return min(asked.now, asked.started_at.replace(microsecond=0)) <= instant <= latest or instant == old

    def _check_pending(self) -> None:
        before, after, scope = self.expected.memory.pending.keys(), self.memory.pending.keys(), self.expected.scope
        looked_at = {entry.id for entry in scope.entries} | self.expected.rows.keys() | self.touched
        for entry_id in before - after - looked_at - scope.deleted:
            self._find(LOST, f"entry {entry_id} is not pending any more")
        for entry_id in after - before - looked_at:
            self._find(UNFINISHED, f"entry {entry_id} is pending, but was not looked at")

    def _check_what_is_taken_in(self) -> None:
        """Everything that was to be done is done, or pending."""
        if self.expected.too_many:
            self._find(UNFINISHED, "green, although it had to refuse so many removals")
            return
        excused = self.touched | self.expected.optional | self.memory.pending.keys()
        there = Counter((marked(one) or 0, *place_of(one)) for one in self._timelogs)
        for wanted in self.expected.coming(self.judge.studio):
            if there[wanted] != 1 and wanted[0] not in excused:
                self._find(DOUBLE if there[wanted] else LOST, f"{wanted} is there {there[wanted]} times")
        for timelog in self._timelogs:
            if timelog.id in self.expected.removed and marked(timelog) not in excused:
                self._find(DOUBLE, f"{timelog.summary!r:.60} at {place_of(timelog)} had to go and is there")

    def _check_that_refusals_were_told(self) -> None:
        """A run is green in spite of a refusal only when it was told before, for the same reason."""
        for entry_id, left in self.memory.pending.items():
            was = self.expected.memory.pending.get(entry_id)
            is_told = was is not None and was.reason == left.reason
            if left.reason != "move_in_progress" and not is_told:
                self._find(UNFINISHED, f"green, but nobody was told that entry {entry_id} is refused: {left.reason}")

    def _check_to_the_letter(self) -> None:
        """Of a run that nothing disturbed: green or red, each timelog, each row, each second, and what is pending."""
        (ended,) = self.ended
        if (ended.output is None) != self.expected.is_red:
            failed = {id_: row for id_, row in self.expected.rows.items() if row[0] == "failed"}
            self._find(UNFINISHED, f"it had to be {'red' if self.expected.is_red else 'green'} ({failed}): {ended.why}")
            return
        try:
            self.expected.check_ledger(self.judge.studio)
            if ended.summary is not None and not self.expected.too_many:
                self.expected.check_output(ended.summary)
                self.expected.check_hours(ended.summary, self.judge.studio)
        except AssertionError as error:
            self._find(UNFINISHED, f"not to the letter: {error}")
        pending = {entry_id: left.reason for entry_id, left in self.memory.pending.items()}
        if pending != self.expected.pending:
            self._find(UNFINISHED, f"pending are {pending}, not {self.expected.pending}")
