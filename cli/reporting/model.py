"""A report as data: a line for each entry, sums over lines, and the bridge from Toggl's time to GitLab's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self
from zoneinfo import ZoneInfo

from cli.executions.accounts import total
from contract.vocabulary import meaning_and_advice
from functions.shared.model.place import project_in
from functions.shared.model.row import Account


class Status(StrEnum):
    """How an entry's time stands on GitLab; each line of a report has exactly one.

    meaning: what it says to a person. is_difference: GitLab does not have what it should, and nothing explains it.
    """

    meaning: str
    is_difference: bool

    def __new__(cls, word: str, meaning: str, is_difference: bool = False) -> Self:  # noqa: FBT001, FBT002 - a table
        member = str.__new__(cls, word)
        member._value_ = word
        member.meaning = meaning
        member.is_difference = is_difference
        return member

    LOGGED = "logged", "on GitLab, as Toggl has it"
    NOT_YET = "not yet", "not on GitLab yet: the next run takes it"
    ELSEWHERE = "elsewhere", "on GitLab under another day or issue than Toggl says now: the next run moves it"
    MOVING = "moving", "GitLab may still be moving its issue: the next run looks again"
    RUNNING = "running", "the timer still runs"
    LEFT_OUT = "left out", "not to be logged, for a reason"
    KEPT = "kept", "on GitLab, though it would be left out now"
    GONE = "gone", "in neither of the two any more on these days"
    REFUSED = "refused", "GitLab does not take it", True
    MISSING = "missing", "it should be on GitLab, but is not", True
    DIFFERENT = "different", "GitLab has another amount, day or issue than Toggl says", True
    DOUBLE = "double", "GitLab has it more than once", True
    NOT_IN_TOGGL = "not in Toggl", "on GitLab, but Toggl has no such entry on these days", True


_NOT_LEFT_OUT = frozenset({Status.REFUSED, Status.RUNNING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry, or what GitLab has of one that did not come from Toggl.

    start: Toggl's, else GitLab's. tracked_seconds: Toggl's time, unrounded, 0 while it runs. planned_seconds: what
    should be on GitLab, 0 for what is left out. gitlab_seconds: what is there, on whatever day and issue. issue: where
    it is or should go. reason: why it is left out or refused. outcome: what a run did about it, of a run's report.
    """

    entry_id: int
    start: datetime
    status: Status
    tracked_seconds: int
    planned_seconds: int
    gitlab_seconds: int
    issue: str | None = None
    reason: str | None = None
    advice: str = ""
    warning: str | None = None
    outcome: str | None = None
    description: str = ""
    toggl_project: str | None = None
    workspace_id: int | None = None

    @property
    def account(self) -> Account:
        """Where the line's seconds are now, as a run's row has them."""
        tracked, there = self.tracked_seconds, self.gitlab_seconds
        if self.status == Status.REFUSED:
            return Account(tracked, there, failed=tracked, differing=there)
        if not self.planned_seconds:
            return Account(tracked, there, left_out=tracked, differing=there)
        return Account(tracked, there, rounding=self.planned_seconds - tracked, differing=there - self.planned_seconds)

    def refused(self, reason: str) -> Self:
        """The same, of which GitLab takes nothing for this reason."""
        return replace(self, status=Status.REFUSED, planned_seconds=0, reason=reason)

    @property
    def is_left_out(self) -> bool:
        """Whether there is a reason for which nothing of it should be on GitLab."""
        return self.reason is not None and not self.planned_seconds and self.status not in _NOT_LEFT_OUT

    @property
    def gitlab_project(self) -> str | None:
        return None if self.issue is None else project_in(self.issue)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the bridge, in seconds: added to Toggl's total on the way to GitLab's."""

    name: str
    seconds: int
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Bridge:
    """From Toggl's total to GitLab's: tracked + the steps' seconds = on_gitlab, to the second."""

    tracked_seconds: int
    steps: tuple[Step, ...]
    gitlab_seconds: int


_ROUNDING, _LEFT_OUT = "rounding", "left out: "
_STEPS = [_ROUNDING, _LEFT_OUT, *Status]


def bridge_over(lines: Iterable[Line]) -> Bridge:
    """Every second of both totals, each in exactly one step."""
    lines = tuple(lines)
    steps: dict[str, Step] = {}

    def add(name: str, seconds: int, meaning: str) -> None:
        if seconds:
            before = steps[name].seconds if name in steps else 0
            steps[name] = Step(name, before + seconds, meaning)

    for line in lines:
        account = line.account
        add(_ROUNDING, account.rounding, "what rounding adds or takes away")
        add(f"{_LEFT_OUT}{line.reason}", -account.left_out, line.advice or meaning_of(line.reason))
        add("refused", -account.failed, line.status.meaning)
        add(line.status.value, account.differing, line.status.meaning)
    whole = total(line.account for line in lines)
    shown = tuple(step for step in sorted(steps.values(), key=_order) if step.seconds)
    return Bridge(whole.tracked, shown, whole.on_gitlab)


