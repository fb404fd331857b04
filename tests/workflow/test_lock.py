"""One run at a time, whoever starts it, and nobody is blocked by a run that is dead."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from contract import names
from local.standins.gitlab.server import mutation
from tests.workflow.support import GITLAB_TOKEN, PROJECT, cause_of, held, states_of, until


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


def test_a_second_run_gets_its_turn_when_the_first_ends(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")

    with held(sync.gitlab, mutation("timelogCreate")) as creation:
        first = sync.begin()
        until(lambda: creation.requests)
        waiting = sync.begin()
        until(lambda: "WaitForTurn" in sync.entered(waiting))
    second = sync.finish(waiting)

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


def test_two_runs_started_at_the_same_moment_post_everything_once_ten_times_over(sync):
    sync.issue(iid=12)
    fine = {("SUCCEEDED", None), ("FAILED", "SyncAlreadyRunning")}
    tracked, ended = [], []

    for _ in range(10):
        sync.day -= timedelta(days=1)
        tracked += [sync.track("#12 Navigation menu", hour=hour) for hour in (8, 9, 10)]
        with ThreadPoolExecutor(2) as people:
            arns = list(people.map(lambda _person: sync.begin(), range(2)))
        ended.append([sync.finish(arn) for arn in arns])

    assert [[run for run in pair if (run.status, run.error) not in fine] for pair in ended] == [[]] * 10
    assert [max(run.status for run in pair) for pair in ended] == ["SUCCEEDED"] * 10
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in tracked)
    assert sync.gitlab.count("timelogCreate") == len(tracked)
    assert "holder" not in sync.item()


def test_a_holder_that_nobody_remembers_is_taken_over(sync):
    holder = "arn:aws:states:us-east-1:111122223333:execution:toggl-gitlab-sync-prod:long-gone"
    sync.forget(holder=holder, synced_through="", posted_by="")

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert "TakeOverLock" in states_of(run)
    assert "holder" not in sync.item()


def test_another_users_token_posts_once_it_is_accepted(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.run()
    before = sync.item()["posted_by"]
    sync.gitlab.add_user("jonas")
    sync.gitlab.set_role(PROJECT, "jonas", "developer")
    sync.gitlab.add_token(GITLAB_TOKEN, "jonas")
    sync.track("#12 Navigation menu", hour=11)

    accepted = sync.run(accept_new_user=True)

    assert accepted.status == "SUCCEEDED"
    assert (before, sync.item()["posted_by"]) == ("mira", "jonas")


def test_another_user_who_is_accepted_on_a_day_without_entries_stays_accepted(sync):
    sync.forget(posted_by="mira")
    sync.gitlab.add_user("jonas")
    sync.gitlab.add_token(GITLAB_TOKEN, "jonas")

    accepted = sync.run(accept_new_user=True)
    later = sync.run()

    assert (accepted.status, accepted.output["outcome"]) == ("SUCCEEDED", "nothing_to_sync")
    assert sync.item()["posted_by"] == "jonas"
    assert later.status == "SUCCEEDED"


def test_a_dry_run_records_nobody(sync):
    sync.forget(posted_by="mira")
    sync.gitlab.add_user("jonas")
    sync.gitlab.add_token(GITLAB_TOKEN, "jonas")

    run = sync.run(accept_new_user=True, dry_run=True)

    assert run.status == "SUCCEEDED"
    assert sync.item() == {"id": "sync", "posted_by": "mira"}


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
