"""How many seconds are logged: exact on the grid, in whole numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from functions.transform.rounding import rounded_seconds

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

seconds_strategy = st.integers(1, 10**12)
units = st.integers(1, 480)


@pytest.mark.parametrize(
    ("minutes", "unit", "mode", "expected_minutes"),
    [
        (37.5, 15, "nearest", 45),
        (22.5, 15, "nearest", 30),
        (7.5, 15, "nearest", 15),
        (52, 15, "nearest", 45),
        (53, 15, "nearest", 60),
        (5, 15, "nearest", 15),
        (1, 480, "nearest", 480),
        (15, 15, "nearest", 15),
        (3, 6, "nearest", 6),
        (8, 6, "nearest", 6),
        (9, 6, "nearest", 12),
        (1, 15, "up", 15),
        (15, 15, "up", 15),
        (15.5, 15, "up", 30),
        (14.5, 15, "down", 0),
        (15, 15, "down", 15),
        (29.5, 15, "down", 15),
    ],
)
def test_rounding_does_as_its_mode_is_named(minutes: float, unit: int, mode: str, expected_minutes: int) -> None:
    assert rounded_seconds(int(minutes * 60), unit, mode) == expected_minutes * 60


@pytest.mark.parametrize(("seconds", "expected"), [(2249, 1800), (2250, 2700), (2251, 2700), (1349, 900), (1350, 1800)])
def test_half_a_unit_rounds_up_and_a_second_less_rounds_down(seconds: int, expected: int) -> None:
    assert rounded_seconds(seconds, 15, "nearest") == expected


@pytest.mark.parametrize("mode", ["nearest", "up", "down"])
@without_deadline
@given(seconds=seconds_strategy)
def test_a_unit_of_nothing_leaves_the_exact_seconds(mode: str, seconds: int) -> None:
    assert rounded_seconds(seconds, 0, mode) == seconds


@pytest.mark.parametrize("mode", ["nearest", "up", "down"])
@without_deadline
@given(seconds=seconds_strategy, unit=units)
def test_rounded_seconds_are_a_whole_number_of_units(mode: str, seconds: int, unit: int) -> None:
    rounded = rounded_seconds(seconds, unit, mode)

    assert type(rounded) is int
    assert rounded % (unit * 60) == 0


@without_deadline
@given(seconds_strategy, units)
def test_up_is_the_smallest_number_of_units_that_is_not_less(seconds: int, unit: int) -> None:
    assert seconds <= rounded_seconds(seconds, unit, "up") < seconds + unit * 60


@without_deadline
@given(seconds_strategy, units)
def test_down_is_the_largest_number_of_units_that_is_not_more(seconds: int, unit: int) -> None:
    assert seconds - unit * 60 < rounded_seconds(seconds, unit, "down") <= seconds


@without_deadline
@given(seconds_strategy, units)
@example(10**12 - 1, 7)
def test_nearest_is_at_most_half_a_unit_away_and_never_less_than_one_unit(seconds: int, unit: int) -> None:
    rounded = rounded_seconds(seconds, unit, "nearest")

    assert rounded >= unit * 60
    if seconds >= unit * 60:
        assert Fraction(-unit * 60, 2) < rounded - seconds <= Fraction(unit * 60, 2)
    else:
        assert rounded == unit * 60


@pytest.mark.parametrize("mode", ["nearest", "up", "down"])
@without_deadline
@given(seconds=seconds_strategy, more=st.integers(0, 10_000), unit=units)
def test_more_time_never_rounds_to_less(mode: str, seconds: int, more: int, unit: int) -> None:
    assert rounded_seconds(seconds, unit, mode) <= rounded_seconds(seconds + more, unit, mode)


@pytest.mark.parametrize("mode", ["nearest", "up", "down"])
@without_deadline
@given(count=st.integers(1, 10**6), unit=units)
def test_what_is_on_the_grid_stays_where_it_is(mode: str, count: int, unit: int) -> None:
    assert rounded_seconds(count * unit * 60, unit, mode) == count * unit * 60


def test_an_unknown_mode_is_an_error() -> None:
    with pytest.raises(ValueError, match="bankers"):
        rounded_seconds(60, 15, "bankers")
