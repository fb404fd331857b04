"""Mornings that were missed are made up for, and no day is called done that is not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.standins.gitlab.server import mutation
from tests.workflow.support import rows_by_entry


@pytest.fixture
def now(sync):
    """Nine in the morning of the third day after the tracked one."""
    return f"{sync.day + timedelta(days=3)}T08:00:00Z"


def test_a_run_without_failures_is_synced_through_yesterday(sync, now):
    sync.run(scheduled_time=now)

    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=2))


def test_missed_mornings_are_caught_up(sync, now):
    sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu")
    sync.machine.record(synced_through=str(sync.day - timedelta(days=1)), posted_by="")

    run = sync.run(scheduled_time=now)

    assert run.output["window"]["start"] == f"{sync.day}T00:00:00+01:00"
    assert rows_by_entry(run.output)[entry.id]["outcome"] == "created"
    assert run.output["window"]["gap"] is None
    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=2))


def test_a_gap_that_is_too_long_ago_is_reported(sync, now):
    sync.machine.record(synced_through=str(sync.day - timedelta(days=10)), posted_by="")

    run = sync.run(scheduled_time=now, catch_up_days=5)

    assert run.output["window"]["start"] == f"{sync.day - timedelta(days=2)}T00:00:00+01:00"
    assert run.output["window"]["gap"] == {
        "start": str(sync.day - timedelta(days=9)),
        "end": str(sync.day - timedelta(days=3)),
    }


def test_days_back_in_the_input_catches_nothing_up(sync, now):
    sync.machine.record(synced_through=str(sync.day - timedelta(days=5)), posted_by="")

    run = sync.run(scheduled_time=now, days_back=1)

    assert run.output["window"]["start"] == f"{sync.day + timedelta(days=2)}T00:00:00+01:00"
    assert sync.item()["synced_through"] == str(sync.day - timedelta(days=5))


def test_a_failed_run_is_caught_up_by_the_next(sync, now):
    sync.issue(iid=12)
    sync.machine.record(synced_through=str(sync.day - timedelta(days=1)), posted_by="")
    sync.track("#12 Navigation menu")
    sync.gitlab.fail("status", when=mutation("timelogCreate"), status=504, times=4)

    failed = sync.run(scheduled_time=now)
    between = sync.item()["synced_through"]
    healed = sync.run(scheduled_time=now)

    assert failed.status == "FAILED"
    assert between == str(sync.day - timedelta(days=1))
    assert healed.output["totals"]["created"] == 1
    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=2))


def test_a_timer_left_running_overnight_holds_its_day_back(sync, now):
    sync.issue(iid=12)
    yesterday = sync.day + timedelta(days=2)
    running = sync.toggl.add_entry("#12 All night", f"{yesterday}T21:00:00Z", running=True)

    sync.run(scheduled_time=now)
    held_back = sync.item()["synced_through"]
    sync.toggl.edit(running.id, stop=f"{yesterday}T23:00:00Z")
    sync.machine.sleep(86_400)
    later = sync.run(scheduled_time=f"{sync.day + timedelta(days=4)}T08:00:00Z")

    assert held_back == str(yesterday - timedelta(days=1))
    assert rows_by_entry(later.output)[running.id]["outcome"] == "created"
    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=3))


@pytest.mark.parametrize("run_input", [{"dry_run": True}, {"minimum_duration": 0}, {"maximum_duration": 0}])
def test_a_run_that_overrides_more_than_its_days_does_not_count(sync, now, run_input):
    sync.run(scheduled_time=now, **run_input)

    assert sync.item().get("synced_through", "") == ""


def test_a_run_for_days_after_a_gap_does_not_count(sync):
    sync.machine.record(synced_through=str(sync.day - timedelta(days=2)), posted_by="")

    sync.run()
    before = sync.item()["synced_through"]
    sync.run(start_date=str(sync.day - timedelta(days=1)), end_date=str(sync.day))

    assert before == str(sync.day - timedelta(days=2))
    assert sync.item()["synced_through"] == str(sync.day)


def test_it_never_moves_backwards(sync, now):
    sync.run(scheduled_time=now)

    sync.run()

    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=2))
