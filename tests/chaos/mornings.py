"""Weeks of mornings, from the first to the verdict.

What each run has to do is worked out before it, and looked at after it. At the end, what every entry should be by then
is worked out without what the runs have left in the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from local.standins.toggl.server import Entry
from tests.chaos import happenings as words
from tests.chaos.aftermath import Aftermath
from tests.chaos.expected import Expected, expect, final_place, marked
from tests.chaos.happenings import Happening, Turn, Weeks, When
from tests.chaos.ledger import DOUBLE, LOST, MISPLACED, UNFINISHED, Judge, place_of
from tests.chaos.people import A_DAY, People
from tests.chaos.schedule import DisturbedRun
from tests.chaos.scope import CATCH_UP_DAYS, Asked, Memory, midnight
from tests.chaos.world import Stage, Verdict, run_with_the_token

MORNING = time(9)
LAST_MORNINGS = 2
_BETWEEN_RUNS = timedelta(minutes=10)
"""What a run has sent has landed by then."""


def play_weeks(weeks: Weeks, stage: Stage) -> Verdict:
    """Everything of the weeks, then the last mornings, which nothing disturbs."""
    return Mornings(weeks, stage).play()


@dataclass(frozen=True)
class _Morning:
    """A green run of the schedule. earliest: the start of the oldest entry that is not too late for it."""

    started_at: datetime
    earliest: datetime
    end: datetime


@dataclass
class Mornings:
    """Plays one turn after the other. weeks: whose habits and choices hold, and whose turns `play` plays.

    first_day: of the first run's window. ledger_begins: how far back the last run has read GitLab.

    excused: entries of which GitLab could not show a run everything. left_out: versions of entries that were left out
    for a reason.
    """

    weeks: Weeks
    stage: Stage
    mornings: list[_Morning] = field(default_factory=list)
    first_day: datetime | None = None
    ledger_begins: datetime | None = None
    excused: set[int] = field(default_factory=set)
    left_out: set[tuple[int, datetime]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.studio = self.stage.studio
        self.verdict = Verdict(self.weeks.seed)
        self.zone = ZoneInfo(self.weeks.choices.timezone)
        self.judge = Judge(self.studio, self.weeks.choices)
        self.people = People(self.studio, self.verdict.met)
        self.studio.gitlab.originals_stay = self.weeks.originals_stay
        for habit in ("undelete_keeps_id", "since_has_names", "running_everywhere"):
            setattr(self.studio.toggl, habit, getattr(self.weeks, habit))

    def play(self) -> Verdict:
        for turn in self.weeks.turns:
            self.turn(turn)
        self.come_to_rest()
        self.verdict.entries = len(self.studio.toggl.entries)
        self.verdict.findings = list(self.judge.findings)
        return self.verdict

    def turn(self, turn: Turn) -> None:
        """What happens until a run, and the run."""
        ended_at = self.studio.clock.now()
        scheduled, starts_at = self._begin(turn, ended_at)
        for one in sorted(turn.happenings, key=lambda one: _instant(one.when, ended_at, starts_at)):
            self._let_pass_until(_instant(one.when, ended_at, starts_at))
            self.people.do(one)
        self._let_pass_until(starts_at)
        days, met = None, self.verdict.met
        if turn.days is not None:
            today = starts_at.astimezone(self.zone).date()
            days = today - turn.days[0] * A_DAY, today - turn.days[1] * A_DAY
            met[words.DRY_RUN if turn.kind == "dry run" else words.BY_HAND, "run"] += 1
        elif turn.days_later > 1:
            met[words.WEEKS_MISSED if turn.days_later > CATCH_UP_DAYS else words.MISSED, "run"] += 1
        asked = Asked(self.studio.clock.now(), scheduled, days, dry_run=turn.kind == "dry run")
        self._run(asked, turn.run, turn.meanwhile)

    def _begin(self, turn: Turn, ended_at: datetime) -> tuple[datetime, datetime]:
        """For when a run is scheduled, and when it starts."""
        earliest = ended_at + _BETWEEN_RUNS
        if turn.kind == "morning":
            scheduled = self._next_morning(turn.days_later)
            return scheduled, max(scheduled + timedelta(seconds=turn.late_seconds), earliest)
        starts_at = max(earliest, self._next_morning(1) - timedelta(hours=turn.days_later % 7 + 1))
        return starts_at.replace(microsecond=0), starts_at

    def come_to_rest(self) -> None:
        """Everything is given back; two mornings later all is well."""
        self.people.give_everything_back()
        for _morning in range(LAST_MORNINGS):
            scheduled = self._next_morning(1)
            self._let_pass_until(max(scheduled, self.studio.clock.now() + _BETWEEN_RUNS))
            after = self._run(Asked(self.studio.clock.now(), scheduled, allow_removals=True), DisturbedRun())
            if not after.is_green:
                self.judge.find(UNFINISHED, f"everything is given back, but it is red, {after.name}")
        self._check_that_nothing_is_lost()

    def _next_morning(self, days_later: int) -> datetime:
        now = self.studio.clock.now().astimezone(self.zone)
        today = datetime.combine(now.date(), MORNING, self.zone)
        next_one = today if today > now else datetime.combine(now.date() + A_DAY, MORNING, self.zone)
        return datetime.combine(next_one.date() + (days_later - 1) * A_DAY, MORNING, self.zone)

    def _let_pass_until(self, instant: datetime) -> None:
        copied_at = self.people.copied_at
        if copied_at is not None and copied_at <= instant:
            self.stage.wait_until(copied_at)
            self.people.finish_copying()
        self.stage.wait_until(instant)
        self.studio.gitlab.run_due()

    def _run(self, asked: Asked, run: DisturbedRun, meanwhile: tuple[tuple[int, Happening], ...] = ()) -> Aftermath:
        if asked.days is None and not asked.dry_run and self.first_day is None:
            self.first_day = midnight(asked.now.astimezone(self.zone).date() - A_DAY, self.zone)
        self.judge.look_for_double_issues()
        expected = expect(self.studio, self.weeks.choices, asked, Memory.of_item(self.stage.item()))
        if run.is_twin:
            expected.add(expect(self.studio, self.weeks.choices, asked, expected.next_memory()))
        self._excuse(expected)
        self.ledger_begins = expected.scope.ledger[0]
        self.people.touched.clear()
        self.verdict.runs += 2 if run.is_twin else 1
        self.stage.meanwhile({number: partial(self._do_meanwhile, one) for number, one in meanwhile})
        ended = run_with_the_token(self.stage, run, asked.to_input(), self.verdict)
        after = Aftermath(
            self.judge,
            expected,
            Memory.of_item(self.stage.item()),
            ended,
            frozenset(self.people.touched),
            is_disturbed=run != DisturbedRun() or bool(self.people.touched),
            name=f"run {self.verdict.runs} ({asked.to_input()})",
        )
        after.check()
        self._remember(after)
        return after

    def _do_meanwhile(self, one: Happening) -> None:
        self.verdict.met[words.MEANWHILE, "run"] += 1
        self.people.do(one)

    def _remember(self, after: Aftermath) -> None:
        expected, met = after.expected, self.verdict.met
        rows, scope = expected.rows, expected.scope
        for entry in scope.entries:
            has_left = entry.id in expected.memory.pending.keys() - after.memory.pending.keys()
            if rows[entry.id][1] is not None and (after.is_green or after.has_moved or has_left):
                self.left_out.add((entry.id, entry.at))
        if not scope.is_dated and after.is_green:
            assert scope.earliest is not None
            self.mornings.append(_Morning(scope.asked.started_at, scope.earliest, scope.end))
            late = [entry for entry in scope.entries if entry.start < scope.begin]
            met[words.LATE_TAKEN_IN, "run"] += sum(rows[one.id][0] in {"created", "replaced"} for one in late)
        elif not scope.is_dated:
            met[words.FAILED, "run"] += 1
        for label, warning in ((words.WAITED_FOR, "move_in_progress"), (words.DOUBLE_STAYS, "double_stays")):
            met[label, "run"] += sum(row[2] == warning for row in rows.values())
        moved = [one for one in expected.before if one.issuable.moved_to is not None and marked(one) is not None]
        there = {timelog.id for timelog in self.studio.gitlab.timelogs}
        met[words.DOUBLE_GONE, "run"] += sum(one.id not in there for one in moved)
        if not after.is_disturbed:
            met[words.STILL_REFUSED, "run"] += sum(row[2] == "still_refused" for row in rows.values())
            met[words.NOT_VISIBLE, "run"] += expected.holds and not expected.too_many

    def _excuse(self, expected: Expected) -> None:
        """Entries of which GitLab does not show everything: what is elsewhere, or too old, nobody can find."""
        looked_at = {entry.id for entry in expected.scope.entries}
        for timelog in expected.before:
            entry_id = marked(timelog)
            if entry_id in looked_at and timelog.id not in expected.shown:
                self.excused.add(entry_id)

    def _check_that_nothing_is_lost(self) -> None:
        """Without the table: what was there in time is on GitLab now, once, where it belongs."""
        there: dict[int, list[tuple[str, int, str]]] = {}
        for timelog in self.studio.gitlab.timelogs:
            there.setdefault(marked(timelog) or 0, []).append(place_of(timelog))
        for entry in self.studio.toggl.entries:
            # What is left out before its correction was finished stays as it is.
            is_left_out = (entry.id, entry.at) in self.left_out
            if entry.deleted_at is None and not is_left_out and entry.id not in self.excused:
                self._check_in_the_end(entry, there.get(entry.id, []))

    def _check_in_the_end(self, entry: Entry, found: list[tuple[str, int, str]]) -> None:
        assert self.ledger_begins is not None
        in_reach = [place for place in found if datetime.fromisoformat(place[2]) >= self.ledger_begins]
        if len(in_reach) > 1:
            self.judge.find(DOUBLE, f"entry {entry.id} is there as {found} in the end")
        wanted = final_place(self.studio, self.weeks.choices, entry) if self._is_due(entry) else None
        if wanted is not None and not found:
            self.judge.find(LOST, f"entry {entry.id}, {wanted}, is not there in the end")
        elif wanted is not None and wanted not in found:
            self.judge.find(MISPLACED, f"entry {entry.id} is there as {found}, not as {wanted}, in the end")

    def _is_due(self, entry: Entry) -> bool:
        """Whether a green morning came after its last change, and not too late for it."""
        after = [one for one in self.mornings if one.started_at > entry.at and entry.start < one.end]
        if not after or entry.start < after[0].earliest:
            return False
        is_first = after[0] is self.mornings[0]
        return not is_first or (self.first_day is not None and entry.start >= self.first_day)


def _instant(when: When, begin: datetime, end: datetime) -> datetime:
    instant = begin + (end - begin) * when.part + timedelta(seconds=when.seconds)
    return min(max(instant, begin), end).replace(microsecond=0)
