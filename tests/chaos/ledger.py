"""Compares GitLab with what it should be, as worked out without the product: nothing lost, double or misplaced."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

from local.standins.gitlab.model import Issuable, Timelog
from tests.chaos.expected import Choices, Expected, expect_days, marked
from tests.chaos.scope import Memory
from tests.chaos.studio import Studio

LOST, DOUBLE, MISPLACED, UNFINISHED = "lost", "double", "misplaced", "unfinished"
Place = tuple[str, int, str]
"""On which issue, how many seconds, spent when."""


@dataclass
class Judge:
    """Watches a studio from its first run to its last. findings: (what is wrong, in words), the same one once."""

    studio: Studio
    choices: Choices
    findings: dict[tuple[str, str], None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.studio.gitlab.logged = self._look_for_a_double

    def _look_for_a_double(self, timelog: Timelog) -> None:
        """Every double shows when it is made."""
        alike = [one for one in self.studio.gitlab.timelogs if one.id != timelog.id and _same(one) == _same(timelog)]
        if alike and marked(timelog) is not None:
            self.find(DOUBLE, f"entry {marked(timelog)} was posted again as {place_of(timelog)}")

    def find(self, what: str, words: str) -> None:
        self.findings[what, words] = None

    def look_for_double_issues(self) -> None:
        try:
            self.studio.take_down_new_issues()
        except AssertionError as error:
            self.find(DOUBLE, str(error))


@dataclass
class DaysJudge(Judge):
    """Of runs over the same local days, from the first to the last of them."""

    first: date = field(kw_only=True)
    last: date = field(kw_only=True)

    def expected(self, memory: Memory) -> Expected:
        """What the next run has to do, given what the runs before have left."""
        self.look_for_double_issues()
        return expect_days(self.studio, self.choices, self.first, self.last, allow_removals=True, memory=memory)

    def check_what_stays(self, before: Expected) -> None:
        """A run, whatever happened to it, removes nothing but what it had to."""
        after = {timelog.id: timelog for timelog in self.studio.gitlab.timelogs}
        for timelog in before.before:
            if timelog.id not in before.removed and after.get(timelog.id) != timelog:
                self.find(LOST, f"{timelog.summary!r} at {place_of(timelog)} is gone")

    def check_complete(self, when: str, memory: Memory) -> None:
        """Every entry is there exactly once: on its issue, on its day, with its seconds.

        memory: what the run has left. What GitLab refuses is not told again by every run, so it may be missing.
        """
        self.look_for_double_issues()
        wanted = self._wanted(memory)
        there: dict[int, list[Place]] = {}
        for timelog in self.studio.gitlab.timelogs:
            entry_id = marked(timelog)
            if entry_id is not None:
                there.setdefault(entry_id, []).append(place_of(timelog))
        for entry_id, place in wanted.items():
            found = there.get(entry_id, [])
            if entry_id in memory.pending:
                continue
            if not found:
                self.find(LOST, f"entry {entry_id}, {place}, is not there {when}")
            elif len(found) > 1:
                self.find(DOUBLE, f"entry {entry_id} is there as {found} {when}")
            elif found != [place]:
                self.find(MISPLACED, f"entry {entry_id} is there as {found[0]}, not as {place}, {when}")
        for entry_id, found in there.items():
            alike = [place for place, number in Counter(found).items() if number > 1]
            if entry_id not in wanted and alike:
                self.find(DOUBLE, f"entry {entry_id} is there twice as {alike[0]} {when}")

    def check_output(self, before: Expected, output: dict[str, Any]) -> None:
        """Every entry is accounted for in the output."""
        try:
            before.check_output(output)
        except AssertionError as error:
            self.find(UNFINISHED, f"the output of the last run: {error}")

    def _wanted(self, memory: Memory) -> dict[int, Place]:
        """What has to be there, as if GitLab had been empty. Nothing on an issue that GitLab refuses to create."""
        gitlab = self.studio.gitlab
        empty = SimpleNamespace(
            timelogs=[],
            **{name: getattr(gitlab, name) for name in ("issues", "projects", "project", "issuable", "exists")},
        )
        names = ("toggl", "clock", "said", "created", "own_path", "me")
        blank = SimpleNamespace(gitlab=empty, **{name: getattr(self.studio, name) for name in names})
        expected = expect_days(cast("Studio", blank), self.choices, self.first, self.last, allow_removals=True)
        wanted = {}
        for logged in expected.added:
            place = logged.place
            if not isinstance(place, Issuable):
                key = (place.path, place.key)
                if key not in self.studio.created:
                    if logged.entry_id not in memory.pending:
                        self.find(LOST, f"the issue for {key} was never created")
                    continue
                place = self.studio.created[key]
            wanted[logged.entry_id] = (place.reference, logged.seconds, logged.spent_at.isoformat())
        return wanted


def _same(timelog: Timelog) -> tuple[int | None, Place]:
    return marked(timelog), place_of(timelog)


def place_of(timelog: Timelog) -> Place:
    spent_at = timelog.spent_at.isoformat() if timelog.spent_at is not None else "never"
    return timelog.issuable.reference, timelog.seconds, spent_at
