"""Runs side by side on the deployed machine, and the mail of one that failed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from local.standins.gitlab.server import mutation
from tests.workflow.deployed.support import held, until
from tests.workflow.support import states_of


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


def test_two_runs_started_at_the_same_moment_post_everything_once_three_times_over(sync):
    sync.issue(iid=12)
    fine = {("SUCCEEDED", None), ("FAILED", "SyncAlreadyRunning")}
    tracked, ended = [], []

    for _ in range(3):
        sync.day -= timedelta(days=1)
        tracked += [sync.track("#12 Navigation menu", hour=hour) for hour in (8, 9, 10)]
        with ThreadPoolExecutor(2) as people:
            arns = list(people.map(lambda _person: sync.begin(), range(2)))
        ended.append([sync.finish(arn) for arn in arns])

    assert [[run for run in pair if (run.status, run.error) not in fine] for pair in ended] == [[]] * 3
    assert [max(run.status for run in pair) for pair in ended] == ["SUCCEEDED"] * 3
    assert sorted(sync.posted_ids()) == sorted(entry.id for entry in tracked)
    assert sync.gitlab.count("timelogCreate") == len(tracked)
    assert "holder" not in sync.item()


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
