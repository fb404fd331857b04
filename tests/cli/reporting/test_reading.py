"""A report of both services: every second of either is explained, and what nobody explains stands out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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
    """What somebody tracks and posts. now: when things are done and read. context: settings that are not the usual."""

    toggl: Toggl
    gitlab: GitLab
    now: datetime = NOW
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        return Settings.from_context(
            {"toggl_url": self.toggl.url, "gitlab_url": self.gitlab.url, "gitlab_project_id": PROJECT, **self.context}
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

    def report(self, state: SyncState | None = None, last_due: datetime | None = None) -> Report:
        settings = self.settings
        return read_report(
            Days(FIRST, LAST),
            settings,
            toggl=self._toggl(settings),
            gitlab=open_gitlab(settings, TOKEN),
            now=self.now,
            state=state or SyncState(),
            last_due=last_due,
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
    """Both totals are what the services have, the bridge between them closes, and each step is for a cause."""
    bridge = report.bridge
    zone = ZoneInfo(world.settings.timezone)

    def is_inside(instant: datetime) -> bool:
        return FIRST <= instant.astimezone(zone).date() <= LAST

    unexplained = {"logged", "running", "left out: None"}
    assert not unexplained & {step.name for step in bridge.steps}
    assert bridge.tracked_seconds + sum(step.seconds for step in bridge.steps) == bridge.gitlab_seconds
    entries = [entry for entry in world.toggl.entries if entry.deleted_at is None and entry.stop is not None]
    inside = [entry for entry in entries if is_inside(entry.start)]
    assert bridge.tracked_seconds == sum(int((entry.stop - entry.start).total_seconds()) for entry in inside)
    ids = {entry.id for entry in inside}
    own = [row for row in world.gitlab.timelogs if row.user.username == USER]
    marked = [row for row in own if marked_entry_id(row.summary or "") is not None]
    counted = [row for row in marked if marked_entry_id(row.summary or "") in ids or is_inside(row.spent_at)]
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


@pytest.mark.parametrize(
    ("last_due", "catch_up_days", "status"),
    [
        (NOVEMBER_3 - timedelta(hours=1), 31, Status.NOT_YET),  # the schedule has started nothing since then
        (NOVEMBER_3 + timedelta(days=1), 31, Status.MISSING),
        (None, 31, Status.MISSING),
        (NOVEMBER_3 - timedelta(days=9), 0, Status.MISSING),  # the next run does not reach back so far
    ],
)
def test_what_no_run_was_due_to_sync_is_not_missing_yet(
    last_due: datetime | None, catch_up_days: int, status: Status, world: World
) -> None:
    world.now = NOVEMBER_3 + timedelta(days=3)
    world.context = {**world.context, "catch_up_days": catch_up_days}
    world.track("#1 Fix login")

    found = world.report(SyncState(synced_through=date(2026, 11, 2)), last_due)

    assert only(found).status == status
    assert found.missing_days == (None if status == Status.NOT_YET else (date(2026, 11, 3), date(2026, 11, 3)))


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


@pytest.mark.parametrize("is_posted_before", [False, True])
def test_what_gitlab_refuses_to_correct_every_morning_is_refused_wherever_it_lies(
    world: World, *, is_posted_before: bool
) -> None:
    entry = world.track("#1 Fix login")
    if is_posted_before:
        world.sync()
        world.toggl.edit(entry.id, description="#2 Fix login")
    state = SyncState(pending=(Pending(entry.id, NOVEMBER_3, "no_permission"),))

    report = world.report(state)

    assert (only(report).status, only(report).reason) == (Status.REFUSED, "no_permission")
    assert only(report).gitlab_seconds == (1800 if is_posted_before else 0)
    check(report, world)


@pytest.mark.parametrize(
    ("context", "description", "status"),
    [
        ({"prevent_duplicates": False}, "#1 Fix login", Status.LOGGED),
        ({"prevent_duplicates": False}, "#2 Fix login", Status.ELSEWHERE),
        ({"sync_edits": False}, "#2 Fix login", Status.DIFFERENT),
        ({"remove_deleted": True}, "standup", Status.KEPT),
    ],
)
def test_what_is_there_is_told_also_where_a_run_would_not_look_or_not_correct_it(
    world: World, context: dict[str, bool], description: str, status: Status
) -> None:
    entry = world.track("#1 Fix login")
    world.sync()
    world.toggl.edit(entry.id, description=description)
    world.context = context

    report = world.report()

    assert only(report).status == status
    check(report, world)


def test_what_an_earlier_user_and_the_present_one_have_both_posted_is_double(world: World) -> None:
    entry = world.track("#1 Fix login")
    world.sync()
    world.gitlab.add_user("jonas")
    timelog = world.timelog_of(entry)
    world.gitlab.add_timelog(timelog.issuable, "jonas", timelog.seconds, timelog.spent_at, timelog.summary)

    report = world.report(SyncState(posted_by=USER, user_changed_at=NOW))

    assert (only(report).status, only(report).gitlab_seconds) == (Status.DOUBLE, 3600)


def test_a_timelog_whose_entry_toggl_does_not_have_shows_in_red(world: World) -> None:
    world.gitlab.add_timelog(world.gitlab.issuable(f"{PROJECT}#1"), USER, 900, NOVEMBER_3, "[toggl:77] gone")

    line = only(world.report())

    assert (line.status, line.entry_id, line.gitlab_seconds) == (Status.NOT_IN_TOGGL, 77, 900)
    check(world.report(), world)


def test_time_of_other_tools_and_of_colleagues_is_told_apart_and_never_counted(world: World) -> None:
    world.track("#1 Fix login")
    world.sync()
    before = world.report()
    world.gitlab.add_user("jonas")
    one, two = (world.gitlab.issuable(f"{PROJECT}#{number}") for number in (1, 2))
    world.gitlab.add_timelog(two, USER, 900, NOVEMBER_3, "by hand")
    world.gitlab.add_timelog(one, "jonas", 1200, NOVEMBER_3, "[toggl:5] his")
    world.gitlab.add_timelog(two, "jonas", 60, NOVEMBER_3, "on an issue that is none of ours")

    report = world.report()

    assert (report.lines, report.bridge) == (before.lines, before.bridge)
    assert [(one.user, one.issue, one.seconds) for one in report.others] == [
        (USER, f"{PROJECT}#2", 900),
        ("jonas", f"{PROJECT}#1", 1200),
    ]
    assert report.is_complete


@pytest.mark.parametrize("user", [USER, "jonas"])
def test_the_time_of_others_is_that_of_the_range_to_the_second(world: World, user: str) -> None:
    world.track("#1 Fix login")
    world.gitlab.add_user("jonas")
    begin, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    for spent_at in (begin - timedelta(seconds=1), begin, end - timedelta(seconds=1), end):
        world.gitlab.add_timelog(world.gitlab.issuable(f"{PROJECT}#1"), user, 60, spent_at, "by hand")

    assert [one.start for one in world.report().others] == [begin, end - timedelta(seconds=1)]


def test_what_an_earlier_user_of_the_deployment_has_posted_is_in_its_line_and_not_told_twice(world: World) -> None:
    entry = world.track("#1 Fix login")
    world.gitlab.add_user("jonas")
    issue = world.gitlab.issuable(f"{PROJECT}#1")
    world.gitlab.add_timelog(issue, "jonas", 1800, entry.start, f"[toggl:{entry.id}] Fix login")
    world.gitlab.add_timelog(issue, "jonas", 60, entry.start, "by hand")
    state = SyncState(posted_by=USER, user_changed_at=NOW)

    report = world.report(state)

    assert (only(report).status, only(report).gitlab_seconds) == (Status.LOGGED, 1800)
    assert [step.name for step in report.bridge.steps] == ["rounding"]
    assert [one.seconds for one in report.others] == [60]


def test_others_time_costs_a_request_for_four_projects_and_one_for_each_further_hundred(world: World) -> None:
    world.gitlab.add_user("jonas")
    projects = [f"studio/p{number}" for number in range(5)]
    for number, path in enumerate(projects):
        world.gitlab.add_project(path, roles={USER: "developer"})
        world.gitlab.add_issue(path, "Work", iid=1)
        world.track(f"{path}#1", NOVEMBER_3 + timedelta(hours=number))
    issue = world.gitlab.issuable(f"{projects[0]}#1")
    for second in range(250):
        world.gitlab.add_timelog(issue, "jonas", 60, NOVEMBER_3 + timedelta(seconds=second), "by hand")
    world.gitlab.requests.clear()

    report = world.report()

    asked = [one for one in world.gitlab.requests if re.search(r"project\(.*timelogs\(", str(one.body))]
    assert len(report.others) == 250
    assert len(asked) == 2 + 2


DESCRIPTIONS = st.sampled_from(["#1 a", "#2 b", "#99 c", "standup", "#1 and #2 d", "Issue 3", "#1, #2"])


def _edit(world: World, entry: Entry, **changes: Any) -> None:
    if entry.stop is not None:
        world.toggl.edit(entry.id, **changes)


def _move(world: World, entry: Entry, to: datetime) -> None:
    if entry.stop is not None:
        world.toggl.move(entry.id, to)


def _if_posted(happen: Callable[[World, Entry], None]) -> Callable[[World, Entry], None]:
    """Only to an entry that has exactly one timelog."""

    def maybe(world: World, entry: Entry) -> None:
        if [marked_entry_id(row.summary or "") for row in world.gitlab.timelogs].count(entry.id) == 1:
            happen(world, entry)

    return maybe


def _move_issue(world: World, entry: Entry) -> None:
    """GitLab has copied all of its timelogs, or none so far."""
    issue = world.timelog_of(entry).issuable
    if issue.moved_to is None:
        world.gitlab.move_issue(issue, OTHER_PROJECT, 0 if entry.id % 2 else None)


def _log(user: str, seconds: int, summary: str) -> Callable[[World, Entry], None]:
    """summary: with the entry's number for {}."""

    def log(world: World, entry: Entry) -> None:
        issue = world.gitlab.issuable(f"{PROJECT}#3")
        world.gitlab.add_timelog(issue, user, seconds, entry.start, summary.format(entry.id))

    return log


