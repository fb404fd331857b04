"""Filter, match, round, in this order: what is decided about one entry before the ledger is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.settings import Settings
from contract.vocabulary import Reason
from functions.shared.model.entry import Says, TimeEntry
from functions.shared.model.place import Target
from functions.transform.candidates import candidates
from functions.transform.matching import Match
from functions.transform.planning import Candidate
from functions.transform.screening import screen

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
TARGET = Target("gid://gitlab/Issue/1012", "acme/shop#12")
MATCHED = Match(TARGET, None, "acme/shop#12")


def _entry(seconds: int, duration_seconds: int | None = None) -> TimeEntry:
    duration = seconds if duration_seconds is None else duration_seconds
    return TimeEntry(1, START, START + timedelta(seconds=seconds), duration, "#12", True, 7, None, None)


def _candidate(entry: TimeEntry, match: Match | None, **context: Any) -> Candidate:
    settings = Settings.from_context(context)
    matches: Mapping[Says, Match] = {} if match is None else {entry.says: match}
    (candidate,) = candidates(screen([entry], settings), matches, settings)
    return candidate


def test_a_matched_entry_gets_its_rounded_seconds_and_its_target() -> None:
    entry = _entry(2250)

    assert _candidate(entry, MATCHED) == Candidate(entry, 2700, TARGET, None, None, "acme/shop#12")


def test_a_filtered_entry_needs_no_match_and_keeps_its_raw_seconds() -> None:
    entry = _entry(299)

    assert _candidate(entry, None) == Candidate(entry, 299, None, "too_short")


def test_an_entry_that_ends_before_it_starts_has_no_seconds() -> None:
    assert _candidate(_entry(-60), None).seconds == 0


def test_an_unmatched_entry_keeps_its_raw_seconds_the_reason_and_what_it_named() -> None:
    entry = _entry(2250)

    assert _candidate(entry, Match(None, Reason.ISSUE_NOT_FOUND, "acme/shop#99")) == Candidate(
        entry, 2250, None, "issue_not_found", None, "acme/shop#99"
    )


@pytest.mark.parametrize(("mode", "reason"), [("down", "rounds_to_zero"), ("nearest", None), ("up", None)])
def test_only_rounding_down_can_leave_nothing(mode: str, reason: str | None) -> None:
    candidate = _candidate(_entry(301), MATCHED, rounding_mode=mode)

    assert candidate.reason == reason
    assert candidate.seconds == (0 if reason else 900)


def test_the_minimum_looks_at_the_raw_seconds_and_not_at_the_rounded_ones() -> None:
    assert _candidate(_entry(899), None, minimum_duration=900).reason == "too_short"
    assert _candidate(_entry(900), MATCHED, minimum_duration=900, round_time_to_minutes=480).seconds == 480 * 60


def test_exact_seconds_are_logged_down_to_one() -> None:
    candidate = _candidate(_entry(1), MATCHED, minimum_duration=0, round_time_to_minutes=0)

    assert (candidate.seconds, candidate.reason) == (1, None)


def test_a_reason_of_matching_goes_before_rounds_to_zero() -> None:
    assert _candidate(_entry(301), Match(None, Reason.NO_ISSUE, None), rounding_mode="down").reason == "no_issue"


def test_a_mismatch_of_the_duration_is_warned_about_and_stop_minus_start_is_what_counts() -> None:
    candidate = _candidate(_entry(1800, duration_seconds=60), MATCHED)

    assert (candidate.seconds, candidate.reason, candidate.warning) == (1800, None, "duration_mismatch")


def test_a_filtered_entry_keeps_its_warning() -> None:
    candidate = _candidate(_entry(60, duration_seconds=1800), None)

    assert (candidate.reason, candidate.warning) == ("too_short", "duration_mismatch")


def test_an_unmatched_entry_keeps_its_warning_about_the_duration() -> None:
    candidate = _candidate(_entry(1800, duration_seconds=60), Match(None, Reason.NO_ISSUE, None))

    assert (candidate.reason, candidate.warning) == ("no_issue", "duration_mismatch")


def test_an_entry_that_was_placed_by_a_name_that_two_toggl_projects_share_is_warned_about() -> None:
    settings = Settings.from_context({"project_map": {"Website": "acme/shop"}})
    one, other, mine = (
        replace(_entry(1800), id=number, project_id=toggl_id, project_name=name)
        for number, (toggl_id, name) in enumerate([(5, "Website"), (6, "Website"), (7, "Mine")], start=1)
    )
    matches = dict.fromkeys((one.says, other.says, mine.says), MATCHED)

    together = candidates(screen([one, other, mine], settings), matches, settings)
    alone = candidates(screen([one, mine], settings), matches, settings)

    assert [candidate.warning for candidate in together] == ["shared_project_name", "shared_project_name", None]
    assert [candidate.warning for candidate in alone] == [None, None]
