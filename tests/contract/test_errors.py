"""The errors' names and words: what Step Functions sees, and what a person reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract import errors
from contract.errors import (
    MESSAGE_LIMIT,
    PASSING_ERRORS,
    SETUP_ERRORS,
    WAIT_ERRORS,
    WAIT_PATTERN,
    AmbiguousWrite,
    CallUnfinished,
    EntryRejected,
    GitLabRateLimited,
    InvalidInput,
    InvalidSettings,
    SyncError,
    TogglQuotaExceeded,
    plain,
)

without_deadline = property_settings(deadline=None)  # a busy machine is no failure


def _all_errors(base: type[SyncError] = SyncError) -> list[type[SyncError]]:
    return [base, *(found for child in base.__subclasses__() for found in _all_errors(child))]


def test_the_wrong_input_and_setup_errors_have_the_agreed_names() -> None:
    assert set(errors.names(SETUP_ERRORS)) == {
        "InvalidInput",
        "InvalidSettings",
        "TokenMissing",
        "TogglUnauthorized",
        "GitLabUnauthorized",
        "GitLabUserChanged",
        "GitLabTooOld",
        "TogglFeatureNotPaid",
        "TooManyRemovals",
        "SyncAlreadyRunning",
    }


def test_the_wait_errors_have_the_agreed_names() -> None:
    assert set(errors.names(WAIT_ERRORS)) == {"TogglQuotaExceeded", "TogglRateLimited", "GitLabRateLimited"}


def test_the_passing_errors_have_the_agreed_names() -> None:
    assert set(errors.names(PASSING_ERRORS)) == {"TogglUnavailable", "GitLabUnavailable"}


def test_every_error_that_can_be_raised_is_in_exactly_one_class_of_the_contract() -> None:
    classed = [*SETUP_ERRORS, *WAIT_ERRORS, *PASSING_ERRORS, AmbiguousWrite, CallUnfinished, EntryRejected]
    raisable = [error for error in _all_errors() if not error.__subclasses__()]

    assert sorted(errors.names(tuple(classed))) == sorted(errors.names(tuple(raisable)))


def test_the_name_that_no_lambda_raises_is_the_agreed_one() -> None:
    assert errors.ENTRIES_FAILED == "EntriesFailed"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("as it is", "as it is"),
        ('says "no"', "says 'no'"),
        ("C:\\temp", "C:/temp"),
        ("two\r\nlines\tand more", "two lines and more"),
        ("\x1b[31mred\x07", "[31mred"),
        ("a\u202eb\u2028c\u200bd", "a b c d"),
        ("half \ud83d of a pair", "half of a pair"),
        ("Größe 木 😀", "Größe 木 😀"),
    ],
)
def test_a_message_is_one_line_without_what_json_escapes_or_a_terminal_obeys(text: str, expected: str) -> None:
    assert InvalidInput(text).message == expected


@without_deadline
@given(st.text(st.characters(codec=None)))
def test_any_text_becomes_a_message_that_json_writes_as_it_is(text: str) -> None:
    message = SyncError(text).message

    assert json.dumps(message, ensure_ascii=False) == f'"{message}"'
    assert message.isprintable()
    assert len(message) <= MESSAGE_LIMIT


def test_a_message_with_its_json_frame_stays_within_the_500_characters_that_a_catch_keeps() -> None:
    cause = json.dumps({"errorMessage": str(EntryRejected("x" * 5000)), "errorType": "EntryRejected"})

    assert cause.index('", "errorType"') < 500


def test_what_stops_the_synth_is_shown_whole() -> None:
    assert InvalidSettings("x" * 900).message == "x" * 900


def test_plain_cuts_to_the_limit_that_it_is_given() -> None:
    assert plain("abcdef", 3) == "abc"


@pytest.mark.parametrize("words", ["Slow down.", "", "x" * 5000, 'a "quoted" text\n'])
@pytest.mark.parametrize("wait_seconds", [0, 1, 3599, 3600])
def test_a_wait_that_is_allowed_ends_with_the_phrase_that_the_state_machine_looks_for(
    words: str, wait_seconds: int
) -> None:
    error = GitLabRateLimited(words, wait_seconds, max_wait_seconds=3600, asked_at=0)

    found = WAIT_PATTERN.search(error.message)

    assert found is not None
    assert found[1] == str(wait_seconds)
    assert error.message.endswith(found[0])
    assert error.wait_seconds == wait_seconds


@pytest.mark.parametrize("words", ["Quota used up.", "x" * 5000])
def test_a_wait_longer_than_allowed_says_when_it_will_work_instead(words: str) -> None:
    error = TogglQuotaExceeded(
        words, 3601, max_wait_seconds=3600, asked_at=datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()
    )

    assert WAIT_PATTERN.search(error.message) is None
    assert "will work again in 3601 s, at 2026-11-25T13:00:01Z" in error.message
    assert "max_wait (3600 s)" in error.message


def test_a_wait_beyond_the_calendar_has_no_time_at_which_it_works_again() -> None:
    error = TogglQuotaExceeded("Quota used up.", 10**18, max_wait_seconds=3600, asked_at=0)

    assert "will work again in 1000000000000000000 s, which is longer" in error.message


def test_an_error_shows_its_message_and_nothing_else() -> None:
    assert str(InvalidInput("days_back is wrong")) == "days_back is wrong"


def test_the_words_of_a_wait_are_cut_so_that_its_length_always_fits() -> None:
    error = GitLabRateLimited("x" * 1000, wait_seconds=999_999_999, max_wait_seconds=999_999_999, asked_at=0)

    assert error.message == f"{'x' * (MESSAGE_LIMIT - 120)} Waiting 999999999 s."


def test_the_separators_of_lines_and_paragraphs_make_no_line() -> None:
    assert plain("one\u2028two\u2029three\nfour\x85five") == "one two three four five"
