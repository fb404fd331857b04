"""Days that go well: what is tracked is on GitLab, once, on its own day."""

from __future__ import annotations

from datetime import timedelta

from tests.workflow.support import PROJECT, rows_by_entry, states_of


def test_a_timelog_has_the_marker_the_text_and_the_start_of_its_entry(sync):
    issue = sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu 🚀", 2250, hour=22)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert sync.posted() == [
        (f"{PROJECT}#{issue.iid}", 2700, f"{sync.day}T22:00:00Z", f"[toggl:{entry.id}] #12 Navigation menu 🚀")
    ]


def test_the_output_has_every_key_of_the_contract(sync):
    sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu")

    output = sync.run().output

    assert output == {
        "outcome": "synced",
        "window": {
            "start": f"{sync.day}T00:00:00+01:00",
            "end": f"{sync.day + timedelta(days=1)}T00:00:00+01:00",
            "timezone": "Europe/Berlin",
            "gap": None,
            "changes_since": None,
        },
        "dry_run": False,
        "totals": {
            "fetched": 1,
            "created": 1,
            "replaced": 0,
            "deleted": 0,
            "kept": 0,
            "skipped": 0,
            "failed": 0,
            "duplicates_removed": 0,
            "issues_created": 0,
            "seconds_logged": 1800,
            "seconds_tracked": 1800,
            "seconds_on_gitlab": 1800,
            "seconds_left_out": 0,
            "seconds_failed": 0,
            "seconds_rounding": 0,
            "seconds_differing": 0,
        },
        "skipped_by_reason": {},
        "warnings": {},
        "entries": [
            {
                "entry_id": entry.id,
                "outcome": "created",
                "reason": None,
                "warning": None,
                "gone": False,
                "issue": f"{PROJECT}#12",
                "seconds": 1800,
                "tracked_seconds": 1800,
                "spent_at": f"{sync.day}T09:00:00Z",
            }
        ],
    }


def test_a_second_run_posts_nothing(sync):
    sync.issue(iid=12)
    for hour in (8, 9, 10):
        sync.track("#12 Navigation menu", hour=hour)
    sync.run()
    before = sync.posted()

    again = sync.run()

    assert again.output["outcome"] == "nothing_to_sync"
    assert again.output["totals"]["kept"] == again.output["totals"]["fetched"] == 3
    assert sync.posted() == before
    assert sync.gitlab.count("timelogCreate") == 3


def test_a_dry_run_counts_as_if_done_and_writes_nothing(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.track("lunch", hour=12)

    dry = sync.run(dry_run=True)
    wet = sync.run()

    assert (dry.output["outcome"], dry.output["dry_run"]) == ("dry_run", True)
    assert "PostEntries" not in states_of(dry)
    assert dry.output["totals"] == wet.output["totals"]
    assert dry.output["entries"] == wet.output["entries"]
    assert sync.gitlab.count("timelogCreate") == 1


def test_a_day_without_entries_is_a_success_that_says_so(sync):
    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert run.output["outcome"] == "nothing_to_sync"
    assert run.output["totals"]["fetched"] == 0
    assert run.output["entries"] == []


def test_an_entry_edited_in_toggl_is_corrected_on_gitlab(sync):
    sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu")
    sync.run()
    sync.toggl.edit(entry.id, stop=entry.start + timedelta(hours=2))

    run = sync.run()

    assert run.output["totals"]["replaced"] == 1
    assert [(row[0], row[1]) for row in sync.posted()] == [(f"{PROJECT}#12", 7200)]


def test_an_entry_on_an_issue_that_does_not_exist_is_skipped_and_the_run_is_green(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    missing = sync.track("#9999 Something else", hour=10)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert rows_by_entry(run.output)[missing.id]["reason"] == "issue_not_found"
    assert run.output["totals"]["created"] == 1


def test_a_scheduled_run_covers_yesterday_and_today_until_its_scheduled_time(sync):
    sync.issue(iid=12)
    yesterday = sync.track("#12 yesterday", hour=9)
    sync.day += timedelta(days=1)
    before = sync.track("#12 before", hour=7)
    sync.track("#12 after", hour=10)

    run = sync.run(scheduled_time=f"{sync.day}T09:00:00Z")

    assert rows_by_entry(run.output).keys() == {yesterday.id, before.id}
    assert run.output["window"]["end"] == f"{sync.day}T10:00:00+01:00"


def test_settings_given_in_the_input_hold_for_that_run_only(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu", 1000)

    exact = sync.run(round_time_to_minutes=0, dry_run="true")
    usual = sync.run(dry_run=True)

    assert exact.output["totals"]["seconds_logged"] == 1000
    assert usual.output["totals"]["seconds_logged"] == 900
