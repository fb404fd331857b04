"""A large run on the deployed machine: handed over through S3, and with a Lambda that dies in the middle of a batch."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.workflow.support import states_of

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
    s3 = sync.deployment.aws.client("s3")
    [bucket] = [one["Name"] for one in s3.list_buckets()["Buckets"] if "handover" in one["Name"]]
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return [json.loads(line) for line in body.splitlines()]


def test_a_large_run_posts_everything_and_its_rows_are_in_s3(sync, entries):
    run = sync.run()

    assert (run.status, run.output["outcome"]) == ("SUCCEEDED", "synced")
    assert (run.output["totals"]["created"], run.output["totals"]["skipped"]) == (COUNT, 1)
    rows = stored(sync, run.output["entries"])
    assert [row["entry_id"] for row in rows if row["outcome"] == "created"] == [entry.id for entry in entries]
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in entries)
    assert states_of(run).count("PostBatch") == 10
    assert "holder" not in sync.item()


def test_a_lambda_that_dies_in_the_middle_of_a_batch_loses_and_doubles_nothing(sync, entries, deployment):
    respond, seen = sync.gitlab.respond, []

    def kill(request):
        answer = respond(request)
        if "timelogCreate" in request.body.decode():
            seen.append(request)
            if len(seen) == 75:
                deployment.kill_workers()
        return answer

    sync.gitlab.respond = kill
    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in entries)
    assert "SettlePostBatch" in states_of(run)
