"""A deployed run that somebody stops, while its Lambdas live on: what was on its way lands once."""

from __future__ import annotations

import pytest

from contract import limits
from local.standins.gitlab.server import mutation, query
from local.standins.toggl.server import on_entries
from tests.workflow.deployed.support import held, until
from tests.workflow.support import states_of

TITLE = "Prepare the harbour fair"


@pytest.fixture
def entries(sync):
    """A day whose sync creates an issue and posts three entries."""
    sync.issue(iid=12)
    return [sync.track("#12 Navigation menu", hour=8), sync.track("#12 Footer", hour=9), sync.track(TITLE, hour=10)]


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
