"""The one item in DynamoDB, as it is read."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from contract.state import ATTRIBUTES, FirstRun, Pending, SyncState, Version

TEXTS = {
    "holder": "arn:aws:states:::execution:x",
    "taken_at": "2026-11-24T09:00:00Z",
    "posted_by": "mira",
    "posted_by_id": "42",
    "user_changed_at": "2026-11-01T09:00:00.123Z",
    "synced_through": "2026-11-23",
    "changes_seen": "2026-11-24T09:00:00Z",
    "pending": '[{"id": 7, "at": "2026-11-20T10:00:00Z", "reason": "no_permission"},'
    ' {"id": 8, "at": null, "reason": "x"}]',
    "first_run": '{"now": "2026-11-03T10:00:00+01:00", "days_back": 3}',
    "released_by": "arn:aws:states:::execution:w",
    "seen": '[[7, "2026-11-24T08:55:00Z"], [9, "2026-11-24T08:56:00Z"]]',
    "told": '[[5,"2026-11-23T18:00:00Z"]]',
}
STATE = SyncState(
    holder="arn:aws:states:::execution:x",
    taken_at="2026-11-24T09:00:00Z",
    posted_by="mira",
    posted_by_id="42",
    user_changed_at=datetime(2026, 11, 1, 9, tzinfo=UTC),
    synced_through=date(2026, 11, 23),
    changes_seen=datetime(2026, 11, 24, 9, tzinfo=UTC),
    pending=(Pending(7, datetime(2026, 11, 20, 10, tzinfo=UTC), "no_permission"), Pending(8, None, "x")),
    first_run=FirstRun(datetime(2026, 11, 3, 9, tzinfo=UTC), 3),
    released_by="arn:aws:states:::execution:w",
    seen=(
        Version(7, datetime(2026, 11, 24, 8, 55, tzinfo=UTC)),
        Version(9, datetime(2026, 11, 24, 8, 56, tzinfo=UTC)),
    ),
    told=(Version(5, datetime(2026, 11, 23, 18, tzinfo=UTC)),),
)


def item(texts: dict[str, str]) -> dict[str, dict[str, str]]:
    return {name: {"S": text} for name, text in texts.items()}


def test_an_item_is_read_with_all_that_it_says() -> None:
    assert SyncState.from_item(item({"id": "sync"} | TEXTS)) == STATE
    assert set(TEXTS) == set(ATTRIBUTES)


def test_the_state_that_travels_is_read_like_the_item() -> None:
    assert SyncState.from_texts(TEXTS) == STATE


@pytest.mark.parametrize("texts", [{}, dict.fromkeys(ATTRIBUTES, ""), {"id": "sync", "pending": "[]", "seen": "[]"}])
def test_a_missing_attribute_is_an_empty_one(texts: dict[str, str]) -> None:
    nothing = SyncState(holder="", taken_at="", posted_by="", synced_through=None, changes_seen=None, pending=())

    assert SyncState.from_texts(texts) == nothing
    assert SyncState.from_item(item(texts)) == nothing


def test_the_item_of_a_version_that_knew_no_late_changes_is_read() -> None:
    earlier = {name: TEXTS[name] for name in ("holder", "taken_at", "posted_by", "synced_through")}

    assert SyncState.from_item(item(earlier)) == SyncState(
        holder=STATE.holder, taken_at=STATE.taken_at, posted_by="mira", synced_through=date(2026, 11, 23)
    )


def test_an_attribute_of_a_later_version_is_passed_over() -> None:
    later = {"of_tomorrow": {"N": "1"}}

    assert SyncState.from_item(item(TEXTS) | later) == STATE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"now": "2026-11-24T09:00:00Z", "days_back": null}', FirstRun(datetime(2026, 11, 24, 9, tzinfo=UTC))),
        ('{"now": "2026-11-24T09:00:00Z"}', FirstRun(datetime(2026, 11, 24, 9, tzinfo=UTC))),
        ('{"now": "2026-11-24T09:00:00Z", "days_back": "7"}', FirstRun(datetime(2026, 11, 24, 9, tzinfo=UTC), 7)),
    ],
)
def test_a_first_run_begins_with_the_days_back_of_its_input_if_it_has_one(text: str, expected: FirstRun) -> None:
    assert SyncState.from_texts({"first_run": text}).first_run == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"now": "2026-11-24", "days_back": null}',
        '{"now": "noon", "days_back": null}',
        '{"now": "2026-11-24T09:00:00Z", "days_back": "many"}',
        '{"now": "2026-11-24T09:00:00Z", "days_back": [1]}',
        '{"now": 5}',
    ],
)
def test_a_first_run_whose_input_could_not_be_read_is_none(text: str) -> None:
    assert SyncState.from_texts({"first_run": text}).first_run is None


def test_what_is_kept_of_entries_is_written_as_it_is_read() -> None:
    assert [one.to_json() for one in STATE.pending] == json.loads(TEXTS["pending"])
    assert [one.to_json() for one in STATE.seen] == json.loads(TEXTS["seen"])
