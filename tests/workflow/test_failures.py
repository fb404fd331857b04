"""Runs that meet a fault: each ends as the contract says, with a message that a person can act on."""

from __future__ import annotations

import json

import pytest

from contract import names
from local.standins.gitlab.server import mutation, query
from tests.workflow.support import (
    GITLAB_TOKEN,
    PROJECT,
    TOGGL_TOKEN,
    cause_of,
    errors_of,
    rows_by_entry,
    secret_text,
    states_of,
    summary_of,
)


@pytest.mark.parametrize(
    ("run_input", "told"),
    [
        ({"start_dat": "2026-11-01"}, "start_dat"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"start_date": "2026-11-15", "end_date": "2026-11-01"}, "end_date"),
        ({"start_date": "2030-01-01"}, "start_date"),
        ({"end_date": "2026-11-01"}, "end_date"),
        ({"start_date": "2026-11-01", "days_back": 2}, "days_back"),
        ({"days_back": 367}, "days_back"),
        ({"rounding_mode": "bankers"}, "rounding_mode"),
        ({"gitlab_url": "https://elsewhere.example"}, "gitlab_url"),
        (["2026-11-01"], "object"),
    ],
)
def test_an_invalid_input_fails_at_once_and_says_what_is_allowed(sync, run_input, told):
    run = sync.start(run_input)

    assert (run.status, run.error) == ("FAILED", "InvalidInput")
    assert told in cause_of(run)["message"]
    assert "llowed" in cause_of(run)["message"] or "must be" in cause_of(run)["message"]
    assert errors_of(run) == ["InvalidInput"]
    assert sync.toggl.requests == []


@pytest.mark.parametrize(
    ("secret", "token"), [(names.toggl_secret("prod"), TOGGL_TOKEN), (names.gitlab_secret("prod"), GITLAB_TOKEN)]
)
def test_a_run_before_the_token_is_set_fails_with_the_command_that_sets_it(sync, secret, token):
    sync.machine.secrets[secret] = secret_text(names.TOKEN_PLACEHOLDER)

    run = sync.run()
    sync.machine.secrets[secret] = secret_text(token)
    after = sync.run()

    assert (run.status, run.error) == ("FAILED", "TokenMissing")
    assert f"aws secretsmanager put-secret-value --secret-id {secret}" in cause_of(run)["message"]
    assert errors_of(run) == ["TokenMissing"]
    assert after.status == "SUCCEEDED"


def test_a_wrong_toggl_token_fails_without_a_retry(sync):
    sync.toggl.token = "another"

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "TogglUnauthorized")
    assert "secret" in cause_of(run)["message"]
    assert errors_of(run) == ["TogglUnauthorized"]


def test_a_wrong_gitlab_token_fails_without_a_retry(sync):
    sync.gitlab.revoke_token(GITLAB_TOKEN)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "GitLabUnauthorized")
    assert "api" in cause_of(run)["message"]
    assert errors_of(run) == ["GitLabUnauthorized"]


def test_a_token_that_may_only_read_fails_the_run_by_name(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.fail("invalid_token", when=mutation("timelogCreate"))

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "GitLabUnauthorized")
    assert "scope api" in cause_of(run)["message"]
    assert cause_of(run)["failed"][0]["reason"] == "GitLabUnauthorized"


def test_toggl_being_down_is_retried_and_then_fails_the_run(sync):
    sync.toggl.stop()

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "TogglUnavailable")
    assert errors_of(run) == ["TogglUnavailable"] * 6
    assert "did not answer" in cause_of(run)["message"]
    assert sync.gitlab.requests == []


def test_toggl_failing_twice_is_not_noticed(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.toggl.fail("server_error", times=2, status=503)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert errors_of(run) == ["TogglUnavailable"] * 2
    assert len(sync.posted()) == 1


def test_gitlab_being_down_fails_the_run_and_posts_nothing(sync):
    sync.track("#12 Navigation menu")
    sync.gitlab.stop()

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "GitLabUnavailable")
    assert errors_of(run) == ["GitLabUnavailable"] * 6


def test_a_ledger_that_cannot_be_read_is_not_taken_for_an_empty_one(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.fail("internal_error", when=query("timelogs"), times=99)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "GitLabUnavailable")
    assert sync.gitlab.count("timelogCreate") == 0


def test_a_gitlab_that_is_too_old_is_said_to_be(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.make_too_old()

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "GitLabTooOld")
    assert "timelogCreate" in cause_of(run)["message"]


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


def test_gitlabs_own_words_are_the_reason(sync):
    sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu")
    sync.gitlab.fail("payload_error", when=mutation("timelogCreate"), body=b"Total time spent cannot exceed a year.")

    run = sync.run()

    assert run.error == "EntriesFailed"
    assert rows_by_entry(summary_of(run))[entry.id]["reason"] == "Total time spent cannot exceed a year."
    assert "PostEntry" in states_of(run)
    assert "SettlePostEntry" not in states_of(run)


