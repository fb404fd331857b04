"""Whatever people do and whatever breaks, one undisturbed run makes GitLab equal to the expected ledger.

PROOF_EXAMPLES=2000 tries so many random examples instead of the usual fixed few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from contract.errors import TooManyRemovals
from contract.limits import LOOKS, POST_TIMEOUT_SECONDS
from functions.shared.http import NotSent
from local.aws.executions import Run
from local.standins.gitlab.server import mutation
from local.standins.server import Request
from local.standins.toggl.server import Entry
from tests.chaos.expected import Choices, Expected, expect_days, marked
from tests.chaos.random_ways import play
from tests.chaos.scope import Memory
from tests.chaos.studio import (
    COLLEAGUE,
    HARBOUR,
    MISSING_IID,
    NOBODY,
    PROJECTS,
    TITLES,
    TOOLS,
    USER,
    WEBSITE,
    WORDS,
    Names,
    Said,
    Studio,
    Titled,
    mentions,
    titles,
)
from tests.workflow.in_process import Clock, LambdaCrash, Stopped

SETTLE_SECONDS = 70

# A long weekend in Berlin with the night in which the clocks change; the first starts are the evening before it.
Days = tuple[date, date]
LONG_WEEKEND = date(2026, 3, 27), date(2026, 3, 30)
STARTED_AT = datetime(2026, 3, 30, 10, tzinfo=UTC)
STARTS = [
    datetime.fromisoformat(f"2026-03-{text}+00:00")
    for text in (
        "27T09:00:00",
        "27T13:30:00",
        "28T10:00:00",
        "30T07:15:00",
        "26T22:59:59",
        "26T23:00:00",
        "28T22:59:59",
        "28T23:00:00",
        "29T00:59:59",
        "29T01:00:00",
        "29T21:59:59",
        "29T22:00:00",
    )
]
SECONDS = [1800, 3600, 2250, 299, 300, 449, 450, 9000, None]
MENTIONS = mentions((1, 2), WORDS[:1], (HARBOUR, WEBSITE))
SURELY_MATCHED, ELSEWHERE = Said("#1 Fix the login", Names("#", 1)), Said("#2 Fix the login", Names("#", 2))


POOLS = (MENTIONS, titles(), mentions((1, MISSING_IID), WORDS, (NOBODY, TOOLS)))


@st.composite
def _said(draw: st.DrawFn) -> Said:
    pool = POOLS[draw(st.integers(0, len(POOLS) - 1))]
    return pool[draw(st.integers(0, len(pool) - 1))]


SAID = _said()
DAYS = st.sampled_from([LONG_WEEKEND, LONG_WEEKEND, (date(2026, 3, 29), date(2026, 3, 30)), (date(2026, 3, 26),) * 2])
PICK = st.integers(0, 30)
NEW_TITLES = [Said(texts[0], Titled(key)) for key, texts in TITLES.items()]
TEXTS_OF_OTHERS = ("see [toggl:{id}]", " [toggl:{id}]", "[toggl:{id}] copied", "[toggl:{id}", "[Toggl:{id}]", "")
EDITS = st.lists(st.sampled_from(["stop", "start", "issue"]), max_size=3)

Faulty = tuple[str, dict[str, Any]]
WRITE_FAULTS: list[Faulty] = [
    ("late", {"status": 504, "seconds": 60.0}),
    ("late", {"status": 502, "seconds": 20.0}),
    ("lost_answer", {}),
    ("error_after", {"status": 502}),
    ("error_after", {"status": 504}),
    ("truncated", {}),
    ("refused", {}),
    ("status", {"status": 500}),
    ("internal_error", {}),
    ("graphql_error", {}),
    ("payload_error", {}),
    ("empty", {}),
    ("wrong_shape", {}),
    ("rate_limited", {"seconds": 30}),
    ("rate_limited", {"seconds": 4000}),
    ("application_limit", {}),
    ("forbidden", {}),
    ("unprocessable", {}),
]
READ_FAULTS: list[Faulty] = [
    ("lost_answer", {}),
    ("truncated", {}),
    ("status", {"status": 503}),
    ("internal_error", {}),
    ("graphql_error", {"body": b"Timeout on validation of query"}),
    ("payload_error", {}),
    ("body", {"body": b"<html>"}),
    ("empty", {}),
    ("wrong_shape", {}),
    ("wrong_shape", {"body": b'{"data": {}}'}),
    ("html", {"status": 200}),
    ("maintenance", {}),
    ("too_large", {}),
    ("rate_limited", {"seconds": 30}),
    ("rate_limited", {"seconds": 4000}),
    ("invalid_token", {}),
    ("redirect", {}),
]
TOGGL_FAULTS: list[Faulty] = [
    ("lost_answer", {}),
    ("truncated", {}),
    ("server_error", {"status": 500}),
    ("rate_limited", {}),
    ("quota", {"seconds": 900}),
    ("quota", {"seconds": 4000}),
    ("not_paid", {}),
    ("empty", {}),
    ("wrong_shape", {}),
    ("wrong_shape_no_id", {}),
    ("wrong_shape_nulls", {}),
    ("forbidden", {}),
]
WRITES = ("timelogCreate", "timelogDelete", "createIssue")
RARELY = st.sampled_from([False, False, False, True])
CHOICES = st.builds(
    Choices,
    sync_edits=RARELY.map(lambda off: not off),
    auto_create_issues=st.booleans(),
    remove_deleted=st.booleans(),
    only_billable=RARELY,
    exclude_weekends=RARELY,
)


def _is_reading(request: Request) -> bool:
    return not any(mutation(name)(request) for name in WRITES)


class Ledger(RuleBasedStateMachine):
    """People, their GitLab and runs of every kind. A `pick` stands for one of the entries or issues that there are."""

    def __init__(self) -> None:
        super().__init__()
        self.choices = Choices()
        self.studio = Studio(Clock(STARTED_AT))
        self.studio.__enter__()

    def teardown(self) -> None:
        try:
            self.run_undisturbed()
            self.studio.gitlab.finish_moves()
            self.run_undisturbed()
        finally:
            self.studio.__exit__()

    @initialize(choices=CHOICES, said=st.lists(SAID, min_size=2, max_size=4))
    def begin(self, choices: Choices, said: list[Said]) -> None:
        self.choices = choices
        for one, start in zip([SURELY_MATCHED, *said], STARTS, strict=False):
            self.studio.track(one, start, 1800, billable=True)
        self._run({})
        self.studio.take_down_new_issues()

    @rule(
        said=SAID,
        start=st.sampled_from(STARTS),
        seconds=st.sampled_from(SECONDS),
        project=st.sampled_from(["none", "by name", "by id", "unmapped"]),
        billable=st.booleans(),
    )
    def track(self, said: Said, start: datetime, seconds: int | None, project: str, billable: bool) -> None:
        self.studio.track(said, start, seconds, project, billable=billable)

    @rule(
        pick=PICK,
        what=st.sampled_from(["description", "start", "stop", "delete", "vanish", "delete many"]),
        said=SAID,
        start=st.sampled_from(STARTS),
        seconds=st.sampled_from(SECONDS[:-1]),
    )
    def change_entry(self, pick: int, what: str, said: Said, start: datetime, seconds: int) -> None:
        entry, toggl = self._entry(pick), self.studio.toggl
        match what:
            case "description" if entry:
                self.studio.describe(entry.id, said)
            case "start" if entry:
                toggl.edit(entry.id, start=start, stop=entry.duration_seconds if entry.stop else None)
            case "stop" if entry:
                toggl.edit(entry.id, stop=seconds)
            case "delete" if entry:
                toggl.delete(entry.id)
            case "vanish" if entry:  # gone, but Toggl does not say that it was deleted
                toggl.forget(entry.id)
            case "delete many":
                for one in self._entries()[pick % 2 :: pick % 3 + 1]:
                    toggl.delete(one.id)

    @rule(
        pick=PICK,
        what=st.sampled_from(["add", "close", "rename", "move", "begin to move", "finish moves"]),
        path=st.sampled_from(PROJECTS),
        title=st.sampled_from([text for texts in TITLES.values() for text in texts]),
    )
    def change_issue(self, pick: int, what: str, path: str, title: str) -> None:
        gitlab = self.studio.gitlab
        logged_on = [timelog.issuable for timelog in gitlab.timelogs if timelog.issuable.kind == "Issue"]
        issues = (logged_on if pick % 2 else []) or gitlab.issues
        issue = issues[-1 - pick % len(issues)]
        match what:
            case "add":
                state = "opened" if pick % 3 else "closed"
                self.studio.issue_added(gitlab.add_issue(path, " ".join(title.split()), state=state))
            case "close":
                gitlab.close_issue(issue)
            case "rename":
                issue.title = " ".join(title.split())
            case "finish moves":
                gitlab.finish_moves()
            case _ if issue.moved_to is None and issue.project.full_path != path:
                self.studio.issue_added(gitlab.move_issue(issue, path, None if what == "move" else pick % 3))

    @rule(
        pick=PICK,
        texts=st.lists(st.sampled_from(TEXTS_OF_OTHERS), min_size=1, max_size=4),
        start=st.sampled_from([*STARTS, None]),
        own=st.sampled_from([True, True, False]),
    )
    def others_log_time(self, pick: int, texts: list[str], start: datetime | None, own: bool) -> None:
        """A colleague writes whatever; the user by hand or by an old tool, even what is posted, and then it counts."""
        gitlab, entries = self.studio.gitlab, self._entries()
        for number, text in enumerate(texts, pick):
            entry_id = entries[number % len(entries)].id if entries else 7
            issue = gitlab.issues[number % len(gitlab.issues)]
            gitlab.add_timelog(issue, USER if own else COLLEAGUE, 1800, start, text.format(id=entry_id))

    @rule(pick=PICK, times=st.sampled_from([1, 1, 2]))
    def log_twice(self, pick: int, times: int) -> None:
        """What an older tool of the user did: the very same timelog again."""
        posted = [timelog for timelog in self.studio.gitlab.timelogs if marked(timelog) is not None]
        for timelog in posted[-1 - pick :][:1] * times:
            self.studio.gitlab.add_timelog(timelog.issuable, USER, timelog.seconds, timelog.spent_at, timelog.summary)

    @rule(choices=CHOICES)
    def choose(self, choices: Choices) -> None:
        self.choices = choices

    @rule(days=DAYS)
    def run_undisturbed(self, days: Days = LONG_WEEKEND) -> None:
        expected = self._expected(days)
        if expected.too_many:
            assert self._run({}, days).error == TooManyRemovals.__name__
            assert self.studio.gitlab.timelogs == expected.before
        expected = self._expected(days, allow_removals=True)
        run = self._run({"allow_removals": True}, days)
        self.studio.take_down_new_issues()
        expected.check_ledger(self.studio)
        expected.check_output(self.studio.summary_of(run))
        self._check_that_nothing_is_planned(days)

    @rule(
        said=st.lists(SAID, max_size=2),
        edits=EDITS,
        moment=st.integers(1, 25),
        how=st.sampled_from([Stopped(), LambdaCrash(), LambdaCrash("Sandbox.Timedout")]),
        times=st.sampled_from([1, 1, 2, 3, 4, 8]),
        days=DAYS,
    )
    def run_interrupted(
        self, *, said: list[Said], edits: list[str], moment: int, how: BaseException, times: int, days: Days
    ) -> None:
        """The execution ends at this moment, or some Lambdas end from then on."""
        self._change_something(said, edits)
        moments = count(1)

        def interrupt(name: str) -> None:
            if name == "wait" and isinstance(how, LambdaCrash):
                return  # no Lambda runs then
            if moment <= next(moments) < moment + times:
                raise how

        self._run_disturbed(interrupt, days)

    @rule(
        said=st.lists(SAID, max_size=2),
        edits=EDITS,
        first=st.integers(1, 10),
        step=st.sampled_from([1, 2]),
        times=st.sampled_from([1, 2, 5, 6, 30]),
    )
    def run_without_a_connection(self, said: list[Said], edits: list[str], first: int, step: int, times: int) -> None:
        """From this request on, so many of them cannot be sent, all or every second one."""
        self._change_something(said, edits)
        broken = range(first, first + step * times, step)
        requests = count(1)

        def break_the_connection(name: str) -> None:
            if name == "request" and next(requests) in broken:
                raise NotSent("no connection could be made")

        self._run_disturbed(break_the_connection)

    @rule(
        said=st.lists(SAID, max_size=2),
        edits=EDITS,
        on=st.sampled_from(WRITES),
        fault=st.sampled_from(WRITE_FAULTS),
        times=st.sampled_from([1, 1, 1, 2, 4, 12]),
        crash=st.one_of(st.none(), st.integers(7, 20)),
        days=DAYS,
    )
    def run_with_writes_failing(
        self, *, said: list[Said], edits: list[str], on: str, fault: Faulty, times: int, crash: int | None, days: Days
    ) -> None:
        """One kind of fault on writes of one kind; with a number, a Lambda also ends at that moment."""
        self._change_something(said, edits)
        kind, how = fault
        self.studio.gitlab.fail(kind, when=mutation(on), times=times, **how)
        moments = count(1)

        def end_the_lambda(name: str) -> None:
            if name != "wait" and next(moments) == crash:
                raise LambdaCrash

        self._run_disturbed(end_the_lambda, days)

    @rule(
        said=st.lists(SAID, max_size=2),
        fault=st.one_of(
            st.tuples(st.just("gitlab"), st.sampled_from(READ_FAULTS)),
            st.tuples(st.just("toggl"), st.sampled_from(TOGGL_FAULTS)),
        ),
        skip=st.integers(0, 3),
        times=st.sampled_from([1, 2, 12]),
        doubt=st.booleans(),
    )
    def run_with_reads_failing(
        self, said: list[Said], fault: tuple[str, Faulty], skip: int, times: int, doubt: bool
    ) -> None:
        """One kind of fault on reads, those included that look for a write of unknown outcome."""
        self._change_something(said, ["stop"])
        service, (kind, how) = fault
        if service == "toggl":
            self.studio.toggl.fail(kind, skip=skip % 2, times=times, **how)
        else:
            self.studio.gitlab.fail(kind, when=_is_reading, skip=skip, times=times, **how)
        if doubt:
            self.studio.gitlab.fail("lost_answer", when=mutation("timelogCreate"), times=2)
        self._run_disturbed(lambda _name: None)

    def _entries(self) -> list[Entry]:
        return [entry for entry in self.studio.toggl.entries if entry.deleted_at is None]

    def _entry(self, pick: int) -> Entry | None:
        entries = self._entries()
        return entries[-1 - pick % len(entries)] if entries else None

    def _change_something(self, said: list[Said], edits: list[str]) -> None:
        """So that there is something to write: edits of the latest entries, and new entries."""
        for entry, what in zip(reversed(self._entries()), edits, strict=False):
            stop = entry.stop or entry.start
            match what:
                case "stop":
                    self.studio.toggl.edit(entry.id, stop=stop + timedelta(minutes=15))
                case "start":
                    shift = timedelta(days=2 if entry.start < STARTS[0] + timedelta(days=1) else -2)
                    self.studio.toggl.edit(entry.id, start=entry.start + shift, stop=stop + shift)
                case "issue":
                    self.studio.describe(
                        entry.id, MENTIONS[1] if entry.description == MENTIONS[0].text else MENTIONS[0]
                    )
        for one, start in zip([*said, SURELY_MATCHED], STARTS, strict=False):
            self.studio.track(one, start, 3600, billable=True)

    def _run_disturbed(self, watch: Callable[[str], None], days: Days = LONG_WEEKEND) -> None:
        """Nothing is lost or doubled by whatever happens, and a run that ends well has done everything."""
        expected = self._expected(days)
        self.studio.watch = watch
        run = self._run({}, days)
        self.studio.watch = lambda _moment: None
        self.studio.gitlab.faults.clear()
        self.studio.toggl.faults.clear()
        self.studio.gitlab.run_due()
        at_the_end = self.studio.gitlab.timelogs
        # What a stopped run has sent may still land for so long, and the next run waits for that.
        self.studio.clock.sleep(POST_TIMEOUT_SECONDS + SETTLE_SECONDS)
        self.studio.gitlab.run_due()
        assert run.status == "ABORTED" or self.studio.gitlab.timelogs == at_the_end, (
            "something landed after the run had ended"
        )
        self.studio.take_down_new_issues()
        self._check_that_nothing_is_lost_or_doubled(expected)
        if run.status == "SUCCEEDED":
            expected.check_ledger(self.studio)
            expected.check_output(self.studio.summary_of(run))

    def _check_that_nothing_is_lost_or_doubled(self, expected: Expected) -> None:
        after = {timelog.id: timelog for timelog in self.studio.gitlab.timelogs}
        before = {timelog.id: timelog for timelog in expected.before}
        for id_, timelog in before.items():
            assert id_ in expected.removed or after.get(id_) == timelog
        alike = Counter((marked(t), t.issuable, t.seconds, t.spent_at) for t in after.values())
        alike_before = Counter((marked(t), t.issuable, t.seconds, t.spent_at) for t in before.values())
        doubles = {what: n for what, n in alike.items() if what[0] is not None and n > max(1, alike_before[what])}
        assert not doubles
        there, there_before = Counter(map(marked, after.values())), Counter(map(marked, before.values()))
        for entry_id, number in there_before.items():
            is_removed = expected.rows.get(entry_id or 0, ("",))[0] == "deleted"
            assert there[entry_id] > 0 or is_removed, f"entry {entry_id} is lost"
            assert there[entry_id] <= number + 1

    def _check_that_nothing_is_planned(self, days: Days) -> None:
        before = self.studio.gitlab.timelogs
        written = self._writes()
        run = self._run({"allow_removals": True}, days)
        assert run.output["outcome"] == "nothing_to_sync"
        assert self.studio.gitlab.timelogs == before
        assert self._writes() == written

    def _writes(self) -> int:
        return sum(self.studio.gitlab.count(name) for name in WRITES)

    def _expected(self, days: Days, *, allow_removals: bool = False) -> Expected:
        memory = Memory.of_item(self.studio.machine.item())
        return expect_days(self.studio, self.choices, *days, allow_removals=allow_removals, memory=memory)

    def _run(self, run_input: dict[str, Any], days: Days = LONG_WEEKEND) -> Run:
        first, last = days
        dates = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        return self.studio.run(self.choices.context(), dates | run_input)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """Three entries that are posted, on two issues, a fourth whose issue is created, and what others wrote."""
    machine = Ledger()
    machine.begin(Choices(auto_create_issues=True), [ELSEWHERE, SURELY_MATCHED, titles()[0]])
    for own in (True, False):
        machine.others_log_time(pick=0, texts=list(TEXTS_OF_OTHERS), start=STARTS[0], own=own)
    yield machine
    machine.teardown()


@pytest.mark.parametrize("how", [Stopped(), LambdaCrash()], ids=["execution", "Lambda"])
def test_an_end_at_any_moment_loses_and_doubles_nothing(ledger: Ledger, how: BaseException) -> None:
    for moment in range(1, 24):
        ledger.run_interrupted(
            said=NEW_TITLES[moment % 2 :], edits=["stop"], moment=moment, how=how, times=1, days=LONG_WEEKEND
        )


@pytest.mark.parametrize("times", [1, 30])
def test_a_connection_that_breaks_before_any_request_loses_and_doubles_nothing(ledger: Ledger, times: int) -> None:
    for first in range(1, 14):
        ledger.run_without_a_connection([], ["stop", "issue"], first=first, step=1, times=times)


@pytest.mark.parametrize("fault", WRITE_FAULTS, ids=str)
def test_a_fault_of_any_write_loses_and_doubles_nothing(ledger: Ledger, fault: Faulty) -> None:
    for on, title in zip(WRITES, NEW_TITLES, strict=False):
        ledger.run_with_writes_failing(
            said=[title], edits=["issue", "stop"], on=on, fault=fault, times=1, crash=None, days=LONG_WEEKEND
        )


@pytest.mark.parametrize(
    ("service", "fault"),
    [*(("gitlab", fault) for fault in READ_FAULTS), *(("toggl", fault) for fault in TOGGL_FAULTS)],
    ids=str,
)
def test_a_fault_of_any_read_loses_and_doubles_nothing(ledger: Ledger, service: str, fault: Faulty) -> None:
    for skip in range(4 if service == "gitlab" else 1):
        ledger.run_with_reads_failing([], (service, fault), skip=skip, times=1, doubt=skip == 3)


def test_an_issue_that_moves_takes_its_time_along_once(ledger: Ledger) -> None:
    first = ledger.studio.gitlab.issuable(f"{WEBSITE}#1")
    for copied in (0, 1, None):
        first = ledger.studio.gitlab.move_issue(first, HARBOUR if copied == 0 else TOOLS if copied else WEBSITE, copied)
        ledger.studio.issue_added(first)
        ledger.run_undisturbed(LONG_WEEKEND)
        ledger.studio.gitlab.finish_moves()
        ledger.run_undisturbed(LONG_WEEKEND)


def test_the_last_attempt_of_a_write_has_landed_when_the_run_ends(ledger: Ledger) -> None:
    create = mutation("timelogCreate")
    ledger.studio.gitlab.fail("status", when=create, status=504, times=LOOKS)
    ledger.studio.gitlab.fail("late", when=create, status=504, seconds=60.0)
    ledger._change_something([], [])

    ledger._run_disturbed(lambda _moment: None)


def test_what_toggl_calls_deleted_is_removed_and_what_only_vanished_stays(ledger: Ledger) -> None:
    ledger.choose(Choices(remove_deleted=True))
    ledger.change_entry(pick=1, what="delete", said=SURELY_MATCHED, start=STARTS[0], seconds=1800)
    ledger.change_entry(pick=1, what="vanish", said=SURELY_MATCHED, start=STARTS[0], seconds=1800)

    ledger.run_undisturbed(LONG_WEEKEND)


@pytest.mark.parametrize("lost", ["timelogCreate", "timelogDelete"])
def test_an_issue_that_moves_while_a_write_settles_takes_its_time_along_once(ledger: Ledger, lost: str) -> None:
    gitlab = ledger.studio.gitlab
    gitlab.fail("lost_answer", when=mutation(lost))
    issue = gitlab.issuable(f"{WEBSITE}#1")

    def move(moment: str) -> None:
        if moment == "wait":
            ledger.studio.issue_added(gitlab.move_issue(issue, TOOLS))
            ledger.studio.watch = lambda _moment: None

    ledger.studio.watch = move
    for entry in ledger.studio.toggl.entries:
        ledger.studio.toggl.edit(entry.id, stop=3600)
    run = ledger._run({})

    assert run.output["totals"]["replaced"] == 4
    assert issue.moved_to is not None
    for entry in ledger.studio.toggl.entries:
        assert [t.seconds for t in gitlab.timelogs if marked(t) == entry.id and t.spent_at == entry.start].count(
            3600
        ) == 1


def test_one_undisturbed_run_makes_gitlab_equal_to_the_expected_ledger_whatever_happened_before() -> None:
    play(Ledger, examples=12, steps=14)
