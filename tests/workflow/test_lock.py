"""One run at a time, whoever starts it, and nobody is blocked by a run that is dead."""

from __future__ import annotations

from datetime import timedelta

from ministack.services import stepfunctions

from local.aws.interpreter.errors import StateError
from tests.workflow.support import GITLAB_TOKEN, PROJECT, cause_of, states_of


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
    sync.machine.record(posted_by="mira")
    sync.gitlab.add_user("jonas")
    sync.gitlab.add_token(GITLAB_TOKEN, "jonas")

    accepted = sync.run(accept_new_user=True)
    later = sync.run()

    assert (accepted.status, accepted.output["outcome"]) == ("SUCCEEDED", "nothing_to_sync")
    assert sync.item()["posted_by"] == "jonas"
    assert later.status == "SUCCEEDED"


def test_a_dry_run_records_nobody(sync):
    sync.machine.record(posted_by="mira")
    sync.gitlab.add_user("jonas")
    sync.gitlab.add_token(GITLAB_TOKEN, "jonas")

    run = sync.run(accept_new_user=True, dry_run=True)

    assert run.status == "SUCCEEDED"
    assert sync.item() == {"id": "sync", "posted_by": "mira"}


def test_a_holder_that_nobody_remembers_is_taken_over(sync):
    holder = "arn:aws:states:us-east-1:111122223333:execution:toggl-gitlab-sync-prod:long-gone"
    sync.machine.record(holder=holder, synced_through="", posted_by="")

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert "TakeOverLock" in states_of(run)
    assert "holder" not in sync.item()


def test_a_run_that_never_heard_whether_it_has_the_lock_gives_it_back_and_what_another_has_left_stays(
    sync, monkeypatch
):
    yesterday, today = (str(sync.day + timedelta(days=n)) for n in (1, 2))
    sync.machine.record(synced_through=yesterday, posted_by="")
    update = stepfunctions._invoke_resource

    def lose_the_answer(resource, arguments):
        update(resource, arguments)
        raise StateError("DynamoDB.InternalServerErrorException", "")

    def another_works(state):
        lost = lose_the_answer if state == "AcquireLock" else update
        monkeypatch.setattr(stepfunctions, "_invoke_resource", lost)
        if state == "AcquireLock":
            sync.machine.record(synced_through=today, posted_by="", released_by="another")

    sync.machine.at_state = another_works
    run = sync.start({})

    assert (run.status, run.error) == ("FAILED", "DynamoDB.InternalServerErrorException")
    assert sync.item() == {"id": "sync", "synced_through": today, "posted_by": "", "released_by": "another"}


def test_a_table_that_is_gone_fails_the_run_by_name_and_with_a_cause(sync):
    sync.machine.drop_table()

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "DynamoDB.ResourceNotFoundException")
    assert cause_of(run)["message"]
    assert sync.toggl.requests == []
