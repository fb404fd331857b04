"""The sums of a report, and the bridge between the two totals."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.reporting.model import Line, Status, Step, bridge_over
from contract.vocabulary import Reason
from tests.cli.reporting.support import left_out, line, report

SECONDS = st.integers(0, 100_000)


def lines() -> st.SearchStrategy[Line]:
    return st.builds(
        line,
        st.sampled_from(Status),
        tracked_seconds=SECONDS,
        planned_seconds=SECONDS,
        gitlab_seconds=SECONDS,
        reason=st.sampled_from([None, "no_issue", "too_short"]),
    )


@given(st.lists(lines()))
def test_the_bridge_meets_gitlabs_total_to_the_second(some: list[Line]) -> None:
    bridge = bridge_over(some)

    assert bridge.tracked_seconds + sum(step.seconds for step in bridge.steps) == bridge.gitlab_seconds
    assert bridge.tracked_seconds == sum(one.tracked_seconds for one in some)
    assert bridge.gitlab_seconds == sum(one.gitlab_seconds for one in some)


def steps_of(*some: Line) -> dict[str, int]:
    return {step.name: step.seconds for step in bridge_over(some).steps}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (line(), {"rounding": 100}),
        (line(Status.MISSING, gitlab_seconds=0), {"rounding": 100, "missing": -1800}),
        (line(Status.DOUBLE, gitlab_seconds=3600), {"rounding": 100, "double": 1800}),
        (line(Status.DIFFERENT, gitlab_seconds=900), {"rounding": 100, "different": -900}),
        (line(Status.ELSEWHERE), {"rounding": 100}),
        (left_out("no_issue"), {"left out: no_issue": -1700}),
        (left_out("weekend", status=Status.KEPT, gitlab_seconds=900), {"left out: weekend": -1700, "kept": 900}),
        (line(Status.REFUSED, planned_seconds=0, gitlab_seconds=0), {"refused": -1700}),
        (left_out("no_issue", status=Status.MOVING, gitlab_seconds=900), {"left out: no_issue": -1700, "moving": 900}),
        (line(Status.NOT_IN_TOGGL, tracked_seconds=0, planned_seconds=0), {"not in Toggl": 1800}),
        (line(Status.RUNNING, tracked_seconds=0, planned_seconds=0, gitlab_seconds=0), {}),
    ],
)
def test_each_second_is_in_the_step_of_its_cause(one: Line, expected: dict[str, int]) -> None:
    assert steps_of(one) == expected


@given(st.lists(lines()))
def test_what_is_left_out_is_the_same_in_the_sums_and_in_the_bridge(some: list[Line]) -> None:
    steps = bridge_over(some).steps

    left_out_in_steps = sum(step.seconds for step in steps if step.name.startswith("left out: "))
    assert report(*some).total.account.left_out == -left_out_in_steps


def test_steps_stand_in_one_order_whatever_comes_first() -> None:
    some = [
        line(Status.NOT_IN_TOGGL, tracked_seconds=0, planned_seconds=0),
        line(Status.MISSING, gitlab_seconds=0),
        left_out("weekend"),
        left_out("no_issue", tracked_seconds=5000),
        line(Status.REFUSED, planned_seconds=0, gitlab_seconds=0),
    ]

    names = [step.name for step in bridge_over(some).steps]

    assert names == ["rounding", "left out: no_issue", "left out: weekend", "refused", "missing", "not in Toggl"]


@pytest.mark.parametrize(
    ("advice", "meaning"), [("put it in", "put it in"), ("", "project_map has null for its Toggl project")]
)
def test_what_is_left_out_says_what_to_do_or_else_why(advice: str, meaning: str) -> None:
    [step] = bridge_over([left_out("project_left_out", advice=advice)]).steps

    assert step.meaning == meaning


def test_a_steps_meaning_is_that_of_its_own_lines() -> None:
    refused = line(Status.REFUSED, planned_seconds=0, gitlab_seconds=0, reason="no_permission")

    assert Step("refused", -1700, Status.REFUSED.meaning) in bridge_over([refused, line()]).steps


def test_steps_of_one_cause_are_one_step() -> None:
    assert bridge_over([left_out(), left_out(entry_id=2)]).steps == (
        Step("left out: no_issue", -3400, Reason.NO_ISSUE.meaning),
    )


def test_only_a_difference_that_nothing_explains_makes_a_report_incomplete() -> None:
    for status in Status:
        assert report(line(status)).is_complete is not status.is_difference


def test_days_are_counted_in_the_reports_own_zone() -> None:
    shortly_before_midnight_utc = datetime(2026, 11, 3, 23, 30, tzinfo=UTC)

    [day] = report(line(start=shortly_before_midnight_utc)).by("day")

    assert day.key == "2026-11-04"


def test_sums_by_issue_begin_with_the_most_time() -> None:
    sums = report(line(), line(issue="acme/api!4", gitlab_seconds=7200), line(), left_out()).by("issue")

    assert [(one.key, one.account.on_gitlab) for one in sums] == [
        ("acme/api!4", 7200),
        ("acme/web#12", 3600),
        ("no issue", 0),
    ]
    assert sums[2].account.left_out == 1700


def test_sums_by_project_and_week() -> None:
    sunday, monday = datetime(2026, 11, 8, 9, tzinfo=UTC), datetime(2026, 11, 9, 9, tzinfo=UTC)
    made = report(line(start=monday, issue="acme/web!4"), line(start=sunday))

    assert [one.key for one in made.by("project")] == ["acme/web"]
    assert [one.key for one in made.by("week")] == ["2026-W45", "2026-W46"]


def test_the_days_are_those_of_the_range_and_those_of_lines_outside_of_it() -> None:
    made = report(line(start=datetime(2026, 10, 30, 9, tzinfo=UTC)), first=date(2026, 11, 1), last=date(2026, 11, 2))

    assert made.days == (date(2026, 10, 30), date(2026, 11, 1), date(2026, 11, 2))
