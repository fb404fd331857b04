"""How the entries travel on: in the state as long as they fit, else beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from contract.errors import InvalidInput
from contract.limits import ENTRIES_AT_MOST, INLINE_ITEMS
from contract.settings import Settings
from contract.state import PENDING_AT_MOST, PENDING_REASON_CHARACTERS, Pending
from functions.fetch.handing_over import answer, kept_in
from functions.shared.handover.files import FETCHED, FETCHING
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched
from tests.functions.memory import MemoryHandover

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
ENTRY = TimeEntry(1, START, START + timedelta(minutes=30), 1800, "", True, 7, None, None)


def _fetched(count: int) -> Fetched:
    entries = tuple(replace(ENTRY, id=number) for number in range(count))
    return Fetched(settings=Settings(), window=Window(START, START + timedelta(days=1), "UTC"), entries=entries)


def test_entries_that_fit_are_in_the_answer() -> None:
    handover = MemoryHandover()

    answered = answer(_fetched(2), handover)

    assert answered == _fetched(2).to_json() | {"handed_over": False}
    assert handover.files == {}


def test_more_entries_than_fit_are_in_a_file_and_all_else_in_the_answer() -> None:
    handover, fetched = MemoryHandover(), _fetched(INLINE_ITEMS + 1)

    answered = answer(fetched, handover)

    assert answered == fetched.to_json() | {"entries": [], "handed_over": True}
    assert list(handover.read(FETCHED)) == fetched.to_json()["entries"]


def test_entries_beside_which_too_much_else_travels_are_in_a_file() -> None:
    reason = "x" * PENDING_REASON_CHARACTERS
    pending = tuple(Pending(number, START, reason) for number in range(PENDING_AT_MOST))
    entries = tuple(replace(ENTRY, id=number, description="y" * 250) for number in range(250))
    handover, fetched = MemoryHandover(), _fetched(0)._replace(entries=entries)

    assert answer(fetched, handover)["handed_over"] is False
    assert answer(fetched._replace(pending=pending), handover)["handed_over"] is True


def test_more_entries_than_a_run_takes_are_refused_and_nothing_is_written() -> None:
    handover = MemoryHandover()
    fetched = _fetched(0)._replace(entries=(ENTRY,) * (ENTRIES_AT_MOST + 1))

    with pytest.raises(InvalidInput, match="Split the dates"):
        answer(fetched, handover)

    assert handover.files == {}


@pytest.mark.parametrize(("again", "found"), [(True, [{"page": 2}]), (False, None)])
def test_what_an_interrupted_reading_has_kept_is_found_by_the_next_call_only(*, again: bool, found: object) -> None:
    handover = MemoryHandover()
    kept_in(handover, again=False).save([{"page": 2}])

    assert list(handover.read(FETCHING)) == [{"page": 2}]
    assert kept_in(handover, again=again).load() == found


def test_a_second_reading_of_one_run_begins_without_what_the_first_has_kept() -> None:
    handover = MemoryHandover()
    kept_in(handover, again=False).save([{"page": 2}])

    kept_in(handover, again=False).begin()

    assert kept_in(handover, again=True).load() is None
