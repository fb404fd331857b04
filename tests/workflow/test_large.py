"""Runs that are too large for the state machine's data: the same outcome, handed over through S3 in batches of 50."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from contract import limits, names
from local.standins.gitlab.server import mutation
from local.standins.toggl.server import on_reports
from tests.workflow.support import PROJECT, cause_of, errors_of, states_of, summary_of

COUNT = 430
"""More than 400, in 10 batches."""


@pytest.fixture
def entries(sync):
    """So many entries on one issue, a minute apart, and one that is left out."""
    sync.issue(iid=12)
    start = datetime(sync.day.year, sync.day.month, sync.day.day, 5, tzinfo=UTC)
    tracked = [
        sync.toggl.add_entry("#12 Navigation menu", start + timedelta(minutes=number), 600) for number in range(COUNT)
    ]
    sync.toggl.add_entry("no issue at all", start, 600)
    return tracked


def stored(sync, key):
    """The JSON lines of a file that a run has left."""
    return [json.loads(line) for line in sync.machine.files[key].splitlines()]


def test_a_large_run_posts_everything_and_its_rows_are_in_s3(sync, entries):
    run = sync.run()

    assert (run.status, run.output["outcome"]) == ("SUCCEEDED", "synced")
    assert run.output["totals"] == {
        "fetched": COUNT + 1,
        "created": COUNT,
        "replaced": 0,
        "deleted": 0,
        "kept": 0,
        "skipped": 1,
        "failed": 0,
        "duplicates_removed": 0,
        "issues_created": 0,
        "seconds_logged": COUNT * 900,
        "seconds_tracked": (COUNT + 1) * 600,
        "seconds_on_gitlab": COUNT * 900,
        "seconds_left_out": 600,
        "seconds_failed": 0,
        "seconds_rounding": COUNT * 300,
        "seconds_differing": 0,
    }
    assert run.output["skipped_by_reason"] == {"no_issue": 1}
    rows = stored(sync, run.output["entries"])
    assert [row["entry_id"] for row in rows if row["outcome"] == "created"] == [entry.id for entry in entries]
    assert {tuple(row) for row in rows} == {
        ("entry_id", "outcome", "reason", "warning", "gone", "issue", "seconds", "tracked_seconds", "spent_at")
    }
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in entries)
    assert states_of(run).count("PostBatch") == 10
    assert run.output["entries"] == f"{names.HANDOVER_PREFIX}{run.arn.rsplit(':', 1)[1]}/entries.jsonl"
    assert "holder" not in sync.item()


@pytest.mark.usefixtures("entries")
def test_a_large_run_again_writes_nothing(sync):
    sync.run()

    again = sync.run()

    assert (again.status, again.output["outcome"]) == ("SUCCEEDED", "nothing_to_sync")
    assert (again.output["totals"]["kept"], again.output["totals"]["skipped"]) == (COUNT, 1)
    assert len(stored(sync, again.output["entries"])) == COUNT + 1
    assert sync.gitlab.count("timelogCreate") == COUNT


@pytest.mark.usefixtures("entries")
def test_a_large_dry_run_counts_as_if_done_and_writes_nothing(sync):
    run = sync.run(dry_run=True)

    assert (run.status, run.output["outcome"], run.output["dry_run"]) == ("SUCCEEDED", "dry_run", True)
    assert (run.output["totals"]["created"], run.output["totals"]["seconds_logged"]) == (COUNT, COUNT * 900)
    assert {row["outcome"] for row in stored(sync, run.output["entries"])} == {"created", "skipped"}
    assert sync.posted() == []


@pytest.mark.usefixtures("entries")
def test_entries_of_a_large_run_that_gitlab_refuses_fail_alone(sync):
    sync.gitlab.fail("payload_error", when=mutation("timelogCreate"), skip=120, times=60, body=b"Too much.")

    run = sync.run()
    cause = cause_of(run)
    again = sync.run()

    assert (run.status, run.error) == ("FAILED", "EntriesFailed")
    assert (cause["totals"]["created"], cause["totals"]["failed"]) == (COUNT - 60, 60)
    assert (len(cause["failed"]), cause["more"]) == (50, 10)
    assert cause["failed"][0].keys() == {"entry_id", "issue", "reason"}
    assert {row["reason"] for row in cause["failed"]} == {"Too much."}
    rows = stored(sync, cause["entries"])
    assert sum(row["outcome"] == "failed" for row in rows) == 60
    assert summary_of(run)["entries"] == cause["entries"]
    assert (again.status, again.output["totals"]["created"], again.output["totals"]["kept"]) == (
        *("SUCCEEDED", 60),
        COUNT - 60,
    )
    assert len(sync.posted_ids()) == len(set(sync.posted_ids())) == COUNT


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("lost_answer", {}),
        ("late", {"status": 504, "seconds": 50}),
        ("status", {"status": 502}),
        ("rate_limited", {"seconds": 30}),
        ("drop", {}),
    ],
)
def test_what_goes_wrong_in_the_middle_of_a_batch_is_settled_and_nothing_is_twice(sync, entries, fault, how):
    sync.gitlab.fail(fault, when=mutation("timelogCreate"), skip=70, times=3, **how)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert run.output["totals"]["created"] == COUNT
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in entries)
    assert {"SettlePostBatch", "WaitToPostBatch"} & set(states_of(run))


def test_a_write_whose_outcome_stays_unknown_fails_alone_after_three_looks(sync, entries):
    poisoned = entries[100]
    marker = f"[toggl:{poisoned.id}]"
    sync.gitlab.fail("status", when=lambda request: marker in request.body.decode(), times=99, status=504)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "EntriesFailed")
    assert cause_of(run)["failed"] == [{"entry_id": poisoned.id, "issue": f"{PROJECT}#12", "reason": "AmbiguousWrite"}]
    assert cause_of(run)["totals"]["created"] == COUNT - 1
    assert errors_of(run).count("AmbiguousWrite") == 1 + limits.LOOKS


@pytest.mark.usefixtures("entries")
def test_a_token_that_is_refused_names_a_large_run_too(sync):
    sync.gitlab.fail("invalid_token", when=mutation("timelogCreate"), times=10_000)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "GitLabUnauthorized")
    assert cause_of(run)["totals"]["failed"] == COUNT
    assert "secret" in cause_of(run)["message"]


def test_new_issues_of_a_large_run_are_created_once_and_take_its_time(sync):
    start = datetime(sync.day.year, sync.day.month, sync.day.day, 5, tzinfo=UTC)
    for number in range(COUNT):
        sync.toggl.add_entry(f"Topic {number % 3}", start + timedelta(minutes=number), 600)

    run = sync.run(auto_create_issues=True)

    assert (run.status, run.output["totals"]["issues_created"], run.output["totals"]["created"]) == (
        *("SUCCEEDED", 3),
        COUNT,
    )
    assert sync.gitlab.count("createIssue") == 3
    assert {issue for issue, _seconds, _spent_at, _summary in sync.posted()} == {f"{PROJECT}#{n}" for n in (1, 2, 3)}
    assert {row["issue"] for row in stored(sync, run.output["entries"])} == {f"{PROJECT}#{n}" for n in (1, 2, 3)}


def test_more_new_issues_than_one_run_creates_are_refused_before_anything_is_written(sync):
    start = datetime(sync.day.year, sync.day.month, sync.day.day, 5, tzinfo=UTC)
    for number in range(COUNT):
        sync.toggl.add_entry(f"Topic {number}", start + timedelta(minutes=number), 600)

    run = sync.run(auto_create_issues=True)

    assert (run.status, run.error) == ("FAILED", "InvalidInput")
    assert re.search("430 new issues .* Split the dates", cause_of(run)["message"])
    assert sync.gitlab.count("createIssue") == 0


def test_days_of_half_a_year_ago_are_synced_from_toggls_reports(sync):
    sync.day -= timedelta(days=180)
    sync.issue(iid=12)
    start = datetime(sync.day.year, sync.day.month, sync.day.day, 8, tzinfo=UTC)
    tracked = [sync.toggl.add_entry("#12 Menu", start + timedelta(minutes=number), 600) for number in range(120)]
    sync.toggl.fail("quota", when=on_reports, skip=1, seconds=1200)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert run.output["totals"]["created"] == 120
    assert sync.posted_ids() == [entry.id for entry in tracked]
    assert errors_of(run) == ["TogglQuotaExceeded"]
    assert states_of(run).count("WaitForToggl") == 1
    assert sum(on_reports(request) for request in sync.toggl.requests) == 3 + 1
