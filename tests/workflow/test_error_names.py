"""Every error name of the contract: what provokes it, how often the step is tried, and what a person is told to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from contract import errors, limits, names
from functions.shared.http import Answer, NotSent
from local.aws.executions import Run
from local.standins.gitlab.server import mutation, query
from tests.workflow.support import (
    GITLAB_TOKEN,
    PROJECT,
    Sync,
    attempts_of,
    cause_of,
    errors_of,
    secret_text,
)

ONCE = 1
READ_TRIES = 1 + limits.READ_RETRIES
CRASH_TRIES = 1 + limits.CRASH_RETRIES
WRITE_TRIES = 1 + limits.WRITE_RETRIES
LOOK_TRIES = 1 + limits.LOOKS
TURNS = 1 + 900 // 15
TOO_LONG_SECONDS = 3601

Arrangement = Callable[[Sync], None]


def fault(service: str, kind: str, **how: Any) -> Arrangement:
    def arrange(sync: Sync) -> None:
        getattr(sync, service).fail(kind, **how)

    return arrange


def nothing(_sync: Sync) -> None:
    pass


def a_setting_of_fetch_is_broken(sync: Sync) -> None:
    sync.machine.variables["DAYS_BACK"] = "many"


def no_token_yet(secret: str) -> Arrangement:
    def arrange(sync: Sync) -> None:
        sync.machine.secrets[secret] = secret_text(names.TOKEN_PLACEHOLDER)

    return arrange


def another_toggl_token(sync: Sync) -> None:
    sync.toggl.token = "another"


def a_revoked_gitlab_token(sync: Sync) -> None:
    sync.gitlab.revoke_token(GITLAB_TOKEN)


def another_gitlab_user(sync: Sync) -> None:
    sync.run()
    sync.gitlab.add_user("jonas")
    sync.gitlab.set_role(PROJECT, "jonas", "developer")
    sync.gitlab.add_token(GITLAB_TOKEN, "jonas")


def an_old_gitlab(sync: Sync) -> None:
    sync.gitlab.make_too_old()


def most_of_the_day_deleted(sync: Sync) -> None:
    deleted = [sync.track("#12 Footer", hour=hour) for hour in range(10, 15)]
    sync.run()
    for entry in deleted:
        sync.toggl.delete(entry.id)


def a_run_that_does_not_end(sync: Sync) -> None:
    sync.machine.record(holder=sync.begin(), synced_through="", posted_by="")


def toggl_is_down(sync: Sync) -> None:
    sync.toggl.stop()


def gitlab_is_down(sync: Sync) -> None:
    sync.gitlab.stop()


def nobody_listens_to_posts(sync: Sync) -> None:
    def exchange(send: Callable[..., Answer], method: str, url: str, **what: Any) -> Answer:
        if "timelogCreate" in str(what.get("body")):
            raise NotSent("no connection could be made")
        return send(method, url, **what)

    sync.machine.exchange = exchange


def an_issue_out_of_reach(sync: Sync) -> None:
    sync.toggl.edit(sync.toggl.entries[0].id, description="other/place#5 Out of reach")
    sync.gitlab.add_project("other/place", roles={"mira": "guest"})
    sync.gitlab.add_issue("other/place", "Out of reach", iid=5)


def two_entries_refused_for_different_reasons(sync: Sync) -> None:
    refused = sync.track("#12 Footer", hour=10)
    about = mutation("timelogCreate", f"[toggl:{refused.id}]")
    sync.gitlab.fail("payload_error", when=about, body=b"Total time spent cannot exceed a year.")
    an_issue_out_of_reach(sync)


@dataclass(frozen=True)
class Case:
    """A run that ends with an error. The day has one entry, on issue 12, besides what is arranged.

    step: the state that meets the error. tries: how often it is called. told: what the message must contain.
    ends: the run's error, when it is another one. reason: the failed entry's, when the run got as far as posting.
    """

    arrange: Arrangement
    step: str
    tries: int
    told: tuple[str, ...]
    run_input: dict[str, Any] = field(default_factory=dict)
    ends: str | None = None
    reason: str | None = None


FETCH, TRANSFORM, POST = "FetchEntries", "TransformEntries", "PostEntry"
CREATES = mutation("timelogCreate")
LEDGER = query("timelogs")
AGAIN = ("start the run again: it posts only what is missing",)

CASES: dict[str, tuple[Case, ...]] = {
    "InvalidInput": (Case(nothing, FETCH, ONCE, ("rounding_mode", "nearest, up, down"), {"rounding_mode": "bankers"}),),
    "InvalidSettings": (
        Case(a_setting_of_fetch_is_broken, FETCH, ONCE, ("DAYS_BACK", "0-366", "deploy")),
        Case(fault("toggl", "redirect", times=99), FETCH, ONCE, ("Set toggl_url",)),
        Case(fault("gitlab", "redirect", times=99), TRANSFORM, ONCE, ("Set gitlab_url",)),
    ),
    "TokenMissing": tuple(
        Case(no_token_yet(secret), step, ONCE, (f"aws secretsmanager put-secret-value --secret-id {secret}",))
        for step, secret in ((FETCH, names.toggl_secret("prod")), (TRANSFORM, names.gitlab_secret("prod")))
    ),
    "TogglUnauthorized": (Case(another_toggl_token, FETCH, ONCE, ("Copy the token from your Toggl profile",)),),
    "TogglFeatureNotPaid": (Case(fault("toggl", "not_paid"), FETCH, ONCE, ("plan",)),),
    "GitLabUnauthorized": (
        Case(a_revoked_gitlab_token, TRANSFORM, ONCE, ("scope api", "Put a new one into the secret")),
        Case(
            fault("gitlab", "forbidden", when=CREATES),
            POST,
            ONCE,
            ("API not accessible for user", "The token may be right", "an administrator"),
            reason="GitLabUnauthorized",
        ),
    ),
    "GitLabUserChanged": (Case(another_gitlab_user, TRANSFORM, ONCE, ("jonas", "mira", "accept_new_user")),),
    "GitLabTooOld": (Case(an_old_gitlab, POST, ONCE, ("timelogCreate", "15.2"), reason="GitLabTooOld"),),
    "TooManyRemovals": (
        Case(most_of_the_day_deleted, TRANSFORM, ONCE, ("5 of the 6", "allow_removals"), {"remove_deleted": True}),
    ),
    "SyncAlreadyRunning": (
        Case(a_run_that_does_not_end, "AcquireLock", TURNS, ("arn:aws:states:", "Start this one again when")),
    ),
    "TogglQuotaExceeded": (
        Case(fault("toggl", "quota", seconds=TOO_LONG_SECONDS), FETCH, ONCE, ("work again in 3601 s", "max_wait")),
    ),
    "TogglRateLimited": (
        Case(
            fault("toggl", "rate_limited", seconds=TOO_LONG_SECONDS), FETCH, ONCE, ("work again in 3601 s", "max_wait")
        ),
    ),
    "GitLabRateLimited": (
        Case(
            fault("gitlab", "rate_limited", seconds=TOO_LONG_SECONDS),
            TRANSFORM,
            ONCE,
            ("work again in 3601 s", "max_wait"),
        ),
        Case(
            fault("gitlab", "rate_limited", when=CREATES, seconds=TOO_LONG_SECONDS),
            POST,
            ONCE,
            ("work again in 3601 s", "max_wait"),
            reason="GitLabRateLimited",
        ),
    ),
    "TogglUnavailable": (Case(toggl_is_down, FETCH, READ_TRIES, ("Toggl at http", "did not answer")),),
    "GitLabUnavailable": (
        Case(gitlab_is_down, TRANSFORM, READ_TRIES, ("GitLab at http", "did not answer")),
        Case(nobody_listens_to_posts, POST, WRITE_TRIES, AGAIN, ends="EntriesFailed", reason="GitLabUnavailable"),
    ),
    "AmbiguousWrite": (
        Case(
            fault("gitlab", "status", when=CREATES, status=504, times=99),
            POST,
            LOOK_TRIES,
            AGAIN,
            ends="EntriesFailed",
            reason="AmbiguousWrite",
        ),
    ),
    "EntryRejected": (
        Case(an_issue_out_of_reach, POST, ONCE, AGAIN, ends="EntriesFailed", reason="no_permission"),
        Case(
            fault("gitlab", "payload_error", when=CREATES, body=b"Total time spent cannot exceed a year."),
            POST,
            ONCE,
            AGAIN,
            ends="EntriesFailed",
            reason="Total time spent cannot exceed a year.",
        ),
    ),
    "EntriesFailed": (
        Case(two_entries_refused_for_different_reasons, POST, 2, ("2 of the entries", *AGAIN), reason="no_permission"),
    ),
}
"""What provokes each error. A name may have several causes, or several steps that meet it."""

EXAMPLES = [
    pytest.param(name, case, id=f"{name}-{case.step}-{number}")
    for name, cases in CASES.items()
    for number, case in enumerate(cases, 1)
]


def test_every_name_of_the_contract_is_provoked():
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    raised = {one.__name__ for one in classes if issubclass(one, errors.SyncError) and not one.__subclasses__()}

    assert set(CASES) == raised - {errors.CallUnfinished.__name__} | {errors.ENTRIES_FAILED}
    assert all(CASES.values())


@pytest.mark.parametrize(("name", "case"), EXAMPLES)
def test_an_error_ends_the_run_by_its_name_and_the_cause_says_what_to_do(sync, name, case):
    sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu")

    case.arrange(sync)

    run = sync.run(**case.run_input)

    cause = cause_of(run)
    assert (run.status, run.error) == ("FAILED", case.ends or name)
    assert cause.keys() == {"message", "totals", "failed", "more", "entries"}
    assert len(run.cause or "") <= 30_000
    assert [told for told in case.told if told not in cause["message"]] == []
    assert attempts_of(run)[case.step] == case.tries
    reasons = [row["reason"] for row in cause["failed"] if row["entry_id"] == entry.id]
    assert reasons == ([case.reason] if case.reason else [])
    assert sync.item().get("holder") != run.arn


def waits_of(run: Run, state: str) -> list[int]:
    """How long a Wait state was told to wait, each time: in its input, or by a variable that was assigned before."""
    assigned, waits = -1, []
    for event in run.history:
        variables = event.get("stateExitedEventDetails", {}).get("assignedVariables", {})
        assigned = int(variables.get("wait_seconds", assigned))
        entered = event.get("stateEnteredEventDetails", {})
        if entered.get("name") == state:
            waits.append(json.loads(entered["input"]).get("wait_seconds", assigned))
    return waits


@pytest.mark.parametrize(
    ("arrange", "error", "wait"),
    [
        (fault("toggl", "quota", times=2, seconds=1200), "TogglQuotaExceeded", "WaitForToggl"),
        (fault("toggl", "rate_limited", times=2, seconds=1200), "TogglRateLimited", "WaitForToggl"),
        (fault("gitlab", "rate_limited", when=LEDGER, times=2, seconds=1200), "GitLabRateLimited", "WaitForGitLab"),
        (fault("gitlab", "rate_limited", when=CREATES, times=2, seconds=1200), "GitLabRateLimited", "WaitToPostEntry"),
    ],
)
def test_a_service_that_asks_to_wait_is_waited_for_as_long_as_it_says(sync, arrange, error, wait):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    arrange(sync)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert errors_of(run) == [error] * 2
    assert waits_of(run, wait) == [1200] * 2
    assert len(sync.posted()) == 1


@pytest.mark.parametrize(
    ("arrange", "error", "step"),
    [
        (fault("toggl", "quota", times=99, seconds=1), "TogglQuotaExceeded", FETCH),
        (fault("gitlab", "rate_limited", when=LEDGER, times=99, seconds=1), "GitLabRateLimited", TRANSFORM),
        (fault("gitlab", "rate_limited", when=CREATES, times=99, seconds=1), "GitLabRateLimited", POST),
    ],
)
def test_a_service_that_never_stops_asking_to_wait_ends_the_run_by_name(sync, arrange, error, step):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    arrange(sync)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", error)
    assert attempts_of(run)[step] == 1 + limits.WAITS_WHEN_READING == 1 + limits.WAITS_WHEN_POSTING
