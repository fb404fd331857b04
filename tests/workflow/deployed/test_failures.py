"""What goes wrong, on the deployed machine: one test for each way through it."""

from __future__ import annotations

import json

import pytest

from contract import names
from local.standins.gitlab.server import mutation
from tests.workflow.support import (
    GITLAB_TOKEN,
    PROJECT,
    TOGGL_TOKEN,
    cause_of,
    errors_of,
    rows_by_entry,
    states_of,
    summary_of,
)


@pytest.mark.parametrize(
    ("secret", "token"), [(names.toggl_secret("prod"), TOGGL_TOKEN), (names.gitlab_secret("prod"), GITLAB_TOKEN)]
)
def test_a_run_before_the_token_is_set_fails_and_the_next_one_has_it(deployment, sync, secret, token):
    deployment.set_token(secret, names.TOKEN_PLACEHOLDER)
    deployment.kill_workers()

    run = sync.run()
    deployment.set_token(secret, token)
    after = sync.run()

    assert (run.status, run.error) == ("FAILED", "TokenMissing")
    assert (
        f"put-secret-value --secret-id {secret} --secret-string file://token.json --region us-east-1"
        in (cause_of(run)["message"])
    )
    assert after.status == "SUCCEEDED"


def test_an_entry_that_gitlab_refuses_fails_alone_and_makes_the_run_red(sync):
    sync.issue(iid=12)
    good = sync.track("#12 Navigation menu")
    sync.gitlab.add_project("other/place", roles={"mira": "guest"})
    sync.gitlab.add_issue("other/place", "Out of reach", iid=5)
    refused = sync.track("other/place#5 Out of reach", hour=10)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "EntriesFailed")
    rows = rows_by_entry(summary_of(run))
    assert rows[good.id]["outcome"] == "created"
    assert (rows[refused.id]["outcome"], rows[refused.id]["reason"]) == ("failed", "no_permission")
    assert cause_of(run)["failed"] == [{"entry_id": refused.id, "issue": "other/place#5", "reason": "no_permission"}]
    assert cause_of(run)["totals"] == summary_of(run)["totals"]
    assert [row[0] for row in sync.posted()] == [f"{PROJECT}#12"]


def test_an_answer_that_is_lost_after_the_write_is_looked_for_and_posted_once(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.fail("lost_answer", when=mutation("timelogCreate"))

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert run.output["totals"]["created"] == 1
    assert errors_of(run) == ["AmbiguousWrite"]
    assert states_of(run).count("SettlePostEntry") == 1
    assert len(sync.posted()) == 1
    assert sync.gitlab.count("timelogCreate") == 1


def test_gitlabs_rate_limit_when_posting_is_waited_for_as_long_as_it_says(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.fail("rate_limited", when=mutation("timelogCreate"), seconds=42)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert errors_of(run) == ["GitLabRateLimited"]
    assert states_of(run).count("WaitToPostEntry") == 1
    assert waits_of(run) == [42]
    assert len(sync.posted()) == 1


def waits_of(run):
    """The seconds that the Wait states of posts were told to wait."""
    entered = [event["stateEnteredEventDetails"] for event in run.history if "stateEnteredEventDetails" in event]
    return [json.loads(one["input"])["wait_seconds"] for one in entered if one["name"] == "WaitToPostEntry"]
