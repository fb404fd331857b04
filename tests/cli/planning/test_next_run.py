"""What a deployment's next run does about an entry that was typed, edited or moved after its day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cli.planning.explaining import described, explain_days
from cli.planning.next_run import Morning, NextRun
from contract.settings import Settings
from contract.state import Pending, SyncState, Version
from functions.shared.model.entry import TimeEntry
from tests.cli.planning.support import DAY, NOW, Service

TODAY = datetime(2026, 11, 24, 9, tzinfo=UTC)
SEEN = datetime(2026, 11, 23, 9, tzinfo=UTC)
STATE = SyncState(synced_through=date(2026, 11, 22), changes_seen=SEEN)
"""As Monday's run at nine has left it: Monday is not over, everything before is."""


def entry(day: str, changed: datetime | None) -> TimeEntry:
    """An entry of an hour at noon of this day. changed: when its last change was."""
    start = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    one = described("#12", None)
    return TimeEntry(
        **{
            **{name: getattr(one, name) for name in TimeEntry.__dataclass_fields__},
            "id": 7,
            "start": start,
            "stop": start + timedelta(hours=1),
            "at": changed,
        }
    )


@pytest.mark.parametrize(
    ("day", "changed", "about"),
    [
        ("2026-11-23", SEEN - timedelta(days=9), NextRun.ITS_DAY),
        ("2026-11-20", SEEN + timedelta(minutes=1), NextRun.CHANGED),
        # Within the ten minutes that every run looks at again.
        ("2026-11-20", SEEN - timedelta(minutes=10), NextRun.CHANGED),
        ("2026-11-20", SEEN - timedelta(minutes=10, seconds=1), NextRun.UNCHANGED),
        # 31 days before today is taken in, 32 is not.
        ("2026-10-24", SEEN + timedelta(minutes=1), NextRun.CHANGED),
        ("2026-10-23", SEEN + timedelta(minutes=1), NextRun.TOO_LATE),
        ("2026-11-25", SEEN + timedelta(minutes=1), NextRun.NOT_YET),
    ],
)
def test_a_change_is_taken_in_when_it_is_new_and_its_day_near_enough(
    day: str, changed: datetime, about: NextRun
) -> None:
    assert Morning(Settings(), STATE, TODAY).about(entry(day, changed)) == about


def test_a_version_that_was_looked_at_already_is_left_alone() -> None:
    at = SEEN - timedelta(minutes=2)
    state = SyncState(synced_through=STATE.synced_through, changes_seen=SEEN, seen=(Version(7, at),))

    assert Morning(Settings(), state, TODAY).about(entry("2026-11-20", at)) == NextRun.UNCHANGED


def test_what_gitlab_has_refused_is_looked_at_again_and_the_reason_said() -> None:
    old = SEEN - timedelta(days=1)
    state = SyncState(
        synced_through=STATE.synced_through, changes_seen=SEEN, pending=(Pending(7, old, "no_permission"),)
    )
    morning = Morning(Settings(), state, TODAY)

    assert morning.about(entry("2026-11-20", old)) == NextRun.PENDING
    assert morning.in_words(entry("2026-11-20", old)) == "the next run looks at it again: no_permission"


@pytest.mark.parametrize(
    ("state", "settings", "why"),
    [
        (STATE, {}, "it has not changed in Toggl since 2026-11-23 09:00 UTC, when a run last looked for changes"),
        (STATE, {"catch_up_days": 0}, "its day is over, and catch_up_days is 0"),
        (SyncState(synced_through=date(2026, 11, 22)), {}, "its day is over, and no run has looked for changes yet"),
    ],
)
def test_what_is_left_alone_is_told_with_its_reason(state: SyncState, settings: dict[str, int], why: str) -> None:
    morning = Morning(Settings.from_context(settings), state, TODAY)

    old = entry("2026-11-20", SEEN - timedelta(days=1))

    assert morning.in_words(old) == f"the next run leaves it alone: {why}"


def test_each_entry_of_a_day_is_explained_with_what_the_next_run_does_about_it(service: Service) -> None:
    days = {"start_date": DAY, "end_date": DAY}
    state = SyncState(synced_through=date.fromisoformat(DAY), changes_seen=NOW - timedelta(hours=1))
    edited = service.sample.expected[0].entry_id
    service.toggl.edit(edited, description="#101 Something else")

    explained = explain_days(days, service.settings(), *service.clients(), NOW, state=state)

    next_runs = {one.item.row.entry_id: one.next_run for one in explained.entries}
    assert next_runs[edited] == NextRun.CHANGED
    assert explain_days(days, service.settings(), *service.clients(), NOW).entries[0].next_run is None