HAPPENINGS: dict[str, Callable[[World, Entry], None]] = {
    "nothing": lambda _world, _entry: None,
    "another issue": lambda world, entry: _edit(world, entry, description="#4 other"),
    "another length": lambda world, entry: _edit(world, entry, stop=entry.start + timedelta(hours=2)),
    "another day": lambda world, entry: _move(world, entry, entry.start + timedelta(days=-1)),
    "another month": lambda world, entry: _move(world, entry, datetime(2026, 12, 1, 9, tzinfo=UTC)),
    "deleted": lambda world, entry: world.toggl.delete(entry.id),
    "another amount": _if_posted(_change_the_amount),
    "removed by hand": _if_posted(_delete),
    "double": _if_posted(_double),
    "issue moved": _if_posted(_move_issue),
    "taken away": _log(USER, -600, "[toggl:{}]"),
    "of no entry": _log(USER, 777, "[toggl:9{}]"),
    "of somebody else": _log("jonas", 777, "[toggl:{}]"),
    "by hand": _log(USER, 777, "{} by hand"),
}
OTHER_PROJECT = "studio/elsewhere"
FIRST_SECOND = datetime(2026, 11, 1, tzinfo=UTC)
STARTS = st.one_of(
    st.integers(0, 30 * 86_400),
    # Around both ends of the month in any zone, whose days may have 23 or 25 hours there.
    st.integers(-2, 2).map(lambda seconds: seconds + 5 * 3600),
    st.sampled_from([-50_400, -3_601, -1, 0, 2_591_999, 2_592_000, 2_595_600, 2_610_000, 2_642_400]),
)
ENTRIES = st.tuples(DESCRIPTIONS, STARTS, st.integers(0, 7000) | st.none(), st.sampled_from(sorted(HAPPENINGS)))
CONTEXTS = st.fixed_dictionaries(
    {
        "timezone": st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Niue"]),
        "round_time_to_minutes": st.sampled_from([0, 1, 15, 60]),
        "rounding_mode": st.sampled_from(["nearest", "up", "down"]),
        "minimum_duration": st.sampled_from([0, 300]),
        "sync_edits": st.booleans(),
        "prevent_duplicates": st.booleans(),
    }
)


@property_settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ENTRIES, min_size=1, max_size=12), CONTEXTS)
def test_over_any_month_the_bridge_closes_to_the_second(
    month: list[tuple[str, int, int | None, str]], context: dict[str, Any]
) -> None:
    with Toggl(now=lambda: NOW) as toggl, GitLab(now=lambda: NOW) as gitlab:
        world = furnished(toggl, gitlab)
        world.context = context
        gitlab.add_user("jonas")
        gitlab.add_project(OTHER_PROJECT, roles={USER: "developer"})
        entries = [
            world.track(text, FIRST_SECOND + timedelta(seconds=start), seconds)
            for text, start, seconds, _change in month
        ]
        world.sync()
        check(world.report(), world)

        for entry, (_text, _start, _seconds, change) in zip(entries, month, strict=True):
            HAPPENINGS[change](world, entry)

        check(world.report(), world)
        world.sync()
        check(world.report(), world)
