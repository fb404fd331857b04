"""A run that somebody stops, wherever it works or waits: the next one completes the day."""

from __future__ import annotations

import json

import pytest

from contract import limits
from local.standins.gitlab.server import mutation, query
from tests.workflow.in_process import Stopped
from tests.workflow.support import all_states

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


def a_post_is_refused(sync):
    sync.gitlab.fail("payload_error", when=mutation("timelogCreate"))


def a_run_that_nobody_remembers_holds_the_lock(sync):
    sync.machine.record(holder=LONG_GONE, synced_through="", posted_by="")


def another_run_holds_the_lock(sync):
    sync.machine.record(holder=sync.begin(), synced_through="", posted_by="")


WAYS = {
    "ReadState": nothing_happens,
    "BeginSync": nothing_happens,
    "FetchEntries": nothing_happens,
    "WaitForToggl": toggl_asks_to_wait,
    "AcquireLock": nothing_happens,
    "ReadHolder": a_run_that_nobody_remembers_holds_the_lock,
    "DescribeHolder": a_run_that_nobody_remembers_holds_the_lock,
    "WaitForTurn": another_run_holds_the_lock,
    "LetItsWritesLand": a_run_that_nobody_remembers_holds_the_lock,
    "TakeOverLock": a_run_that_nobody_remembers_holds_the_lock,
    "TransformEntries": nothing_happens,
    "WaitForGitLab": gitlab_asks_to_wait,
    "RecordUser": nothing_happens,
    "CreateIssues": nothing_happens,
    "CreateIssue": nothing_happens,
    "WaitToCreateIssue": an_issue_has_to_wait,
    "SettleCreateIssue": the_answer_to_an_issue_is_lost,
    "PostEntries": nothing_happens,
    "PostEntry": nothing_happens,
    "WaitToPostEntry": a_post_has_to_wait,
    "SettlePostEntry": the_answer_to_a_post_is_lost,
    "ReleaseLock": nothing_happens,
    "NotifyFailure": a_post_is_refused,
}
"""What has to happen for a run to get to a state."""


@pytest.fixture
def entries(sync):
    """A day whose sync creates an issue and posts three entries."""
    sync.issue(iid=12)
    return [sync.track("#12 Navigation menu", hour=8), sync.track("#12 Footer", hour=9), sync.track(TITLE, hour=10)]


def stop_at(sync, state):
    """Start a run that is stopped when it gets to a state, and stop the one that it may have met."""

    def stop(name):
        if name == state:
            raise Stopped

    sync.machine.at_state = stop
    # Only a run without dates can be the first one.
    days = {"days_back": 3} if state == "BeginSync" else {}
    stopped = sync.run(auto_create_issues=True, **days)
    sync.machine.at_state = lambda _name: None
    for arn in sync.begun:
        sync.machine.stop(arn)
    assert stopped.status == "ABORTED"


@pytest.mark.parametrize("state", WAYS)
def test_a_run_stopped_at_any_state_is_completed_by_the_next(sync, entries, state):
    WAYS[state](sync)
    stop_at(sync, state)

    run = sync.run(auto_create_issues=True)

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert sync.posted_ids() == [entry.id for entry in entries]
    assert [issue.title for issue in sync.gitlab.issues].count(TITLE) == 1
    assert "holder" not in sync.item()


def a_batch_has_to_wait(sync):
    sync.gitlab.fail("rate_limited", when=mutation("timelogCreate"), seconds=30)


LARGE_WAYS = {
    "PostBatches": nothing_happens,
    "PostBatch": nothing_happens,
    "SettlePostBatch": the_answer_to_a_post_is_lost,
    "WaitToPostBatch": a_batch_has_to_wait,
    "CollectOutcomes": nothing_happens,
}
"""The same for the states of a run that is handed over through S3."""


@pytest.mark.parametrize("state", LARGE_WAYS)
def test_a_large_run_stopped_at_any_state_is_completed_by_the_next(sync, entries, state):
    more = [
        sync.track("#12 More", 600, hour=11 + number // 60, minute=number % 60) for number in range(limits.INLINE_ITEMS)
    ]
    LARGE_WAYS[state](sync)
    stop_at(sync, state)
    sync.gitlab.faults.clear()

    run = sync.run(auto_create_issues=True)

    assert (run.status, run.error) == ("SUCCEEDED", None)
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in [*entries, *more])
    assert "holder" not in sync.item()


def test_every_state_that_calls_or_waits_is_among_those_that_a_run_is_stopped_at(sync):
    states = all_states(json.loads(sync.machine.definition))
    # Behind a fault of Lambda itself; what follows them is stopped too.
    far = {f"Let{name}End" for name in ("CreateIssue", "PostEntry", "PostBatch")}
    # Only where somebody wants that mail, see test_left_out_mail, where an input is refused and nothing is done, and
    # where the table does not answer, see test_lock.
    elsewhere = {"TellLeftOut", "ForgetFirstRun", "GiveLockBack"}
    assert {*WAYS, *LARGE_WAYS, *far, *elsewhere} == {
        name for name, one in states.items() if one["Type"] in {"Task", "Wait", "Map"}
    }
