"""The state machine's behaviour in one process, without AWS: its steps, its repeats and its own expressions.

A `Rehearsal` calls what the three Lambdas call, and repeats, waits, looks and records as `stacks/workflow/` tells Step
Functions to, by the families of `contract.writes` and the numbers of `contract.limits`. Time is the caller's: waits are
handed to `sleep`, which may only count them. `watch` is told of every step, request and wait, and may end the run or a
Lambda there. Not rehearsed are the lock, posts side by side (they come one after the other) and the hand-over through
S3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar

from jsonata import Jsonata
from jsonata.utils import Utils

from contract import limits
from contract.errors import WAIT_PATTERN, PassingError, SyncError, WaitError
from contract.settings import Settings
from contract.writes import Recorded, Then, family_of
from functions.fetch.fetching import fetch
from functions.fetch.window import resolve
from functions.post.writing import carry_out, create_issue
from functions.shared.gitlab.client import GitLab
from functions.shared.http import Answer, Http
from functions.shared.model.fetched import Fetched
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import NewIssue
from functions.shared.model.plan import write_from_json, write_to_json
from functions.shared.toggl.client import Toggl
from functions.transform.pipeline import transform
from stacks.workflow.expressions import expression

Json = dict[str, Any]
Watch = Callable[[str], None]

_T = TypeVar("_T")


class LambdaCrash(Exception):
    """A Lambda ends here and now, whatever it has done; a `watch` raises it.

    name: what Step Functions calls it, one of `contract.aws_errors.LAMBDA_CRASHES`.
    """

    def __init__(self, name: str = "Runtime.ExitError") -> None:
        super().__init__(f"The Lambda died: {name}")
        self.name = name


def watch_requests(http: Http, watch: Watch) -> None:
    """From now on, call `watch("request")` before each request of a client and `watch("answer")` after its answer."""
    send = http.request

    def watched(method: str, url: str, *, query: Mapping[str, str] | None = None, body: Any = None) -> Answer:
        watch("request")
        answer = send(method, url, query=query, body=body)
        watch("answer")
        return answer

    http.request = watched  # type: ignore[method-assign]  # a client makes its own Http


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A deployment without AWS: its settings, the clients that its Lambdas would make, and its time.

    now: when an execution starts. sleep: gets the seconds of each wait, and of the longest pause before each retry.
    watch: gets the name of each step before it is called (FetchEntries, TransformEntries, CreateIssue, PostEntry) and
    `wait` before each wait; with `watch_requests` the requests too. It may raise LambdaCrash, or anything else, which
    ends the run on the spot like a stopped execution.
    """

    settings: Settings
    toggl: Toggl
    gitlab: GitLab
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    watch: Watch = lambda _moment: None

    def run(self, run_input: object, *, synced_through: date | None = None, posted_by: str | None = None) -> Json:
        """One run's output, also when entries failed.

        synced_through, posted_by: what the state says. Raises the SyncError or LambdaCrash that fails the run before
        it has an output.
        """
        started_at = self.now()
        fetched = self._read("FetchEntries", lambda: self._fetch(run_input, started_at, synced_through))
        run = self._read("TransformEntries", lambda: self._transform(fetched, posted_by or ""))
        if run["dry_run"]:
            return _summary(run, [write["done"] for write in run["writes"]], issues_created=len(run["issues"]))
        issues = [self._create_issue(issue, fetched.settings) for issue in run["issues"]]
        writes, unposted = run["writes"], []
        if issues:
            states = {"input": run, "result": issues}
            writes, unposted = _evaluated("writes_with_issues", states)["writes"], _evaluated("unposted", states)
        posted = [self._post(write, run["username"]) for write in writes]
        return _summary(run, posted + unposted, issues_created=sum("error" not in issue for issue in issues))

    def _fetch(self, run_input: object, started_at: datetime, synced_through: date | None) -> Fetched:
        run = resolve(run_input, self.settings, started_at, synced_through)
        return fetch(self.toggl, run, started_at)

    def _transform(self, fetched: Fetched, posted_by: str) -> Json:
        decided = transform(fetched, self.gitlab, posted_by)
        settings, plan = fetched.settings, decided.plan
        return {
            "window": fetched.window.to_json(),
            "dry_run": settings.dry_run,
            "username": decided.author.username,
            "issues": [issue.to_json() for issue in plan.new_issues],
            "new_issues": len(plan.new_issues),
            "planned": len(plan.writes),
            "writes": [write_to_json(write) for write in plan.writes],
            "settled": [row.to_json() for row in plan.settled],
            "handed_over": None,
        }

    def _create_issue(self, issue: Json, settings: Settings) -> Json:
        def create(look_first: bool) -> Json:
            new = NewIssue.from_json(issue)
            return create_issue(new, settings.issue_labels, self.gitlab, look_first=look_first).to_json()

        target = self._write("CreateIssue", create)
        if isinstance(target, Recorded):
            return {"key": issue["key"], "target": None, **target.to_json()}
        return {"key": issue["key"], "target": target}

    def _post(self, write: Json, username: str) -> Json:
        planned = write_from_json(write)

        def post(look_first: bool) -> WriteOutcome:
            carry_out(planned, self.gitlab, username, look_first=look_first)
            return WriteOutcome.done(planned)

        done = self._write("PostEntry", post)
        return (WriteOutcome.failed(planned.row, done) if isinstance(done, Recorded) else done).to_json()

    def _read(self, name: str, step: Callable[[], _T]) -> _T:
        """A reading step: again soon after passing errors and crashes, again after a wait that a service asks for."""
        waits = 0
        while True:
            try:
                return self._retried_read(name, step)
            except WaitError as error:
                waits += 1
                seconds = _told_seconds(error.message)
                if seconds is None or waits > limits.WAITS_WHEN_READING:
                    raise
                self._wait(seconds)

    def _retried_read(self, name: str, step: Callable[[], _T]) -> _T:
        retries = crashes = 0
        while True:
            try:
                self.watch(name)
                return step()
            except PassingError:
                retries += 1
                if retries > limits.READ_RETRIES:
                    raise
                self.sleep(2**retries)
            except LambdaCrash:
                crashes += 1
                if crashes > limits.CRASH_RETRIES:
                    raise
                self.sleep(5 * 2 ** (crashes - 1))

    def _write(self, name: str, step: Callable[[bool], _T]) -> _T | Recorded:
        """One write, `step(look_first)`, with its own way through every kind of failure, or why it was not made.

        After any caught error the next call looks first: a step before the failing one may have written.
        """
        look_first, looks, waits = False, 0, 0
        while True:
            try:
                return self._retried_write(name, step, look_first=look_first)
            except (SyncError, LambdaCrash) as error:
                recorded, seconds = Recorded.of(_name(error), str(error)), _told_seconds(str(error))
                then = family_of(_name(error)).then
            if then is Then.RECORD:
                return recorded
            if then is Then.WAIT:
                waits += 1
                if seconds is None or waits > limits.WAITS_WHEN_POSTING:
                    return recorded
                self._wait(seconds)
            else:
                looks += 1
                if then is Then.LET_END_AND_SETTLE:
                    self._wait(limits.POST_TIMEOUT_SECONDS)
                self._wait(self.settings.settle_seconds)  # also before another run reads the ledger
                if looks > limits.LOOKS:
                    return recorded
            look_first = True

    def _retried_write(self, name: str, step: Callable[[bool], _T], *, look_first: bool) -> _T:
        retries = 0
        while True:
            try:
                self.watch(name)
                return step(look_first)
            except (SyncError, LambdaCrash) as error:
                retries += 1
                if retries > family_of(_name(error)).retries:
                    raise
                self.sleep(2 ** (retries - 1))

    def _wait(self, seconds: int) -> None:
        self.watch("wait")
        self.sleep(seconds)


def _name(error: SyncError | LambdaCrash) -> str:
    """What Step Functions calls it."""
    return error.name if isinstance(error, LambdaCrash) else type(error).__name__


def _told_seconds(message: str) -> int | None:
    """How long an error's message asks to wait; None when that is longer than allowed."""
    found = WAIT_PATTERN.search(message)
    return int(found[1]) if found else None


def _summary(run: Json, posted: list[Json], *, issues_created: int) -> Json:
    output: Json = _evaluated("summarise", {"input": posted}, run=run, issues_created=issues_created)
    return output


@cache
def _compiled(name: str) -> Jsonata:
    compiled = Jsonata(expression(name).removeprefix("{%").removesuffix("%}"))
    compiled.set_output_convert_nulls(False)
    return compiled


def _evaluated(name: str, states: Json, **variables: Any) -> Any:
    """What an expression of the workflow comes to for `$states` and the workflow's variables."""
    return _plain(_compiled(name).evaluate(None, {"states": states, **variables}))


def _plain(value: Any) -> Any:
    """An engine's value as plain JSON data: its own null is None, its sequences are lists, 2.0 is 2."""
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
