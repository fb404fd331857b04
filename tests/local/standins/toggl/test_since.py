"""The list of entries by when they were modified."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import DAY, NOW, Client


def test_since_goes_by_modification_and_shows_deleted_entries(client: Client, toggl: Toggl) -> None:
    untouched, edited, deleted = (
        toggl.add_entry(word, "2026-11-10T09:00:00+01:00", 600) for word in ("untouched", "edited", "deleted")
    )
    new = toggl.add_entry("new", "2026-11-20T09:00:00+01:00", 600)
    toggl.edit(edited.id, description="#5 edited")
    toggl.delete(deleted.id)

    since = str(int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()))
    found = {entry["id"]: entry for entry in client.entries(since=since)}

    assert found.keys() == {edited.id, deleted.id, new.id}
    assert datetime.fromisoformat(found[deleted.id]["server_deleted_at"]) == NOW
    assert found[edited.id]["server_deleted_at"] is None
    assert untouched.id not in found


@pytest.mark.parametrize(
    "query",
    [
        {"since": "1763600000", "before": "2026-11-20"},
        {"since": "1763600000", **DAY},
        {"before": "2026-11-20", **DAY},
        {"since": "2026-11-20"},
        {"since": "1763600000000"},
        {"since": "-1"},
    ],
)
def test_since_and_before_stand_alone_and_since_is_in_seconds(client: Client, query: dict[str, str]) -> None:
    assert client.refusal(**query)
