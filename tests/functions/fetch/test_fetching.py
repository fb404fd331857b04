"""What a run reads from Toggl: the entries, and only with `remove_deleted` what was deleted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from contract.settings import Settings
from functions.fetch.fetching import fetch
from functions.fetch.window import resolve
from functions.shared.model.fetched import Progress
from functions.shared.toggl.client import Toggl
from local.standins.toggl import server as stand_in

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.mark.parametrize("removes", [True, False])
def test_a_run_has_its_entries_its_permissions_and_what_toggl_calls_deleted_when_that_matters(*, removes: bool) -> None:
    with stand_in.Toggl(token="t", now=lambda: NOW) as server:
        kept, gone = (server.add_entry("#12", NOW - timedelta(hours=hours), 600) for hours in (2, 3))
        server.delete(gone.id)
        run = resolve({"remove_deleted": removes, "allow_removals": True}, Settings(), NOW)

        fetched = fetch(Toggl(server.url, "t", 0, sleep=lambda _seconds: None), run, NOW)

    assert [entry.id for entry in fetched.entries] == [kept.id]
    assert fetched.deleted_ids == ((gone.id,) if removes else ())
    assert (fetched.settings, fetched.window) == (run.settings, run.window)
    assert (fetched.overrides, fetched.allow_removals, fetched.accept_new_user) == (run.overrides, True, False)
    # Another setting than its days makes a run one that does not count.
    assert fetched.progress == (None if removes else Progress(date(2026, 11, 23), date(2026, 11, 22)))
