"""A run that somebody stops, wherever it is: the next one completes the day, and what was on its way lands once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contract import limits
from local.standins.gitlab.server import mutation, query
from local.standins.toggl.server import on_entries
from tests.workflow.support import all_states, held, states_of, until

TITLE = "Prepare the harbour fair"
LONG_GONE = "arn:aws:states:us-east-1:111122223333:execution:toggl-gitlab-sync-prod:long-gone"


def nothing_happens(_sync):
    pass


def toggl_asks_to_wait(sync):
    sync.toggl.fail("rate_limited", seconds=30)


def gitlab_asks_to_wait(sync):
    sync.gitlab.fail("rate_limited", when=query("timelogs"), seconds=30)


def an_issue_has_to_wait(sync):
    sync.gitlab.fail("rate_limited", when=mutation("createIssue"), seconds=30)


def a_post_has_to_wait(sync):
    sync.gitlab.fail("rate_limited", when=mutation("timelogCreate"), seconds=30)


def the_answer_to_an_issue_is_lost(sync):
    sync.gitlab.fail("lost_answer", when=mutation("createIssue"))


def the_answer_to_a_post_is_lost(sync):
    sync.gitlab.fail("lost_answer", when=mutation("timelogCreate"))


def an_issue_is_refused(sync):
    sync.gitlab.fail("payload_error", when=mutation("createIssue"))


def a_post_is_refused(sync):
    sync.gitlab.fail("payload_error", when=mutation("timelogCreate"))


def a_run_that_nobody_remembers_holds_the_lock(sync):
    sync.forget(holder=LONG_GONE, synced_through="", posted_by="")


def another_run_holds_the_lock(sync):
    sync.begin_and_stand_still_at("TransformEntries")


WAYS = {
    "ReadState": nothing_happens,
    "FetchEntries": nothing_happens,
    "MayWaitForToggl": toggl_asks_to_wait,
    "WaitForToggl": toggl_asks_to_wait,
    "NeedsLock": nothing_happens,
    "AcquireLock": nothing_happens,
    "ReadHolder": a_run_that_nobody_remembers_holds_the_lock,
    "IsLockHeld": a_run_that_nobody_remembers_holds_the_lock,
    "DescribeHolder": a_run_that_nobody_remembers_holds_the_lock,
    "DoesHolderRun": another_run_holds_the_lock,
    "MayWaitForTurn": another_run_holds_the_lock,
    "WaitForTurn": another_run_holds_the_lock,
    "GiveUpWaiting": another_run_holds_the_lock,
    "LetItsWritesLand": a_run_that_nobody_remembers_holds_the_lock,
    "TakeOverLock": a_run_that_nobody_remembers_holds_the_lock,
    "TransformEntries": nothing_happens,
    "MayWaitForGitLab": gitlab_asks_to_wait,
    "WaitForGitLab": gitlab_asks_to_wait,
    "AnythingToPost": nothing_happens,
    "RecordUser": nothing_happens,
    "CreateIssues": nothing_happens,
    "CreateIssue": nothing_happens,
    "MayWaitToCreateIssue": an_issue_has_to_wait,
    "WaitToCreateIssue": an_issue_has_to_wait,
    "SettleCreateIssue": the_answer_to_an_issue_is_lost,
    "MayLookForCreateIssue": the_answer_to_an_issue_is_lost,
    "RecordCreateIssueFailure": an_issue_is_refused,
    "PostEntries": nothing_happens,
    "PostEntry": nothing_happens,
    "MayWaitToPostEntry": a_post_has_to_wait,
    "WaitToPostEntry": a_post_has_to_wait,
    "SettlePostEntry": the_answer_to_a_post_is_lost,
    "MayLookForPostEntry": the_answer_to_a_post_is_lost,
    "RecordPostEntryFailure": a_post_is_refused,
    "Summarise": nothing_happens,
    "HoldsLock": nothing_happens,
    "ReleaseLock": nothing_happens,
    "AnythingFailed": nothing_happens,
    "NotifyFailure": a_post_is_refused,
    "Failed": a_post_is_refused,
    "Synced": nothing_happens,
}
"""What has to happen for a run to get to a state."""


@pytest.fixture
def entries(sync):
    """A day whose sync creates an issue and posts three entries."""
    sync.issue(iid=12)
    return [sync.track("#12 Navigation menu", hour=8), sync.track("#12 Footer", hour=9), sync.track(TITLE, hour=10)]


@pytest.mark.parametrize("state", WAYS)
def test_a_run_stopped_at_any_state_is_completed_by_the_next(sync, entries, state):
    WAYS[state](sync)
    sync.begin_and_stand_still_at(state, auto_create_issues=True)
    for arn in sync.begun:
        sync.stop(arn)

    run = sync.run(auto_create_issues=True)

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert sync.posted_ids() == [entry.id for entry in entries]
    assert [issue.title for issue in sync.gitlab.issues].count(TITLE) == 1
    assert "holder" not in sync.item()


def a_batch_has_to_wait(sync):
    sync.gitlab.fail("rate_limited", when=mutation("timelogCreate"), seconds=30)


LARGE_WAYS = {
    "IsHandedOver": nothing_happens,
    "PostBatches": nothing_happens,
    "PostBatch": nothing_happens,
    "SettlePostBatch": the_answer_to_a_post_is_lost,
    "MayLookForPostBatch": the_answer_to_a_post_is_lost,
    "MayWaitToPostBatch": a_batch_has_to_wait,
    "WaitToPostBatch": a_batch_has_to_wait,
    "CollectOutcomes": nothing_happens,
}
"""The same for the states of a run that is handed over through S3."""


@pytest.mark.parametrize("state", LARGE_WAYS)
def test_a_large_run_stopped_at_any_state_is_completed_by_the_next(sync, entries, state):
    start = datetime(sync.day.year, sync.day.month, sync.day.day, 11, tzinfo=UTC)
    more = [sync.toggl.add_entry("#12 More", start + timedelta(minutes=n), 600) for n in range(limits.INLINE_ITEMS)]
    LARGE_WAYS[state](sync)
    sync.begin_and_stand_still_at(state, auto_create_issues=True)
    for arn in sync.begun:
        sync.stop(arn)
    sync.gitlab.faults.clear()
    # A batch takes as long as it does, while the time in which it may live on is scaled down.
    sync.gitlab.await_quiet(1)

    run = sync.run(auto_create_issues=True)

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in [*entries, *more])
    assert "holder" not in sync.item()


def test_every_state_of_the_machine_is_among_those_that_a_run_is_stopped_at(deployment):
    # 60 failed calls away, or behind a fault of Lambda itself; none of them writes, and what follows is stopped too.
    far = {"RecordPostBatchFailure", *(f"Let{name}End" for name in ("CreateIssue", "PostEntry", "PostBatch"))}
    assert {*WAYS, *LARGE_WAYS, *far} == set(all_states(deployment.definition()))


@pytest.mark.parametrize(("service", "reads"), [("toggl", on_entries), ("gitlab", query("timelogs"))])
def test_a_run_stopped_while_it_reads_is_completed_by_the_next(sync, entries, service, reads):
    with held(getattr(sync, service), reads) as reading:
        first = sync.begin(auto_create_issues=True)
        until(lambda: reading.requests)
        sync.stop(first)

    run = sync.run(auto_create_issues=True)

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert sync.posted_ids() == [entry.id for entry in entries]
    assert "holder" not in sync.item()


LANDING_SECONDS = limits.POST_TIMEOUT_SECONDS + 60
"""After its run was stopped, a Lambda works for a minute at most, and GitLab for another one on what that has sent."""


def land_late(sync, when, requests):
    """Let the held requests go, without an answer: GitLab carries them out as late as it can."""
    fault = sync.gitlab.fail("late", when=when, times=len(requests.requests), seconds=LANDING_SECONDS)
    requests.let_go()
    until(lambda: fault.times == 0)


@pytest.mark.parametrize("write", ["createIssue", "timelogCreate"])
def test_what_a_stopped_run_had_sent_lands_later_and_is_not_sent_again(sync, entries, write):
    expected = 3 if write == "timelogCreate" else 1
    with held(sync.gitlab, mutation(write)) as writes:
        first = sync.begin(auto_create_issues=True)
        until(lambda: len(writes.requests) == expected)
        sync.stop(first)
        land_late(sync, mutation(write), writes)
    before = sync.gitlab.count(write), sync.posted_ids(), sync.item()["holder"]

    run = sync.run(auto_create_issues=True)

    assert before == (expected, [], first)
    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert {"DescribeHolder", "LetItsWritesLand", "TakeOverLock"} <= set(states_of(run))
    assert sync.gitlab.count(write) == expected
    assert sync.posted_ids() == [entry.id for entry in entries]
    assert [issue.title for issue in sync.gitlab.issues].count(TITLE) == 1
    assert "holder" not in sync.item()


def test_a_removal_that_a_stopped_run_had_sent_lands_later_and_removes_nothing_else(sync, entries):
    sync.run(auto_create_issues=True)
    sync.toggl.edit(entries[0].id, stop=entries[0].start.replace(hour=11))
    with held(sync.gitlab, mutation("timelogDelete")) as removal:
        first = sync.begin(auto_create_issues=True)
        until(lambda: removal.requests)
        sync.stop(first)
        land_late(sync, mutation("timelogDelete"), removal)
    before = sync.posted_ids()

    run = sync.run(auto_create_issues=True)

    assert before == [entries[0].id, *(entry.id for entry in entries)]
    assert (run.status, run.output["outcome"]) == ("SUCCEEDED", "nothing_to_sync")
    assert sync.posted_ids() == [entry.id for entry in entries]
    assert sync.posted()[0][1] == 3 * 3600


def test_a_lambda_that_outlives_its_run_and_writes_then_causes_no_double(sync):
    """It has looked for its first attempt, has found nothing, and writes when nobody waits for it any more."""
    sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu")
    sync.gitlab.fail("status", when=mutation("timelogCreate"), status=502)
    late = sync.gitlab.fail("late", when=mutation("timelogCreate"), seconds=LANDING_SECONDS)

    def looks(request):
        return query("timelogs")(request) and sync.gitlab.count("timelogCreate") == 1

    with held(sync.gitlab, looks) as look:
        first = sync.begin()
        until(lambda: look.requests)
        sync.stop(first)
    until(lambda: late.times == 0)
    before = sync.posted_ids()

    run = sync.run()

    assert before == []
    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert run.output["totals"]["kept"] == 1
    assert sync.posted_ids() == [entry.id]


def test_a_write_of_unknown_outcome_may_land_after_its_run_was_stopped_in_the_wait_for_it(sync):
    sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu")
    sync.gitlab.fail("late", when=mutation("timelogCreate"), seconds=LANDING_SECONDS)
    first = sync.begin_and_stand_still_at("SettlePostEntry")
    sync.stop(first)
    before = sync.posted_ids()

    run = sync.run()

    assert before == []
    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert run.output["totals"]["kept"] == 1
    assert sync.posted_ids() == [entry.id]
