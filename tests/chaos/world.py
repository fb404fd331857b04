"""One seed from its first run to its verdict, on whatever carries out the runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from local.standins.gitlab.model import Issuable
from local.standins.toggl.server import Entry
from tests.chaos.ledger import UNFINISHED, DaysJudge
from tests.chaos.schedule import DAYS, STOPPED, TOKEN, Change, DisturbedRun, Schedule
from tests.chaos.scope import Memory
from tests.chaos.studio import PROJECTS, Studio


@dataclass(frozen=True)
class Ended:
    """How a run ended: its output when it was green, else why it was not.

    summary: the output also of one that was red, as far as it got to it and it is known.
    """

    output: dict[str, Any] | None
    why: str = ""
    summary: dict[str, Any] | None = None


class Stage(Protocol):
    """What carries out runs: the state machine in this process, or the deployed state machine."""

    studio: Studio
    token: str

    def item(self) -> dict[str, str]:
        """What the runs so far have left, as texts by name."""

    def wait_until(self, instant: datetime) -> None:
        """Let the time pass; an instant that is over already is no wait."""

    def meanwhile(self, doing: Mapping[int, Callable[[], None]]) -> None:
        """Let these happen in the next run, each at the request of its number."""

    def run(self, run: DisturbedRun, run_input: dict[str, Any], met: Counter[tuple[str, str]]) -> list[Ended]:
        """Carry out a run (or two at once) and count in `met` what disturbed it, by (label, target)."""


@dataclass
class Verdict:
    """What became of a seed. findings: (kind, words); met: by (label, target)."""

    seed: int
    runs: int = 0
    entries: int = 0
    findings: list[tuple[str, str]] = field(default_factory=list)
    met: Counter[tuple[str, str]] = field(default_factory=Counter)


def play(schedule: Schedule, stage: Stage) -> Verdict:
    """Everything of a schedule, then the last run, which nothing disturbs (two when GitLab was moving an issue)."""
    studio, verdict = stage.studio, Verdict(schedule.seed)
    zone = ZoneInfo(schedule.choices.timezone)
    last = studio.clock.now().astimezone(zone).date() - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    judge = DaysJudge(studio, schedule.choices, first=first, last=last)
    people = _People(studio, first, zone)
    run_input = {"start_date": first.isoformat(), "end_date": last.isoformat(), "allow_removals": True}
    earlier: list[Ended] = []
    ended: list[Ended] = []
    for run in schedule.runs:
        # What was to land by now has landed before people go on: it would meet an issue that is not where it was.
        studio.gitlab.run_due()
        for change in run.changes:
            people.do(change)
        before = judge.expected(Memory.of_item(stage.item()))
        verdict.runs += 2 if run.is_twin else 1
        earlier, ended = ended, run_with_the_token(stage, run, run_input, verdict)
        judge.look_for_double_issues()
        judge.check_what_stays(before)
        if any(one.output is not None for one in ended) and not people.moving:
            judge.check_complete(f"after the green run {verdict.runs}", Memory.of_item(stage.item()))
    for undisturbed in range(2 if people.moving else 1):
        if undisturbed:
            studio.gitlab.finish_moves()
            people.moving = False
        studio.gitlab.run_due()
        before = judge.expected(Memory.of_item(stage.item()))
        verdict.runs += 1
        (ended_last,) = stage.run(DisturbedRun(), run_input, verdict.met)
        judge.look_for_double_issues()
        judge.check_what_stays(before)
        if ended_last.output is None:
            judge.find(UNFINISHED, f"the last run, which nothing disturbed, was not green: {ended_last.why}")
        elif all(one.why != STOPPED for one in [*earlier, *ended]):
            # What a stopped run has sent may still land while a later one works.
            judge.check_output(before, ended_last.output)
        earlier, ended = ended, [ended_last]
    studio.gitlab.settle()
    judge.check_complete("after the last run", Memory())
    verdict.entries = len(studio.toggl.entries)
    verdict.findings = list(judge.findings)
    return verdict


def run_with_the_token(stage: Stage, run: DisturbedRun, run_input: dict[str, Any], verdict: Verdict) -> list[Ended]:
    """A run, in which the token is refused if that is drawn."""
    gitlab = stage.studio.gitlab
    if run.token_refused:
        gitlab.revoke_token(stage.token)
        verdict.met[TOKEN, "run"] += 1
    try:
        return stage.run(run, run_input, verdict.met)
    finally:
        gitlab.add_token(stage.token, stage.studio.me.username)


@dataclass
class _People:
    """Those who track time and tend the issues. moving: whether GitLab may still be copying a moved issue."""

    studio: Studio
    first: date
    zone: ZoneInfo
    moving: bool = False

    def __post_init__(self) -> None:
        self._issues = list(self.studio.gitlab.issues)

    def do(self, change: Change) -> None:
        entry, toggl = self._entry(change.pick), self.studio.toggl
        match change.what:
            case "track":
                self.studio.track(
                    change.said, self._start(change), change.seconds, change.project, billable=change.billable
                )
            case "describe" if entry:
                self.studio.describe(entry.id, change.said)
            case "length" if entry:
                toggl.edit(entry.id, stop=change.seconds)
            case "start" if entry:
                toggl.edit(entry.id, start=self._start(change), stop=change.seconds)
            case "delete" if entry:
                toggl.delete(entry.id)
            case "close":
                self.studio.gitlab.close_issue(self._issues[change.pick % len(self._issues)])
            case "move" | "begin to move":
                self._move(self._issues[change.pick % len(self._issues)], change)

    def _move(self, issue: Issuable, change: Change) -> None:
        if issue.moved_to is not None:
            return
        path = change.path if change.path != issue.project.full_path else PROJECTS[PROJECTS.index(change.path) - 1]
        is_copying = change.what == "begin to move"
        self.moving = self.moving or is_copying
        self.studio.issue_added(self.studio.gitlab.move_issue(issue, path, change.pick % 3 if is_copying else None))

    def _start(self, change: Change) -> datetime:
        day = self.first + timedelta(days=change.day)
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return midnight.astimezone(UTC) + timedelta(minutes=change.minute)

    def _entry(self, pick: int) -> Entry | None:
        entries = [entry for entry in self.studio.toggl.entries if entry.deleted_at is None]
        return entries[pick % len(entries)] if entries else None