def test_a_run_of_which_every_entry_fails_still_says_so_and_gives_the_lock_back(sync):
    sync.gitlab.add_project("other/place", roles={"mira": "guest"})
    sync.gitlab.add_issue("other/place", "Out of reach", iid=5)
    for minute in range(55):
        sync.track("other/place#5 Out of reach", 600, minute=minute)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "EntriesFailed")
    assert (cause_of(run)["totals"]["failed"], len(cause_of(run)["failed"]), cause_of(run)["more"]) == (55, 50, 5)
    assert "holder" not in sync.item()
    assert "NotifyFailure" in states_of(run)


def test_starting_a_failed_run_again_posts_only_what_is_missing(sync):
    sync.issue(iid=12)
    for hour in (8, 9, 10):
        sync.track("#12 Navigation menu", hour=hour)
    sync.gitlab.fail("payload_error", when=mutation("timelogCreate"), skip=1)
    sync.run()

    again = sync.run()

    assert again.status == "SUCCEEDED"
    assert (again.output["totals"]["created"], again.output["totals"]["kept"]) == (1, 2)
    assert len(sync.posted()) == 3


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("lost_answer", {}),
        ("error_after", {"status": 502}),
        ("error_after", {"status": 504}),
        ("truncated", {}),
    ],
)
def test_an_answer_that_is_lost_after_the_write_is_looked_for_and_posted_once(sync, fault, how):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.fail(fault, when=mutation("timelogCreate"), **how)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert run.output["totals"]["created"] == 1
    assert errors_of(run) == ["AmbiguousWrite"]
    assert states_of(run).count("SettlePostEntry") == 1
    assert len(sync.posted()) == 1
    assert sync.gitlab.count("timelogCreate") == 1


@pytest.mark.parametrize(("fault", "how"), [("refused", {}), ("status", {"status": 502}), ("internal_error", {})])
def test_a_write_that_did_not_happen_is_looked_for_and_then_made(sync, fault, how):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.fail(fault, when=mutation("timelogCreate"), **how)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert len(sync.posted()) == 1
    assert errors_of(run) == ["AmbiguousWrite"]


def test_a_write_whose_outcome_stays_unknown_fails_after_three_looks(sync):
    sync.issue(iid=12)
    entry = sync.track("#12 Navigation menu")
    sync.gitlab.fail("status", when=mutation("timelogCreate"), status=504, times=99)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "EntriesFailed")
    assert rows_by_entry(summary_of(run))[entry.id]["reason"] == "AmbiguousWrite"
    assert errors_of(run) == ["AmbiguousWrite"] * 4
    # Also before it is given up: another run must not read the ledger before the last attempt's write has landed.
    assert states_of(run).count("SettlePostEntry") == 4


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


def test_gitlabs_rate_limit_when_reading_is_waited_for_as_long_as_it_says(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.gitlab.fail("rate_limited", when=query("timelogs"), seconds=17)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert states_of(run).count("WaitForGitLab") == 1
    assert len(sync.posted()) == 1


def test_toggls_quota_is_waited_for(sync):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.toggl.fail("quota", seconds=1200)

    run = sync.run()

    assert run.status == "SUCCEEDED"
    assert errors_of(run) == ["TogglQuotaExceeded"]
    assert states_of(run).count("WaitForToggl") == 1


def test_a_wait_that_is_longer_than_allowed_fails_and_says_when_it_will_work(sync):
    sync.toggl.fail("quota", seconds=3601)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "TogglQuotaExceeded")
    assert "3601 s" in cause_of(run)["message"]
    assert "WaitForToggl" not in states_of(run)


def test_a_feature_that_is_not_paid_for_is_not_waited_for(sync):
    sync.toggl.fail("not_paid")

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "TogglFeatureNotPaid")
    assert errors_of(run) == ["TogglFeatureNotPaid"]


@pytest.mark.parametrize("fault", ["empty", "wrong_shape", "wrong_shape_no_id", "too_large", "truncated"])
def test_an_answer_of_toggl_that_is_none_is_never_taken_for_no_entries(sync, fault):
    sync.issue(iid=12)
    sync.track("#12 Navigation menu")
    sync.toggl.fail(fault, times=99)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "TogglUnavailable")


def test_a_redirect_is_not_followed(sync):
    sync.toggl.fail("redirect", times=99)

    run = sync.run()

    assert (run.status, run.error) == ("FAILED", "InvalidSettings")
    assert "toggl_url" in cause_of(run)["message"]


def waits_of(run):
    """The seconds that the Wait states of posts were told to wait."""
    entered = [event["stateEnteredEventDetails"] for event in run.history if "stateEnteredEventDetails" in event]
    return [json.loads(one["input"])["wait_seconds"] for one in entered if one["name"] == "WaitToPostEntry"]
