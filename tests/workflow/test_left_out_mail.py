"""What finished days have left out is told by mail: once, when they are finished, and whatever becomes of the mail.

It is a Monday at noon when a test begins; each morning's run begins at eight, UTC.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from ministack.services import sns

from contract import names
from contract.state import SyncState
from local.standins.gitlab.server import mutation
from tests.workflow.in_process import Stopped
from tests.workflow.support import errors_of, states_of
from tests.workflow.test_late_changes import all_green, at, morning, mornings

TOPIC = f"arn:aws:sns:us-east-1:000000000000:{names.topic('prod')}"


@pytest.fixture
def sync(sync):
    """With an issue, and the mail; the tracked day is today."""
    sync.machine.variables["LEFT_OUT_MAIL"] = "true"
    sync.day = sync.machine.now().date()
    sync.issue(iid=12)
    return sync


@pytest.fixture
def mails(monkeypatch):
    """What is published: subject and text of each."""
    sent = []
    publish = sns.publish_internal

    def published(topic_arn, message, subject="", **how):
        sent.append((subject, message))
        return publish(topic_arn, message, subject, **how)

    monkeypatch.setattr(sns, "publish_internal", published)
    return sent


def told(sync):
    return {version.id for version in SyncState.from_texts(sync.item()).told}


def test_the_morning_after_tells_what_its_day_left_out_and_the_next_does_not(sync, mails):
    sync.track("#12 Navigation menu", seconds=3600)
    call = sync.track("Call with the customer", hour=10)
    sync.track("Coffee", seconds=60, hour=8)

    first, second = mornings(sync, 2)

    assert all_green([first, second])
    [(subject, text)] = mails
    assert subject == "toggl-gitlab-sync-prod: 1 entry left out"
    assert text.startswith(
        f"toggl-gitlab-sync-prod has finished the days up to {sync.day}. 1 entry (0:30:00) was left out"
    )
    assert f'{sync.day:- %Y-%m-%d %a}, 0:30:00, "Call with the customer"\n' in text
    assert "What to do: put the issue's number into the description\n" in text
    assert told(sync) == {call.id}
    assert states_of(first)[-5:] == ["HoldsLock", "TellLeftOut", "ReleaseLock", "AnythingFailed", "Synced"]
    assert "TellLeftOut" not in states_of(second)


def test_an_entry_that_was_changed_and_is_still_left_out_is_told_again(sync, mails):
    call = sync.track("Call", hour=10)
    mornings(sync, 2)
    sync.toggl.edit(call.id, description="Call #99")

    mornings(sync, 2)

    assert len(mails) == 2
    assert "issue_not_found: " in mails[1][1]
    assert '0:30:00, "Call #99"' in mails[1][1]


def test_what_is_typed_in_late_is_told_and_what_is_repaired_is_not(sync, mails):
    mornings(sync, 2)
    sync.toggl.type_in("Forgotten", at(sync.day, 14), 3600)
    sync.toggl.type_in("#12 Forgotten too", at(sync.day, 16), 3600)

    morning(sync)

    [(_subject, text)] = mails
    assert f'{sync.day:- %Y-%m-%d %a}, 1:00:00, "Forgotten"' in text
    assert "Forgotten too" not in text


def test_a_day_that_is_not_finished_is_told_when_it_is(sync, mails):
    entry = sync.track("#12 Navigation menu", hour=9)
    sync.track("Call", hour=10)
    sync.gitlab.fail("status", when=mutation("timelogCreate"), status=504, times=4)

    failed, healed = mornings(sync, 2)

    assert (failed.status, healed.status) == ("FAILED", "SUCCEEDED")
    assert sync.posted_ids() == [entry.id]
    assert [subject for subject, _text in mails] == [
        "toggl-gitlab-sync-prod: a run failed",
        "toggl-gitlab-sync-prod: 1 entry left out",
    ]
    assert "TellLeftOut" not in states_of(failed)


def test_a_refusal_keeps_no_mail_back_since_it_is_pending(sync, mails):
    sync.gitlab.add_project("studio/closed", id=77, roles={"mira": "guest"})
    sync.gitlab.add_issue("studio/closed", "Closed", iid=5)
    sync.track("studio/closed#5 Refused", hour=9)
    sync.track("Call", hour=10)

    run = morning(sync)

    assert (run.error, sync.item()["synced_through"]) == ("EntriesFailed", str(sync.day))
    assert [subject for subject, _text in mails] == [
        "toggl-gitlab-sync-prod: 1 entry left out",
        "toggl-gitlab-sync-prod: a run failed",
    ]


def test_a_mail_that_cannot_be_sent_fails_no_run_and_counts_as_not_told(sync, monkeypatch):
    sync.track("#12 Navigation menu")
    sync.track("Call", hour=10)
    monkeypatch.delitem(sns._topics, TOPIC)

    run = morning(sync)

    assert (run.status, run.output["totals"]["created"]) == ("SUCCEEDED", 1)
    assert errors_of(run) == ["SNS.PublishFailed"]
    assert states_of(run)[-4:] == ["TellLeftOut", "ReleaseLock", "AnythingFailed", "Synced"]
    assert sync.item()["told"] == ""
    assert sync.item()["synced_through"] == str(sync.day)


def test_a_run_that_is_stopped_at_its_mail_is_completed_and_told_by_the_next(sync, mails):
    entry = sync.track("#12 Navigation menu")
    sync.track("Call", hour=10)

    def stop(name):
        if name == "TellLeftOut":
            raise Stopped

    sync.machine.at_state = stop
    stopped = morning(sync)
    sync.machine.at_state = lambda _name: None

    completed = morning(sync)

    assert (stopped.status, completed.status) == ("ABORTED", "SUCCEEDED")
    assert sync.posted_ids() == [entry.id]
    assert len(mails) == 1
    assert "holder" not in sync.item()


@pytest.mark.parametrize("run_input", [{"dry_run": True}, {"minimum_duration": 0}, {"catch_up_days": 0}])
def test_a_run_that_does_not_count_tells_nothing(sync, mails, run_input):
    sync.track("Call", hour=10)

    run = morning(sync, **run_input)

    assert run.output["skipped_by_reason"] == {"no_issue": 1}
    assert mails == []


def test_a_run_by_hand_for_days_that_are_finished_tells_nothing(sync, mails):
    sync.track("Call", hour=10)
    mornings(sync, 1)

    sync.run(start_date=str(sync.day - timedelta(days=9)), end_date=str(sync.day))

    assert len(mails) == 1


def test_without_the_setting_nothing_is_told_and_no_state_is_passed(sync, mails):
    sync.machine.variables["LEFT_OUT_MAIL"] = "false"
    sync.track("Call", hour=10)

    run = morning(sync)

    assert mails == []
    assert states_of(run)[-4:] == ["HoldsLock", "ReleaseLock", "AnythingFailed", "Synced"]
    assert sync.item()["told"] == ""


def test_a_large_run_tells_100_and_counts_the_others(sync, mails):
    for number in range(420):
        sync.track(f"Call {number}", seconds=300, hour=1 + number // 60, minute=number % 60)
    sync.track("#12 Navigation menu", seconds=60 * 60, hour=9)

    run = morning(sync)

    assert isinstance(run.output["entries"], str)
    [(subject, text)] = mails
    assert subject.endswith(": 420 entries left out")
    assert text.startswith("This run left out more than it logged: 35:00:00 left out, 1:00:00 on GitLab.\n")
    assert text.count("\n- ") == 100
    assert "And 320 more, which the run's output lists." in text
    assert len(told(sync)) == 420


def test_what_was_told_before_stays_when_there_is_nothing_new(sync, mails):
    sync.machine.record(told='[[7,"2026-11-19T10:00:00Z"]]', synced_through=str(sync.day - timedelta(days=1)))

    morning(sync)

    assert json.loads(sync.item()["told"]) == [[7, "2026-11-19T10:00:00Z"]]
    assert mails == []
