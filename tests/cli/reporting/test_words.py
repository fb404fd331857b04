"""What a report says in its first lines."""

from __future__ import annotations

from datetime import date

import pytest

from cli.reporting.model import Status
from cli.reporting.words import title, verdict
from tests.cli.reporting.support import left_out, line, report


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (date(2026, 11, 1), date(2026, 11, 30), "Time in November 2026"),
        (date(2026, 2, 1), date(2026, 2, 28), "Time in February 2026"),
        (date(2026, 11, 2), date(2026, 11, 8), "Time in week 45, 2026-11-02 to 2026-11-08"),
        (date(2026, 11, 3), date(2026, 11, 3), "Time on Tuesday, 2026-11-03"),
        (date(2026, 11, 3), date(2026, 11, 5), "Time from 2026-11-03 to 2026-11-05"),
    ],
)
def test_the_title_calls_the_range_as_people_do(first: date, last: date, expected: str) -> None:
    assert title(report(first=first, last=last)) == expected


def test_a_whole_report_says_that_nothing_is_missing() -> None:
    text = verdict(report(line(), line(), left_out()))

    assert text == "1:25:00 tracked, 1:00:00 on GitLab, 0:28:20 left out. Nothing is missing."


def test_an_incomplete_report_says_how_many_and_what() -> None:
    text = verdict(report(line(Status.MISSING, gitlab_seconds=0), line(Status.DOUBLE), line(Status.REFUSED)))

    assert text.endswith("Not complete: 1 missing, 1 refused, 1 to check.")
    assert "Nothing is missing" not in text


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1800, "Time in November 2026"),
        (1801, "Time in November 2026: more is left out (0:30:01) than is on GitLab (0:30:00)"),
    ],
)
def test_a_report_that_left_out_more_than_it_logged_says_so_first(seconds: int, expected: str) -> None:
    assert title(report(line(), left_out(tracked_seconds=seconds))) == expected


def test_a_report_of_nothing_says_that() -> None:
    assert verdict(report()) == "Nothing was tracked, and nothing is on GitLab."
