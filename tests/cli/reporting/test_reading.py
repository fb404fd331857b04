"""A report of both services: every second of either is explained, and what nobody explains stands out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from cli.planning.decision import decide_in_process
from cli.reporting.model import Line, Report, Status
from cli.reporting.reading import read_report
from cli.terminal.days import Days
from contract.settings import Settings
from contract.state import Pending, SyncState
from functions.fetch.window import resolve
from functions.post.writing import carry_out
from functions.shared.clients import open_gitlab, open_toggl
from functions.shared.marker import marked_entry_id
from local.standins.gitlab.model import Timelog
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Entry, Toggl

PROJECT, USER, TOKEN = "studio/website", "mira", "glpat-Report-Tests-0001"
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)
NOVEMBER_3 = datetime(2026, 11, 3, 9, tzinfo=UTC)


@dataclass
class World:
    """What somebody tracks and posts. now: when things are done and read."""

    toggl: Toggl
    gitlab: GitLab
    now: datetime = NOW

    @property
    def settings(self) -> Settings:
        return Settings.from_context(
            {"toggl_url": self.toggl.url, "gitlab_url": self.gitlab.url, "gitlab_project_id": PROJECT}
        )

    def track(self, description: str, start: datetime = NOVEMBER_3, seconds: int | None = 1700) -> Entry:
        return self.toggl.add_entry(description, start, seconds)

    def sync(self) -> None:
        """Carry out what a run of the month would do."""
        settings = self.settings
        gitlab = open_gitlab(settings, TOKEN)
        run = resolve({"start_date": str(FIRST), "end_date": str(LAST)}, settings, self.now)
        decided = decide_in_process(run, self._toggl(settings), gitlab, self.now).decided
        for write in decided.plan.writes:
            carry_out(write, gitlab, gitlab.user(), look_first=False)

    def report(self, state: SyncState | None = None) -> Report:
        settings = self.settings
        return read_report(
            Days(FIRST, LAST),
            settings,
            toggl=self._toggl(settings),
            gitlab=open_gitlab(settings, TOKEN),
            now=self.now,
            state=state or SyncState(),
        )

    def timelog_of(self, entry: Entry) -> Timelog:
        """An entry's only timelog."""
        [timelog] = [one for one in self.gitlab.timelogs if marked_entry_id(one.summary or "") == entry.id]
        return timelog

    def _toggl(self, settings: Settings):
        toggl = open_toggl(settings, self.toggl.token)
        toggl._sleep = lambda _seconds: None  # the stand-in takes any pace
        return toggl


@pytest.fixture
def world() -> Iterator[World]:
    with Toggl(now=lambda: NOW) as toggl, GitLab(now=lambda: NOW) as gitlab:
        yield furnished(toggl, gitlab)


def furnished(toggl: Toggl, gitlab: GitLab) -> World:
    gitlab.add_user(USER)
    gitlab.add_token(TOKEN, USER)
    gitlab.add_project(PROJECT, roles={USER: "developer"})
    for number in range(1, 5):
        gitlab.add_issue(PROJECT, f"Issue {number}", iid=number)
    return World(toggl, gitlab)


def only(report: Report) -> Line:
    [line] = report.lines
    return line


def check(report: Report, world: World) -> None:
    """Both totals are what the services have, and the bridge between them closes."""
    bridge = report.bridge
    assert bridge.tracked_seconds + sum(step.seconds for step in bridge.steps) == bridge.gitlab_seconds
    entries = [entry for entry in world.toggl.entries if entry.deleted_at is None and entry.stop is not None]
    inside = [entry for entry in entries if FIRST <= entry.start.date() <= LAST]
    assert bridge.tracked_seconds == sum(int((entry.stop - entry.start).total_seconds()) for entry in inside)
    ids = {entry.id for entry in inside}
    marked = [row for row in world.gitlab.timelogs if marked_entry_id(row.summary or "") is not None]
    counted = [
        row for row in marked if marked_entry_id(row.summary or "") in ids or FIRST <= row.spent_at.date() <= LAST
    ]
    assert bridge.gitlab_seconds == sum(row.seconds for row in counted)


def test_what_was_posted_is_logged_with_its_rounding(world: World) -> None:
    world.track("#1 Fix login")
    world.sync()

    line = only(world.report())

    assert (line.status, line.issue) == (Status.LOGGED, f"{PROJECT}#1")
    assert (line.tracked_seconds, line.planned_seconds, line.gitlab_seconds) == (1700, 1800, 1800)
    check(world.report(), world)


@pytest.mark.parametrize(
    ("tracked", "seconds", "status", "reason"),
    [
        ("standup", 1700, Status.LEFT_OUT, "no_issue"),
        ("#1 short", 100, Status.LEFT_OUT, "too_short"),
        ("#1 still", None, Status.RUNNING, "running"),
        ("#1 never posted", 1700, Status.MISSING, None),
    ],
)
def test_what_is_not_there_has_its_reason(
    world: World, tracked: str, seconds: int | None, status: Status, reason: str | None
) -> None:
    world.track(tracked, seconds=seconds)

    line = only(world.report())

    assert (line.status, line.reason, line.gitlab_seconds) == (status, reason, 0)
    check(world.report(), world)


def test_what_was_tracked_today_is_not_missing_yet(world: World) -> None:
    world.now = NOVEMBER_3 + timedelta(hours=3)
    world.track("#1 Fix login")

    assert only(world.report()).status == Status.NOT_YET
    assert world.report().is_complete


