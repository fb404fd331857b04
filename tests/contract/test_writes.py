"""What is done about each error of a write, and what is kept of it."""

from __future__ import annotations

import pytest

from contract import errors
from contract.aws_errors import (
    LAMBDA_CRASHES,
    LAMBDA_MAY_LIVE_ON,
    LAMBDA_NOT_INVOKED,
    LAMBDA_SETS_UP,
    SECRET_UNREADABLE,
)
from contract.errors import PASSING_ERRORS, SETUP_ERRORS, WAIT_ERRORS, GitLabRateLimited
from contract.writes import FAMILIES, RECORDED_CHARACTERS, Recorded, Then, errors_that, family_of


@pytest.mark.parametrize(
    ("names", "then", "retries"),
    [
        (["EntryRejected", *errors.names(SETUP_ERRORS)], Then.RECORD, 0),
        (["GitLabUnavailable", SECRET_UNREADABLE], Then.RECORD, 5),
        (["Lambda.CodeArtifactUserPendingException", "Lambda.CodeArtifactUserDeletedException"], Then.RECORD, 5),
        (["Lambda.ResourceNotReadyException", "Lambda.ENINotReadyException"], Then.RECORD, 5),
        (["Lambda.TooManyRequestsException"], Then.RECORD, 12),
        (errors.names(WAIT_ERRORS), Then.WAIT, 0),
        (LAMBDA_MAY_LIVE_ON, Then.LET_END_AND_SETTLE, 0),
        (
            [
                *("AmbiguousWrite", "Sandbox.Timedout", "Runtime.ExitError", "Runtime.OutOfMemory"),
                *("KeyError", "Runtime.Unknown"),
            ],
            Then.SETTLE,
            0,
        ),
    ],
)
def test_each_error_has_what_is_done_about_it(names: list[str], then: Then, retries: int) -> None:
    assert {(family_of(name).then, family_of(name).retries) for name in names} == {(then, retries)}


def test_only_what_proves_that_nothing_was_written_is_given_up_or_repeated_at_once() -> None:
    refused = {"EntryRejected", *errors.names(SETUP_ERRORS)}
    proofs = refused | {"GitLabUnavailable", LAMBDA_NOT_INVOKED, *LAMBDA_SETS_UP, SECRET_UNREADABLE}

    assert set(errors_that(Then.RECORD)) == proofs
    assert {error for family in FAMILIES if family.retries for error in family.errors} <= proofs


def test_no_error_is_in_two_families() -> None:
    named = [error for family in FAMILIES for error in family.errors]

    assert len(named) == len(set(named))


def test_a_crash_or_a_timeout_is_never_taken_for_a_function_that_did_not_run() -> None:
    for crash in (*LAMBDA_CRASHES, *LAMBDA_MAY_LIVE_ON, *errors.names(PASSING_ERRORS[:1])):
        assert family_of(crash).then in {Then.SETTLE, Then.LET_END_AND_SETTLE}


WORDS = "GitLab says no. " * 40
TOLD = GitLabRateLimited("Slow down.", 60, 3600, 0).message


@pytest.mark.parametrize(
    ("name", "message", "recorded"),
    [
        ("EntryRejected", "no_permission", Recorded("no_permission", "EntryRejected", "")),
        ("EntryRejected", WORDS, Recorded(WORDS[:RECORDED_CHARACTERS], "EntryRejected", "")),
        (
            "Sandbox.Timedout",
            "It took too long.",
            Recorded("Sandbox.Timedout", "Sandbox.Timedout", "It took too long."),
        ),
        ("KeyError", WORDS, Recorded("KeyError", "KeyError", WORDS[:RECORDED_CHARACTERS])),
        (
            "GitLabRateLimited",
            TOLD,
            Recorded(
                "GitLabRateLimited",
                "GitLabRateLimited",
                "Slow down. It asked for that again and again: start the run again later.",
            ),
        ),
    ],
)
def test_a_refusal_is_its_own_reason_and_any_other_error_is_told_by_its_name(
    name: str, message: str, recorded: Recorded
) -> None:
    assert Recorded.of(name, message) == recorded
    assert Recorded.from_json(recorded.to_json()) == recorded
