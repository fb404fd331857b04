"""What travels in the state, what goes beside it, and what is too much for one run."""

from __future__ import annotations

import pytest

from contract.errors import InvalidInput
from contract.limits import ENTRIES_AT_MOST, INLINE_BYTES, INLINE_ITEMS, NEW_ISSUES_AT_MOST
from functions.shared.handover.size import inline, refuse_too_many_entries, refuse_too_many_issues


@pytest.mark.parametrize(("items", "fits"), [(0, True), (INLINE_ITEMS, True), (INLINE_ITEMS + 1, False)])
def test_so_many_items_travel_in_the_state(items: int, fits: bool) -> None:
    assert (inline(items, dict) is not None) is fits


@pytest.mark.parametrize(("letter", "bytes_each"), [("x", 1), ("é", 2), ("🚀", 4)])
def test_so_many_bytes_travel_in_the_state_counted_as_utf_8(letter: str, bytes_each: int) -> None:
    most = (INLINE_BYTES - len('{"a":""}')) // bytes_each

    assert inline(1, lambda: {"a": letter * most}) == {"a": letter * most}
    assert inline(1, lambda: {"a": letter * (most + 1)}) is None


def test_the_bytes_are_those_of_json_without_spaces() -> None:
    pairs = [{"a": 1}] * ((INLINE_BYTES - len('{"b":]}')) // len('{"a":1},'))

    assert inline(1, lambda: {"b": pairs}) is not None
    assert inline(1, lambda: {"b": [*pairs, {"a": 1}]}) is None


def test_of_too_many_items_nothing_is_made() -> None:
    made: list[int] = []

    assert inline(INLINE_ITEMS + 1, lambda: {"made": made.append(1)}) is None
    assert made == []


def test_as_many_entries_as_batches_take_are_not_refused() -> None:
    refuse_too_many_entries(ENTRIES_AT_MOST)

    with pytest.raises(InvalidInput, match=r"^100001 entries are more .*2000 batches.* Split the dates"):
        refuse_too_many_entries(ENTRIES_AT_MOST + 1)


def test_as_many_new_issues_as_a_state_takes_are_not_refused() -> None:
    refuse_too_many_issues([{"key": "0123"}] * NEW_ISSUES_AT_MOST)

    with pytest.raises(
        InvalidInput, match=r"^401 new issues are more .*400 issues and 131072 bytes.* dry run .* Split the dates"
    ):
        refuse_too_many_issues([{"key": "0123"}] * (NEW_ISSUES_AT_MOST + 1))
    refuse_too_many_issues(["x" * (INLINE_BYTES - len('[""]'))])
    with pytest.raises(InvalidInput, match=r"^1 new issues"):
        refuse_too_many_issues(["x" * (INLINE_BYTES - len('[""]') + 1)])
    with pytest.raises(InvalidInput, match=r"^200 new issues"):
        refuse_too_many_issues([{"title": "x" * 700}] * 200)
