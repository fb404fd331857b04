"""A run's input at its edges: the first and the last day, and values that are too long to be repeated."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from contract.errors import InvalidInput
from contract.settings import Settings
from functions.fetch.progress import progress_of
from functions.fetch.window import resolve

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize("day", ["2005-12-31", "2031-01-01"])
def test_a_start_that_toggl_does_not_know_is_refused(day: str) -> None:
    with pytest.raises(InvalidInput, match="from 2006-01-01 to 2030-12-31"):
        resolve({"start_date": day}, Settings(), datetime(2032, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("day", ["2006-01-01", "2030-12-31"])
def test_the_first_and_the_last_day_that_toggl_knows_are_allowed(day: str) -> None:
    now = datetime(2032, 1, 1, tzinfo=UTC)

    assert resolve({"start_date": day}, Settings(), now).window.start == datetime.fromisoformat(f"{day}T00:00:00Z")


@pytest.mark.parametrize("day", ["2026-11-25", "2031-01-01", "9999-12-31"])
def test_an_end_in_the_future_is_now_however_far_it_is(day: str) -> None:
    assert resolve({"start_date": "2026-11-24", "end_date": day}, Settings(), NOW).window.end == NOW


@pytest.mark.parametrize(
    ("run_input", "message"),
    [
        ({"start_date": "x" * 500}, "start_date has the value '{x60}', but allowed is: a day as YYYY-MM-DD,"),
        ({"scheduled_time": "x" * 500}, "scheduled_time has the value '{x60}', but allowed is: an RFC 3339 instant,"),
        ({"allow_removals": "x" * 500}, "allow_removals has the value '{x60}', but allowed is: true, false."),
        (["x" * 500], "The input must be a JSON object, like {{}}, but is: ['{x78}"),
    ],
)
def test_of_a_long_value_only_the_beginning_is_repeated(run_input: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolve(run_input, Settings(), NOW)

    assert refused.value.message.startswith(message.format(x60="x" * 60, x78="x" * 78))
    assert "x" * 79 not in refused.value.message


def test_a_key_that_is_none_is_called_an_input_key() -> None:
    with pytest.raises(InvalidInput, match=r"^Unknown input key 'until'"):
        resolve({"until": "2026-11-01"}, Settings(), NOW)


def test_a_wrong_time_is_answered_with_a_right_one() -> None:
    with pytest.raises(InvalidInput, match=r"an RFC 3339 instant, like 2026-11-24T09:00:00Z\.$"):
        resolve({"scheduled_time": "noon"}, Settings(), NOW)


@pytest.mark.parametrize(
    ("run_input", "message"),
    [
        (
            {"start_date": "2026-11-01", "days_back": 3},
            "days_back excludes start_date: allowed is one of the two, not both.",
        ),
        (
            {"end_date": "2026-11-01"},
            "end_date needs a start_date: allowed are both, or start_date alone (until today).",
        ),
    ],
)
def test_dates_that_do_not_go_together_are_refused_with_those_that_do(run_input: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        resolve(run_input, Settings(), NOW)

    assert refused.value.message == message


@pytest.mark.parametrize(("dry_run", "counts"), [(False, True), (True, False)])
def test_a_run_that_overrides_all_that_it_may_still_counts(*, dry_run: bool, counts: bool) -> None:
    run = resolve({"days_back": 3, "log_level": "DEBUG"}, Settings(dry_run=dry_run), NOW)

    assert (progress_of(run, None) is not None) == counts
