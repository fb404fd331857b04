"""Weeks of mornings, from the first to the verdict: what each run has to do is worked out before it, and looked at after.

What a run leaves in the table is believed only as far as it may be: it may move when the run has taken in what it had
to, and then must. At the end, what every entry should be by then is worked out without the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from local.standins.toggl.server import Entry
from tests.chaos import happenings as words
from tests.chaos.expected import Expected, expect, final_place, marked
from tests.chaos.happenings import Turn, Weeks, When
from tests.chaos.ledger import DOUBLE, LOST, MISPLACED, UNFINISHED, Judge, place_of
from tests.chaos.people import A_DAY, People
from tests.chaos.schedule import DisturbedRun
from tests.chaos.scope import CATCH_UP_DAYS, OVERLAP, Asked, Memory, midnight
from tests.chaos.world import Ended, Stage, Verdict, run_with_the_token

MORNING = time(9)
LAST_MORNINGS = 2
_BETWEEN_RUNS = timedelta(minutes=10)
"""What a run has sent has landed by then."""


def play_weeks(weeks: Weeks, stage: Stage) -> Verdict:
    """Everything of the weeks, then the last mornings, which nothing disturbs."""
    return _Played(weeks, stage).play()


@dataclass(frozen=True)
class _Morning:
    """A green run of the schedule. earliest: the start of the oldest entry that is not too late for it."""

    started_at: datetime
    earliest: datetime
    end: datetime


@dataclass
class _Played:
    weeks: Weeks
    stage: Stage
    mornings: list[_Morning] = field(default_factory=list)
    first_day: datetime | None = None
    ledger_begins: datetime = datetime.max.replace(tzinfo=UTC)
    excused: set[int] = field(default_factory=set)
    left_out: set[tuple[int, datetime]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.studio = self.stage.studio
        self.verdict = Verdict(self.weeks.seed)
        self.zone = ZoneInfo(self.weeks.choices.timezone)
        self.judge = Judge(
            self.studio, self.weeks.choices, self.studio.clock.now().date(), self.studio.clock.now().date()
        )
        self.people = People(self.studio, self.verdict.met)
        self.studio.gitlab.originals_stay = self.weeks.originals_stay
        for habit in ("undelete_keeps_id", "since_has_names", "running_everywhere"):
            setattr(self.studio.toggl, habit, getattr(self.weeks, habit))

    def play(self) -> Verdict:
        for turn in self.weeks.turns:
            self._turn(turn)
        self._come_to_rest()
        self._check_that_nothing_is_lost()
        self.verdict.entries = len(self.studio.toggl.entries)
        self.verdict.findings = list(self.judge.findings)
        return self.verdict

    def _turn(self, turn: Turn) -> None:
        ended_at = self.studio.clock.now()
        if turn.kind == "morning":
            scheduled = self._next_morning(turn.days_later)
            starts_at = max(scheduled + timedelta(seconds=turn.late_seconds), ended_at + _BETWEEN_RUNS)
        else:
            starts_at = max(ended_at + _BETWEEN_RUNS, self._next_morning(1) - timedelta(hours=turn.days_later % 7 + 1))
            scheduled = starts_at.replace(microsecond=0)
        for one in sorted(turn.happenings, key=lambda one: _instant(one.when, ended_at, starts_at)):
            self._let_pass_until(_instant(one.when, ended_at, starts_at))
            self.people.do(one)
        self._let_pass_until(starts_at)
        if turn.days_later > 1 and turn.kind == "morning":
            label = words.WEEKS_MISSED if turn.days_later > CATCH_UP_DAYS else words.MISSED
            self.verdict.met[label, "run"] += 1
        days = None
        if turn.days is not None:
            today = starts_at.astimezone(self.zone).date()
            days = today - turn.days[0] * A_DAY, today - turn.days[1] * A_DAY
            self.verdict.met[words.DRY_RUN if turn.kind == "dry run" else words.BY_HAND, "run"] += 1
        asked = Asked(self.studio.clock.now(), scheduled, days, dry_run=turn.kind == "dry run")
        self._run(asked, turn.run, turn)

    def _come_to_rest(self) -> None:
        """Everything is given back; two mornings later all is well."""
        self.people.give_everything_back()
        for _morning in range(LAST_MORNINGS):
            scheduled = self._next_morning(1)
            self._let_pass_until(max(scheduled, self.studio.clock.now() + _BETWEEN_RUNS))
            self._run(
                Asked(self.studio.clock.now(), scheduled, allow_removals=True), DisturbedRun(), None, is_last=True
            )

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

    def _run(self, asked: Asked, run: DisturbedRun, turn: Turn | None, *, is_last: bool = False) -> None:
        memory = Memory.of_item(self.stage.item())
        if asked.days is None and not asked.dry_run and self.first_day is None:
            self.first_day = midnight(asked.now.astimezone(self.zone).date() - A_DAY, self.zone)
        self.judge.look_for_double_issues()
        expected = expect(self.studio, self.weeks.choices, asked, memory)
        if run.is_twin:
            expected.add(expect(self.studio, self.weeks.choices, asked, expected.next_memory()))
        self._excuse(expected)
        self.ledger_begins = expected.scope.ledger[0]
        self.people.touched.clear()
        self.verdict.runs += 2 if run.is_twin else 1
        if turn is not None and turn.meanwhile:
            self.stage.meanwhile(
                {number: self._doing(one.when, lambda one=one: self.people.do(one)) for number, one in turn.meanwhile}
            )
        ended = run_with_the_token(self.stage, run, asked.to_input(), self.verdict)
        touched = set(self.people.touched)
        _After(
            self, expected, ended, touched, is_disturbed=run != DisturbedRun() or bool(touched), is_last=is_last
        ).check()

    def _doing(self, _when: When, do: Callable[[], None]) -> Callable[[], None]:
        def happen() -> None:
            self.verdict.met[words.MEANWHILE, "run"] += 1
            do()

        return happen

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
            entry_id = marked(timelog)
            if entry_id is not None:
                there.setdefault(entry_id, []).append(place_of(timelog))
        present = {entry.id: entry for entry in self.studio.toggl.entries if entry.deleted_at is None}
        for entry_id, places in there.items():
            entry = present.get(entry_id)
            # What is left out or deleted before its correction was finished stays as it is.
            is_wanted = entry is not None and (entry_id, entry.at) not in self.left_out
            in_reach = [place for place in places if datetime.fromisoformat(place[2]) >= self.ledger_begins]
            if len(in_reach) > 1 and is_wanted and entry_id not in self.excused:
                self.judge.find(DOUBLE, f"entry {entry_id} is there as {places} in the end")
        for entry in self.studio.toggl.entries:
            is_known = (entry.id, entry.at) in self.left_out or entry.id in self.excused
            if entry.deleted_at is not None or is_known or not self._is_due(entry):
                continue
            wanted = final_place(self.studio, self.weeks.choices, entry)
            found = there.get(entry.id, [])
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


@dataclass
class _After:
    """A run that has ended, and what it had to do. touched: the entries that were changed while it worked."""

    played: _Played
    expected: Expected
    ended: list[Ended]
    touched: set[int]
    is_disturbed: bool
    is_last: bool

    def __post_init__(self) -> None:
        self.judge, self.studio, self.met = self.played.judge, self.played.studio, self.played.verdict.met
        self.memory = Memory.of_item(self.played.stage.item())
        self.is_green = any(one.output is not None for one in self.ended)
        self.name = f"run {self.played.verdict.runs} ({self.expected.scope.asked.to_input()})"

    def check(self) -> None:
        self.judge.look_for_double_issues()
        if self.expected.scope.asked.dry_run:
            self._check_that_nothing_changed()
            return
        self._check_what_stays_and_comes()
        has_moved = self._check_memory()
        if self.is_green or has_moved:
            self._check_what_is_taken_in()
        if not self.is_disturbed:
            self._check_to_the_letter()
        self._remember(has_moved=has_moved)

    def _find(self, what: str, text: str) -> None:
        self.judge.find(what, f"{text}, {self.name}")

    def _check_that_nothing_changed(self) -> None:
        if self.studio.gitlab.timelogs != self.expected.before:
            self._find(MISPLACED, "a dry run changed GitLab")
        if self.memory != self.expected.memory:
            self._find(UNFINISHED, "a dry run left something")

    def _check_what_stays_and_comes(self) -> None:
        after = {timelog.id: timelog for timelog in self.studio.gitlab.timelogs}
        removed = set() if self.expected.too_many else self.expected.removed
        known = {timelog.id for timelog in self.expected.before}
        for timelog in self.expected.before:
            if timelog.id not in removed and after.get(timelog.id) != timelog and marked(timelog) not in self.touched:
                self._find(LOST, f"{timelog.summary!r:.60} at {place_of(timelog)} is gone")
        may_come = Counter() if self.expected.too_many else self.expected.coming(self.studio)
        came = Counter((marked(one), *place_of(one)) for id_, one in after.items() if id_ not in known)
        for what, number in (came - may_come).items():
            if what[0] not in self.touched:
                self._find(MISPLACED, f"{what} came {number} times, which nobody changed")

    def _check_memory(self) -> bool:
        """What the run has left for the next one; whether it says that all is taken in."""
        before, after, scope = self.expected.memory, self.memory, self.expected.scope
        begun = before.synced_through or scope.begins
        days = {before.synced_through, begun, scope.synced_through}
        if after.synced_through not in days:
            self._find(UNFINISHED, f"synced through {after.synced_through}, not {scope.synced_through}")
        seen = after.changes_seen
        is_same = seen == before.changes_seen
        if not is_same and (seen is None or scope.changes_seen is None or not self._may_be_seen(seen)):
            self._find(UNFINISHED, f"changes are seen up to {seen}, not {scope.changes_seen}")
        has_moved = not is_same or after.synced_through not in {before.synced_through, begun}
        if self.is_green and not self.touched and not self.expected.holds:
            if after.synced_through != (scope.synced_through or before.synced_through):
                self._find(UNFINISHED, f"green, but synced through {after.synced_through}, not {scope.synced_through}")
            if scope.changes_seen is not None and (seen is None or not self._may_be_seen(seen)):
                self._find(UNFINISHED, f"green, but changes are seen up to {seen}, not {scope.changes_seen}")
        looked_at = {entry.id for entry in scope.entries} | set(self.expected.rows) | self.touched
        for entry_id in before.pending.keys() - after.pending.keys() - looked_at - scope.deleted:
            self._find(LOST, f"entry {entry_id} is not pending any more")
        for entry_id in after.pending.keys() - before.pending.keys() - looked_at:
            self._find(UNFINISHED, f"entry {entry_id} is pending, but was not looked at")
        versions = {(entry.id, entry.at) for entry in scope.entries}
        for version in after.seen - before.seen - versions:
            if version[0] not in self.touched:
                self._find(LOST, f"{version} counts as seen, but was not looked at")
        # The second of two runs at once sees nothing later, and leaves no versions.
        if has_moved and seen is not None and not is_same and len(self.ended) == 1:
            for version in versions:
                is_shown_again = seen - OVERLAP <= version[1] < seen - timedelta(seconds=6)
                if is_shown_again and version not in after.seen and version[0] not in self.touched:
                    self._find(UNFINISHED, f"{version} was seen, but that is not kept")
        return has_moved

    def _may_be_seen(self, instant: datetime) -> bool:
        asked, old = self.expected.scope.asked, self.expected.memory.changes_seen
        latest = max(asked.now, old or asked.now)
        return min(asked.now, asked.started_at.replace(microsecond=0)) <= instant <= latest or instant == old

    def _check_what_is_taken_in(self) -> None:
        """Everything that was to be done is done, or pending."""
        if self.expected.too_many:
            self._find(UNFINISHED, "green, although it had to refuse so many removals")
            return
        there: dict[int, list[tuple[str, int, str]]] = {}
        for timelog in self.studio.gitlab.timelogs:
            if marked(timelog) is not None:
                there.setdefault(marked(timelog) or 0, []).append(place_of(timelog))
        for (entry_id, *place), _number in self.expected.coming(self.studio).items():
            if entry_id in self.touched or entry_id in self.memory.pending:
                continue
            found = [one for one in there.get(entry_id or 0, []) if one == tuple(place)]
            if len(found) != 1:
                self._find(LOST if not found else DOUBLE, f"entry {entry_id}, {place}, is there {len(found)} times")
        gone = self.expected.removed & {timelog.id for timelog in self.studio.gitlab.timelogs}
        entries = {timelog.id: marked(timelog) for timelog in self.expected.before}
        for timelog_id in gone:
            if entries[timelog_id] not in self.touched | self.memory.pending.keys():
                self._find(DOUBLE, f"timelog {timelog_id} of entry {entries[timelog_id]} had to go and is there")
        if all(one.output is not None for one in self.ended):
            for entry_id, left in self.memory.pending.items():
                was = self.expected.memory.pending.get(entry_id)
                if left.reason != "move_in_progress" and (was is None or was.reason != left.reason):
                    self._find(
                        UNFINISHED, f"green, but nobody was told that entry {entry_id} is refused: {left.reason}"
                    )

    def _check_to_the_letter(self) -> None:
        """Of a run that nothing disturbed: green or red, each timelog, each row, and what is pending."""
        (ended,) = self.ended
        if (ended.output is None) != self.expected.is_red:
            wanted = "red" if self.expected.is_red else "green"
            rows = {id_: row for id_, row in self.expected.rows.items() if row[0] == "failed"}
            self._find(UNFINISHED, f"it had to be {wanted} ({rows}): {ended.why or ended.output}")
            return
        if self.is_last and self.expected.is_red:
            self._find(UNFINISHED, f"everything is given back, but it is red: {ended.why}")
        try:
            self.expected.check_ledger(self.studio)
            if ended.summary is not None and not self.expected.too_many:
                self.expected.check_output(ended.summary)
                self.expected.check_hours(ended.summary, self.studio)
        except AssertionError as error:
            self._find(UNFINISHED, f"not to the letter: {error}")
        pending = {entry_id: left.reason for entry_id, left in self.memory.pending.items()}
        if pending != self.expected.pending:
            self._find(UNFINISHED, f"pending are {pending}, not {self.expected.pending}")

    def _remember(self, *, has_moved: bool) -> None:
        rows, scope = self.expected.rows, self.expected.scope
        if self.is_green or has_moved:
            for entry in scope.entries:
                if rows[entry.id][1] is not None:
                    self.played.left_out.add((entry.id, entry.at))
        if self.is_green and not scope.is_dated:
            assert scope.earliest is not None
            self.played.mornings.append(_Morning(scope.asked.started_at, scope.earliest, scope.end))
            late = [entry for entry in scope.entries if entry.start < scope.begin]
            self.met[words.LATE_TAKEN_IN, "run"] += sum(rows[one.id][0] in {"created", "replaced"} for one in late)
        if not self.is_green and not scope.is_dated:
            self.met[words.FAILED, "run"] += 1
        if not self.is_disturbed:
            self.met[words.STILL_REFUSED, "run"] += sum(row[2] == "still_refused" for row in rows.values())
            self.met[words.NOT_VISIBLE, "run"] += self.expected.holds and not self.expected.too_many