def test_what_gitlab_refuses_every_morning_is_told_with_its_reason(world: World) -> None:
    entry = world.track("#1 Fix login")
    state = SyncState(pending=(Pending(entry.id, NOVEMBER_3, "no_permission"),))

    line = only(world.report(state))

    assert (line.status, line.reason) == (Status.REFUSED, "no_permission")
    check(world.report(state), world)


def test_a_description_changed_later_is_elsewhere_until_the_next_run(world: World) -> None:
    entry = world.track("#1 Fix login")
    world.sync()
    world.toggl.edit(entry.id, description="#2 Fix login")

    assert only(world.report()).status == Status.ELSEWHERE
    check(world.report(), world)


def test_an_entry_that_was_moved_out_of_the_range_is_elsewhere(world: World) -> None:
    entry = world.track("#1 Fix login")
    world.sync()
    world.toggl.move(entry.id, datetime(2026, 12, 1, 9, tzinfo=UTC))

    line = only(world.report())

    assert (line.status, line.tracked_seconds, line.gitlab_seconds) == (Status.ELSEWHERE, 0, 1800)
    check(world.report(), world)


def _change_the_amount(world: World, entry: Entry) -> None:
    timelog = world.timelog_of(entry)
    world.gitlab.remove_timelog(timelog)
    world.gitlab.put_timelog(timelog.issuable, timelog.user, 3600, timelog.spent_at, timelog.summary)


def _delete(world: World, entry: Entry) -> None:
    world.gitlab.remove_timelog(world.timelog_of(entry))


def _double(world: World, entry: Entry) -> None:
    timelog = world.timelog_of(entry)
    world.gitlab.put_timelog(timelog.issuable, timelog.user, timelog.seconds, timelog.spent_at, timelog.summary)


@pytest.mark.parametrize(
    ("tamper", "status", "surplus"),
    [
        (_change_the_amount, Status.DIFFERENT, 1800),
        (_delete, Status.MISSING, -1800),
        (_double, Status.DOUBLE, 1800),
    ],
)
def test_a_ledger_that_somebody_changed_by_hand_shows_in_red(
    world: World, tamper: Callable[[World, Entry], None], status: Status, surplus: int
) -> None:
    entry = world.track("#1 Fix login")
    world.sync()
    tamper(world, entry)

    report = world.report()

    assert [line.status for line in report.total.differences] == [status]
    assert {step.name: step.seconds for step in report.bridge.steps}[status.value] == surplus
    check(report, world)


def test_a_timelog_whose_entry_toggl_does_not_have_shows_in_red(world: World) -> None:
    world.gitlab.add_timelog(world.gitlab.issuable(f"{PROJECT}#1"), USER, 900, NOVEMBER_3, "[toggl:77] gone")

    line = only(world.report())

    assert (line.status, line.entry_id, line.gitlab_seconds) == (Status.NOT_IN_TOGGL, 77, 900)
    check(world.report(), world)


def test_time_of_other_tools_and_of_colleagues_is_never_counted(world: World) -> None:
    world.gitlab.add_user("jonas")
    world.gitlab.add_timelog(world.gitlab.issuable(f"{PROJECT}#1"), USER, 900, NOVEMBER_3, "by hand")
    world.gitlab.add_timelog(world.gitlab.issuable(f"{PROJECT}#1"), "jonas", 1200, NOVEMBER_3, "[toggl:5] his")

    report = world.report()

    assert (report.lines, report.other_seconds) == ((), 900)


DESCRIPTIONS = st.sampled_from(["#1 a", "#2 b", "#99 c", "standup", "#1 and #2 d", "Issue 3", "#1, #2"])
CHANGES = st.sampled_from(["describe", "lengthen", "move", "move far", "delete", "none", "amount", "remove", "double"])
MONTHS = st.lists(st.tuples(DESCRIPTIONS, st.integers(0, 29), st.integers(0, 7000), CHANGES), min_size=1, max_size=12)


@property_settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])
@given(MONTHS)
def test_over_any_month_the_bridge_closes_to_the_second(month: list[tuple[str, int, int, str]]) -> None:
    with Toggl(now=lambda: NOW) as toggl, GitLab(now=lambda: NOW) as gitlab:
        world = furnished(toggl, gitlab)
        entries = [
            world.track(text, datetime(2026, 11, 1, 8, number, tzinfo=UTC) + timedelta(days=day), seconds)
            for number, (text, day, seconds, _change) in enumerate(month)
        ]
        world.sync()
        check(world.report(), world)

        for entry, (_text, _day, _seconds, change) in zip(entries, month, strict=True):
            _happen(world, entry, change)

        check(world.report(), world)
        world.sync()
        check(world.report(), world)


def _happen(world: World, entry: Entry, change: str) -> None:
    is_posted = any(marked_entry_id(row.summary or "") == entry.id for row in world.gitlab.timelogs)
    match change:
        case "describe":
            world.toggl.edit(entry.id, description="#4 other")
        case "lengthen":
            world.toggl.edit(entry.id, stop=entry.start + timedelta(hours=2))
        case "move":
            world.toggl.move(entry.id, entry.start + timedelta(days=1 if entry.start.day < 20 else -1))
        case "move far":
            world.toggl.move(entry.id, datetime(2026, 12, 1, 9, entry.start.minute, tzinfo=UTC))
        case "delete":
            world.toggl.delete(entry.id)
        case "amount" if is_posted:
            _change_the_amount(world, entry)
        case "remove" if is_posted:
            _delete(world, entry)
        case "double" if is_posted:
            _double(world, entry)
