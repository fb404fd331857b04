"""Whatever people do and whatever breaks, one undisturbed run makes GitLab equal to the expected ledger.

PROOF_EXAMPLES=2000 tries so many random examples instead of the usual fixed few.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, multiple, rule, run_state_machine_as_test

from contract.errors import SyncError, TooManyRemovals
from contract.limits import POST_TIMEOUT_SECONDS
from functions.shared.http import NotSent
from local.gitlab import mutation
from local.gitlab_model import Issuable
from local.rehearsal import LambdaCrash
from local.standin import Request
from tests.proof.expected import Choices, Expected, expect, marked
from tests.proof.studio import (
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
    Clock,
    Said,
    Studio,
    mentions,
    titles,
)

EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", "0"))
SETTLE_SECONDS = 70

# A long weekend in Berlin with the night in which the clocks change; the first starts are the evening before it.
FIRST_DAY, LAST_DAY = date(2026, 3, 27), date(2026, 3, 30)
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
SAID = st.one_of(
    st.sampled_from(mentions((1, 2), WORDS[:1], (HARBOUR, WEBSITE))),
    st.sampled_from(titles()),
    st.sampled_from(mentions((1, MISSING_IID), WORDS, (NOBODY, TOOLS))),
)

WRITE_FAULTS: list[tuple[str, dict[str, Any]]] = [
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
READ_FAULTS: list[tuple[str, dict[str, Any]]] = [
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
TOGGL_FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("lost_answer", {}),
    ("truncated", {}),
    ("server_error", {"status": 500}),
    ("rate_limited", {}),
    ("quota", {"seconds": 900}),
    ("quota", {"seconds": 4000}),
    ("not_paid", {}),
    ("empty", {}),
    ("wrong_shape", {}),
    ("wrong_shape_null", {}),
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


class Stopped(Exception):
    """The execution was stopped."""


class Ledger(RuleBasedStateMachine):
    entries: Bundle[int] = Bundle("entries")
    issues: Bundle[Issuable] = Bundle("issues")

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

    @initialize(target=issues)
    def first_issues(self) -> Any:
        return multiple(*(self.studio.gitlab.issuable(f"{path}#{number}") for path in PROJECTS for number in (1, 2)))

    @initialize(choices=CHOICES)
    def first_choices(self, choices: Choices) -> None:
        self.choices = choices

    @initialize(target=entries, said=st.lists(SAID, min_size=2, max_size=5))
    def first_entries(self, said: list[Said]) -> Any:
        return multiple(*(self.studio.track(one, start, 1800, billable=True).id for one, start in zip(said, STARTS)))

    @rule(
        target=entries,
        said=SAID,
        start=st.sampled_from(STARTS),
        seconds=st.sampled_from(SECONDS),
        project=st.sampled_from(["none", "by name", "by id", "unmapped"]),
        billable=st.booleans(),
    )
    def track(self, said: Said, start: datetime, seconds: int | None, project: str, billable: bool) -> int:
        return self.studio.track(said, start, seconds, project, billable=billable).id

    @rule(entry=entries, said=SAID)
    def edit_description(self, entry: int, said: Said) -> None:
        if entry in self.studio.said:
            self.studio.describe(entry, said)

    @rule(entry=entries, start=st.sampled_from(STARTS), seconds=st.sampled_from(SECONDS[:-1]))
    def edit_times(self, entry: int, start: datetime, seconds: int) -> None:
        if entry in self.studio.said:
            self.studio.toggl.edit(entry, start=start, stop=seconds)

    @rule(entry=entries)
    def delete(self, entry: int) -> None:
        if entry in self.studio.said:
            self.studio.toggl.delete(entry)

    @rule(share=st.sampled_from([2, 3]))
    def delete_many(self, share: int) -> None:
        for entry in list(self.studio.said)[::share]:
            self.studio.toggl.delete(entry)

    @rule(entry=entries)
    def let_vanish(self, entry: int) -> None:
        """Gone without Toggl saying that it was deleted."""
        self.studio.toggl._entries.pop(entry, None)
        self.studio.said.pop(entry, None)

    @rule(target=issues, path=st.sampled_from(list(PROJECTS)), key=st.sampled_from(list(TITLES)), state=st.booleans())
    def add_issue(self, path: str, key: str, state: bool) -> Issuable:
        issue = self.studio.gitlab.add_issue(path, TITLES[key][-1], state="opened" if state else "closed")
        self.studio.issue_added(issue)
        return issue

    @rule(issue=issues)
    def close(self, issue: Issuable) -> None:
        self.studio.gitlab.close_issue(issue)

    @rule(issue=issues, title=st.sampled_from([text for texts in TITLES.values() for text in texts]))
    def rename(self, issue: Issuable, title: str) -> None:
        issue.title = " ".join(title.split())

    @rule(target=issues, issue=issues, path=st.sampled_from(list(PROJECTS)), copied=st.sampled_from([None, 0, 1, 2]))
    def move(self, issue: Issuable, path: str, copied: int | None) -> Any:
        if issue.moved_to is not None or issue.project.full_path == path:
            return multiple()
        moved = self.studio.gitlab.move_issue(issue, path, copied)
        self.studio.issue_added(moved)
        return moved

    @rule(target=issues, path=st.sampled_from(list(PROJECTS)), copied=st.sampled_from([None, 1]), rename=st.booleans())
    def move_or_rename_created_issues(self, path: str, copied: int | None, rename: bool) -> Any:
        created = [issue for issue in self.studio.created.values() if issue.moved_to is None]
        for issue in created:
            issue.title = f"Renamed {issue.id}" if rename else issue.title
        return multiple(*(self.move(issue, path, copied) for issue in created if issue.project.full_path != path))

    @rule()
    def finish_moves(self) -> None:
        self.studio.gitlab.finish_moves()

    @rule(
        entry=entries,
        issue=issues,
        text=st.sampled_from(["[toggl:{id}] copied", "{id}", "see [toggl:{id}]", " [toggl:{id}]", "[toggl:{id}", ""]),
        start=st.sampled_from([*STARTS, None]),
        own=st.booleans(),
    )
    def others_log_time(self, entry: int, issue: Issuable, text: str, start: datetime | None, own: bool) -> None:
        """A colleague with any text; the user with text that is no marker, or by an old tool, without a time."""
        if own and text.startswith("[toggl:{id}]"):
            start = None
        self.studio.gitlab.add_timelog(issue, USER if own else COLLEAGUE, 1800, start, text.format(id=entry))

    @rule(entry=entries, issue=issues, start=st.sampled_from(STARTS), seconds=st.sampled_from([1800, 900]))
    def log_a_double_by_hand(self, entry: int, issue: Issuable, start: datetime, seconds: int) -> None:
        self.studio.gitlab.add_timelog(issue, USER, seconds, start, f"[toggl:{entry}] by hand")

    @rule(choices=CHOICES)
    def choose(self, choices: Choices) -> None:
        self.choices = choices

    @rule()
    def run_undisturbed(self) -> None:
        expected = self._expected()
        if expected.too_many:
            with pytest.raises(TooManyRemovals):
                self._rehearse({})
            assert self.studio.gitlab.timelogs == expected.before
            expected = self._expected(allow_removals=True)
        output = self._rehearse({"allow_removals": True})
        self.studio.take_down_new_issues()
        expected.check_ledger(self.studio)
        expected.check_output(output)
        self._check_that_nothing_is_planned()

    @rule(
        said=st.lists(SAID, max_size=3),
        edited=st.integers(0, 3),
        moment=st.integers(1, 25),
        how=st.sampled_from([Stopped(), LambdaCrash(), LambdaCrash("Sandbox.Timedout"), NotSent("no connection")]),
        times=st.sampled_from([1, 1, 2, 3, 4, 8]),
    )
    def run_interrupted(self, said: list[Said], edited: int, moment: int, how: Exception, times: int) -> None:
        """The execution or its Lambda ends at this moment, or GitLab cannot be reached from then on."""
        self._change_something(said, edited)
        moments = iter(range(1, 1_000_000))

        def interrupt(name: str) -> None:
            if isinstance(how, NotSent) and name != "request":
                return
            if moment <= next(moments) < moment + times:
                raise how

        self._run_disturbed(interrupt)

    @rule(
        said=st.lists(SAID, max_size=3),
        edited=st.integers(0, 3),
        fault=st.one_of(
            st.tuples(st.sampled_from(WRITES), st.sampled_from(WRITE_FAULTS)),
            st.tuples(st.sampled_from(WRITES), st.sampled_from(WRITE_FAULTS)),
            st.tuples(st.just("reading"), st.sampled_from(READ_FAULTS)),
            st.tuples(st.just("toggl"), st.sampled_from(TOGGL_FAULTS)),
        ),
        skip=st.integers(0, 2),
        times=st.sampled_from([1, 1, 1, 2, 4, 12]),
        crash=st.one_of(st.none(), st.integers(7, 20)),
    )
    def run_with_a_fault(
        self,
        said: list[Said],
        edited: int,
        fault: tuple[str, tuple[str, dict[str, Any]]],
        skip: int,
        times: int,
        crash: int | None,
    ) -> None:
        """One kind of fault on requests of one kind; with a number, a Lambda also ends at that moment."""
        self._change_something(said, edited)
        on, (kind, how) = fault
        if on == "toggl":
            self.studio.toggl.fail(kind, skip=skip % 2, times=times, **how)
        else:
            when = _is_reading if on == "reading" else mutation(on)
            self.studio.gitlab.fail(kind, when=when, skip=skip, times=times, **how)
        moments = iter(range(1, 1_000_000))

        def end_the_lambda(_name: str) -> None:
            if next(moments) == crash:
                raise LambdaCrash

        self._run_disturbed(end_the_lambda)

    def _change_something(self, said: list[Said], edited: int) -> None:
        """So that there is something to write: new entries, and other lengths of the latest ones."""
        for number, one in enumerate(said):
            self.studio.track(one, STARTS[number], 3600, billable=True)
        for entry in list(self.studio.said)[-edited - len(said) : -len(said) or None]:
            stop = self.studio.toggl._entries[entry].stop
            self.studio.toggl.edit(entry, stop=(stop or STARTED_AT) + timedelta(minutes=15))

    def _run_disturbed(self, watch: Callable[[str], None]) -> None:
        """Nothing is lost or doubled by whatever happens, and a run that ends well has done everything."""
        expected = self._expected()
        self.studio.watch = watch
        try:
            output = self._rehearse({})
        except (SyncError, LambdaCrash, Stopped, NotSent):
            output = None
        finally:
            self.studio.watch = lambda _moment: None
            self.studio.gitlab.faults.clear()
            self.studio.toggl.faults.clear()
        # What a stopped run has sent may still land until then; the next run waits for that.
        self.studio.clock.sleep(POST_TIMEOUT_SECONDS + SETTLE_SECONDS)
        self.studio.gitlab.settle()
        self.studio.take_down_new_issues()
        self._check_that_nothing_is_lost_or_doubled(expected)
        if output is not None and output["outcome"] != "failed":
            expected.check_ledger(self.studio)
            expected.check_output(output)

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

    def _check_that_nothing_is_planned(self) -> None:
        before = self.studio.gitlab.timelogs
        written = self._writes()
        output = self._rehearse({"allow_removals": True})
        assert output["outcome"] == "nothing_to_sync"
        assert self.studio.gitlab.timelogs == before
        assert self._writes() == written

    def _writes(self) -> int:
        return sum(self.studio.gitlab.count(name) for name in ("timelogCreate", "timelogDelete", "createIssue"))

    def _expected(self, *, allow_removals: bool = False) -> Expected:
        return expect(self.studio, self.choices, FIRST_DAY, LAST_DAY, allow_removals=allow_removals)

    def _rehearse(self, run_input: dict[str, Any]) -> dict[str, Any]:
        days = {"start_date": FIRST_DAY.isoformat(), "end_date": LAST_DAY.isoformat()}
        context = self.choices.context() | {"settle_seconds": SETTLE_SECONDS}
        return self.studio.rehearse(context, days | run_input)


def test_one_undisturbed_run_makes_gitlab_equal_to_the_expected_ledger_whatever_happened_before() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=EXAMPLES or 40,
            stateful_step_count=14,
            derandomize=not EXAMPLES,
            database=None,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
