"""What becomes of an entry, and mistakes that a test can make."""

from __future__ import annotations

from datetime import datetime

import pytest

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import DAY, NOW, Client


def test_an_edit_moves_the_modification_time_and_the_duration_with_the_times(client: Client, toggl: Toggl) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600)

    toggl.edit(entry.id, stop="2026-11-19T10:00:00+01:00", description=None)

    [found] = client.entries(**DAY)
    assert (found["duration"], found["description"]) == (3_600, None)
    assert datetime.fromisoformat(found["at"]) == NOW


def test_stopping_a_running_entry_gives_it_a_duration(client: Client, toggl: Toggl) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", running=True)

    toggl.edit(entry.id, stop=900)

    assert [(one["duration"], one["stop"] is None) for one in client.entries(**DAY)] == [(900, False)]


def test_the_same_id_cannot_be_added_twice(toggl: Toggl) -> None:
    toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600, id=4_000_000_000)

    with pytest.raises(ValueError, match="4000000000"):
        toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600, id=4_000_000_000)


def test_an_edit_of_an_unknown_field_and_a_start_without_offset_are_mistakes_of_the_test(toggl: Toggl) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T09:00:00+01:00", 600)

    with pytest.raises(ValueError, match="colour"):
        toggl.edit(entry.id, colour="red")
    with pytest.raises(ValueError, match="no offset"):
        toggl.add_entry("#1", "2026-11-19T09:00:00", 600)
