"""The marker, the only identity of a posted entry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from functions.shared.marker import marked_entry_id, marker

without_deadline = property_settings(deadline=None)  # a busy machine is no failure


def test_the_marker_is_the_entrys_id_in_brackets() -> None:
    assert marker(123) == "[toggl:123]"


@without_deadline
@given(st.integers(1, 10**18), st.text())
def test_a_summary_that_begins_with_a_marker_names_its_entry_whatever_follows(entry_id: int, text: str) -> None:
    assert marked_entry_id(marker(entry_id) + text) == entry_id


@pytest.mark.parametrize(
    "summary",
    ["", "x [toggl:1]", " [toggl:1]", "\n[toggl:1]", "[TOGGL:1]", "[toggl:]", "[toggl:1", "[toggl:1x]", "toggl:1"],
)
def test_a_summary_that_does_not_begin_with_a_whole_marker_names_none(summary: str) -> None:
    assert marked_entry_id(summary) is None
