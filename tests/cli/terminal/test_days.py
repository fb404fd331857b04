"""Days as every command takes them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.terminal.days import Days, NoDays, days_in

WEDNESDAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("today", "2026-11-25", "2026-11-25"),
        ("yesterday", "2026-11-24", "2026-11-24"),
        ("this-week", "2026-11-23", "2026-11-25"),
        ("last-week", "2026-11-16", "2026-11-22"),
        ("2026-10", "2026-10-01", "2026-10-31"),
        ("2026-11", "2026-11-01", "2026-11-25"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-11-03", "2026-11-03", "2026-11-03"),
        ("2026-11-03..2026-11-07", "2026-11-03", "2026-11-07"),
        ("2026-11-20..", "2026-11-20", "2026-11-25"),
        ("2026-09..2026-10", "2026-09-01", "2026-10-31"),
        ("last-week..yesterday", "2026-11-16", "2026-11-24"),
        ("2026-11-20..2027-01-31", "2026-11-20", "2026-11-25"),
        (" Yesterday ", "2026-11-24", "2026-11-24"),
    ],
)
def test_every_form_names_its_days(text: str, first: str, last: str) -> None:
    assert days_in(text)(WEDNESDAY) == Days(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize("text", ["", "..", "tomorrow", "2026", "2026-11-31", "2026-13", "11/03/2026", "..2026-11-03"])
def test_what_names_no_days_is_refused_with_its_own_text(text: str) -> None:
    with pytest.raises(NoDays, match=f"'{text}'"):
        days_in(text)


def test_days_that_lie_ahead_are_refused() -> None:
    with pytest.raises(NoDays, match="2026-11-26 is still to come; today is 2026-11-25"):
        days_in("2026-11-26")(WEDNESDAY)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(NoDays, match="2026-11-03 is before 2026-11-07"):
        days_in("2026-11-07..2026-11-03")(WEDNESDAY)


@given(st.dates(date(2007, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_days_that_are_printed_are_read_as_the_same(first: date, more: int) -> None:
    days = Days(first, first + timedelta(days=more))

    assert days_in(str(days))(days.last) == days
