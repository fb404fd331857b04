"""A timelog as a plan names it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from functions.shared.model.timelog import Move, Posted, Timelog


def test_a_plan_names_a_timelog_by_its_number_when_it_was_spent_and_what_becomes_of_it_if_it_has_to_stay() -> None:
    spent_at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    timelog = Timelog("gid://gitlab/Timelog/5", None, 1800, spent_at, "[toggl:1]")
    moved = replace(timelog, move=Move(spent_at, ()), may_be_deleted=False)

    assert timelog.posted() == Posted("gid://gitlab/Timelog/5", spent_at, 1800)
    assert moved.posted() == Posted("gid://gitlab/Timelog/5", spent_at, 1800, was_moved=True, may_be_deleted=False)
