"""The one item in DynamoDB, as it is read."""

from __future__ import annotations

from datetime import date

import pytest

from contract.state import SyncState

ITEM = {
    "id": {"S": "sync"},
    "holder": {"S": "arn:aws:states:::execution:x"},
    "taken_at": {"S": "2026-11-24T09:00:00Z"},
    "posted_by": {"S": "mira"},
    "synced_through": {"S": "2026-11-23"},
}


def test_an_item_is_read_with_all_that_it_says() -> None:
    assert SyncState.from_item(ITEM) == SyncState(
        holder="arn:aws:states:::execution:x",
        taken_at="2026-11-24T09:00:00Z",
        posted_by="mira",
        synced_through=date(2026, 11, 23),
    )


@pytest.mark.parametrize("item", [{}, {"id": {"S": "sync"}, "synced_through": {"S": ""}, "posted_by": {"S": ""}}])
def test_a_missing_attribute_is_an_empty_one(item: dict[str, dict[str, str]]) -> None:
    assert SyncState.from_item(item) == SyncState(holder="", taken_at="", posted_by="", synced_through=None)


def test_an_attribute_of_a_later_version_is_passed_over() -> None:
    assert SyncState.from_item(ITEM | {"changes_seen": {"S": "2026-11-24T09:00:00Z"}}) == SyncState.from_item(ITEM)
