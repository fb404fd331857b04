"""A timelog as a plan names it."""

from __future__ import annotations

from datetime import UTC, datetime

from functions.shared.model.timelog import Posted, Timelog


def test_a_timelog_is_named_in_a_plan_by_its_number_and_the_time_at_which_the_ledger_shows_it() -> None:
    spent_at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    timelog = Timelog("gid://gitlab/Timelog/5", None, 1800, spent_at, "[toggl:1]")

    assert timelog.posted() == Posted("gid://gitlab/Timelog/5", spent_at)
