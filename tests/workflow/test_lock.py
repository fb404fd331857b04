"""One run at a time, whoever starts it, and nobody is blocked by a run that is dead."""

from __future__ import annotations

import pytest

from contract import names
from local.gitlab import mutation, query
from tests.workflow.house import GITLAB_TOKEN, PROJECT, cause_of, states_of


def test_a_run_takes_the_lock_and_gives_it_back(sync):
    run = sync.run()

    assert states_of(run).index("AcquireLock") < states_of(run).index("TransformEntries")
    assert "holder" not in sync.item()


def test_a_failed_run_gives_the_lock_back(sync):
    sync.gitlab.revoke_token(GITLAB_TOKEN)

    run = sync.run()

    assert run.status == "FAILED"
    assert "ReleaseLock" in states_of(run)
    assert "holder" not in sync.item()


def test_a_dry_run_takes_no_lock(sync):
    run = sync.run(dry_run=True)

    assert run.status == "SUCCEEDED"
    assert not {"AcquireLock", "ReleaseLock"} & set(states_of(run))
    assert sync.item() == {}


def test_a_second_run_waits_for_a_bounded_time_and_then_names_the_holder(sync):
    sync.gitlab.fail("slow", when=query("timelogs"), seconds=8)
    first = sync.begin()
    sync.until(lambda: "holder" in sync.item())

    second = sync.run()

    assert (second.status, second.error) == ("FAILED", "SyncAlreadyRunning")
    assert first in cause_of(second)["message"]
    assert states_of(second).count("WaitForTurn") == 900 // 15
    assert sync.finish(first).status == "SUCCEEDED"


def test_a_second_run_gets_its_turn_when_the_first_ends(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.fail("slow", when=mutation("timelogCreate"), seconds=0.3)
    first = sync.begin()
    sync.until(lambda: "holder" in sync.item())

    second = sync.run()

    assert sync.finish(first).status == "SUCCEEDED"
    assert second.status == "SUCCEEDED"
    assert "WaitForTurn" in states_of(second)
    assert second.output["totals"]["kept"] == 1
    assert len(sync.posted()) == 1


def test_runs_started_at_the_same_moment_never_post_twice(sync):
    sync.issue(iid=12)
    for hour in range(8, 14):
        sync.track("#12 Navigation menu", hour=hour)

    runs = [sync.finish(arn) for arn in [sync.begin() for _ in range(3)]]

    assert [run.status for run in runs] == ["SUCCEEDED"] * 3
    assert sum(run.output["totals"]["created"] for run in runs) == 6
    assert len(sync.posted()) == 6
    assert sync.gitlab.count("timelogCreate") == 6


@pytest.mark.parametrize("where", ["timelogs", "timelogCreate"])
def test_a_stopped_run_is_taken_over_and_the_next_one_completes_the_day(deployment, sync, where):
    sync.issue(iid=12)
    for hour in range(8, 12):
        sync.track("#12 Navigation menu", hour=hour)
    sync.gitlab.fail("slow", when=lambda request: where in request.body.decode(), seconds=1.5)
    first = sync.begin()
    sync.until(lambda: any(where in fields for fields in sync.gitlab.operations))
    deployment.aws.client("stepfunctions").stop_execution(executionArn=first, error="Stopped", cause="by a person")
    assert sync.item()["holder"] == first
    # The waits are scaled down, GitLab's slowness is not: what was sent lands before the next run may look.
    sync.until(lambda: where == "timelogs" or len(sync.posted()) > 0)

    second = sync.run()

    assert second.status == "SUCCEEDED"
    assert {"DescribeHolder", "LetItsWritesLand", "TakeOverLock"} <= set(states_of(second))
    assert len(sync.posted()) == 4
    assert "holder" not in sync.item()


def test_a_holder_that_nobody_remembers_is_taken_over(sync):
    holder = "arn:aws:states:us-east-1:111122223333:execution:toggl-gitlab-sync-prod:long-gone"
    sync.forget(holder=holder, synced_through="", posted_by="")

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert "TakeOverLock" in states_of(run)
    assert "holder" not in sync.item()


def test_another_users_token_is_refused_until_it_is_accepted(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.run()
    assert sync.item()["posted_by"] == "mira"
    sync.gitlab.add_user("jonas")
    sync.gitlab.set_role(PROJECT, "jonas", "developer")
    sync.gitlab.add_token(GITLAB_TOKEN, "jonas")
    sync.track("#12 Navigation menu", hour=11)

    refused = sync.run()
    accepted = sync.run(accept_new_user=True)

    assert (refused.status, refused.error) == ("FAILED", "GitLabUserChanged")
    assert "accept_new_user" in cause_of(refused)["message"]
    assert "mira" in cause_of(refused)["message"]
    assert accepted.status == "SUCCEEDED"
    assert sync.item()["posted_by"] == "jonas"


def test_a_failed_run_publishes_what_happened_and_which_entries(sync):
    sync.gitlab.add_project("other/place", roles={"mira": "guest"})
    sync.gitlab.add_issue("other/place", "Out of reach", iid=5)
    entry = sync.track("other/place#5 Zanzibar quadrant")

    with sync.mailbox() as mails:
        run = sync.run()
        text = mails()

    assert run.status == "FAILED"
    assert f"entry {entry.id} on other/place#5: no_permission" in text
    assert "EntriesFailed" in text
    assert run.arn in text
    assert "Zanzibar" not in text


def test_a_table_that_is_gone_fails_the_run_by_name_and_with_a_cause(deployment, sync):
    tables = deployment.aws.client("dynamodb")
    name = names.table("prod")
    tables.delete_table(TableName=name)
    try:
        run = sync.run()
    finally:
        tables.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    assert (run.status, run.error) == ("FAILED", "DynamoDB.ResourceNotFoundException")
    assert cause_of(run)["message"]
    assert sync.toggl.requests == []