def _order(step: Step) -> tuple[int, int]:
    """Rounding first, then what is left out, the most time first, then by the statuses' order."""
    is_left_out = step.name.startswith(_LEFT_OUT)
    return _STEPS.index(_LEFT_OUT if is_left_out else step.name), step.seconds


def meaning_of(reason: str | None) -> str:
    """What a reason says of an entry; a failure's own words stand for themselves."""
    return meaning_and_advice(reason or "")[0] or reason or ""


@dataclass(frozen=True, slots=True)
class OtherTime:
    """A timelog that is none of this sync's: somebody else's, or one of the token's user without a marker.

    issue: None where it cannot be seen.
    """

    user: str
    start: datetime
    seconds: int
    issue: str | None
    description: str = ""


@dataclass(frozen=True, slots=True)
class OtherUser:
    """What one user has logged that is not counted. by_issue: in seconds, the most first."""

    user: str
    by_issue: Mapping[str | None, int]

    @property
    def seconds(self) -> int:
        return sum(self.by_issue.values())


@dataclass(frozen=True, slots=True)
class Sum:
    """Lines that have something in common. key: what that is."""

    key: str
    lines: tuple[Line, ...]

    @property
    def account(self) -> Account:
        return total(line.account for line in self.lines)

    @property
    def differences(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.status.is_difference)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """first, last: local days, inclusive. lines: in the order of their starts.

    others: what else is on GitLab in these days, never counted: of the token's user all without a marker (by hand, by
    other tools), of others what is on the lines' issues. titles: of the issues, by name, where they are known. run: the
    execution's name, of a run's report. is_dry_run: it has written nothing. to_sync: the command that syncs what is
    missing, "" where nothing is.
    """

    first: date
    last: date
    timezone: str
    lines: tuple[Line, ...]
    gitlab_url: str
    username: str
    read_at: datetime
    others: tuple[OtherTime, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    run: str | None = None
    is_dry_run: bool = False
    to_sync: str = ""

    def day_of(self, line: Line | OtherTime) -> date:
        return line.start.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def other_users(self) -> tuple[OtherUser, ...]:
        """Whose time is not counted: the token's user first, then who has the most."""
        seconds: dict[str, Counter[str | None]] = {}
        for one in self.others:
            seconds.setdefault(one.user, Counter())[one.issue] += one.seconds
        users = [OtherUser(user, dict(by_issue.most_common())) for user, by_issue in seconds.items()]
        return tuple(sorted(users, key=lambda one: (one.user != self.username, -one.seconds, one.user)))

    @property
    def total(self) -> Sum:
        return Sum("all", self.lines)

    @property
    def bridge(self) -> Bridge:
        return bridge_over(self.lines)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing that should be there, and nothing is there that should not be."""
        return not self.total.differences

    @property
    def missing_days(self) -> tuple[date, date] | None:
        """The first and the last day of what is missing; None where nothing is."""
        days = [self.day_of(line) for line in self.lines if line.status == Status.MISSING]
        return (min(days), max(days)) if days else None

    @property
    def days(self) -> tuple[date, ...]:
        """All days of the range, also those without an entry, and those of lines outside of it."""
        inside = {self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)}
        return tuple(sorted(inside | {self.day_of(line) for line in self.lines}))

    def by(self, what: str) -> tuple[Sum, ...]:
        """Sums by `issue`, `day`, `project` or `week`; days and weeks in their order, the others by their size."""
        groups: dict[str, list[Line]] = {}
        for line in self.lines:
            groups.setdefault(GROUPINGS[what](self, line), []).append(line)
        sums = [Sum(key, tuple(lines)) for key, lines in groups.items()]
        if what in {"day", "week"}:
            return tuple(sorted(sums, key=lambda one: one.key))
        return tuple(sorted(sums, key=lambda one: (-one.account.on_gitlab, -one.account.tracked, one.key)))


def _week(report: Report, line: Line) -> str:
    year, week, _day = report.day_of(line).isocalendar()
    return f"{year}-W{week:02}"


NOWHERE = "no issue"
GROUPINGS: Mapping[str, Callable[[Report, Line], str]] = {
    "issue": lambda _report, line: line.issue or NOWHERE,
    "day": lambda report, line: report.day_of(line).isoformat(),
    "project": lambda _report, line: line.gitlab_project or NOWHERE,
    "week": _week,
}
