"""Titles and issues: found by their exact title, created once when they are missing, found again ever after."""

from __future__ import annotations

import pytest

from local.standins.gitlab.server import mutation
from tests.workflow.support import PROJECT, cause_of, errors_of, rows_by_entry, states_of, summary_of

TITLE = "Prepare the harbour fair"


def test_a_description_that_is_an_open_issues_title_goes_there(sync):
    issue = sync.issue("Prepare  the HARBOUR fair")
    sync.issue("Prepare the harbour fair", state="closed")
    sync.track(TITLE)

    run = sync.run()

    assert [row[0] for row in sync.posted()] == [issue.reference]
    assert run.output["outcome"] == "synced"


def test_a_title_that_two_open_issues_have_is_not_guessed(sync):
    sync.issue(TITLE)
    sync.issue(TITLE.upper())
    entry = sync.track(TITLE)

    run = sync.run()

    assert rows_by_entry(run.output)[entry.id]["reason"] == "ambiguous_title"
    assert sync.posted() == []


def test_unmatched_entries_get_one_new_issue_per_title(sync):
    sync.track(TITLE, hour=8)
    sync.track(TITLE.lower(), hour=9)
    sync.track("Water the plants", hour=10)
    lunch = sync.track(" Lunch ", hour=12)

    run = sync.run(auto_create_issues=True)

    assert run.status == "SUCCEEDED"
    assert run.output["totals"]["issues_created"] == 2
    assert run.output["totals"]["created"] == 3
    assert rows_by_entry(run.output)[lunch.id]["reason"] == "skip_term"
    created = {issue.title: issue for issue in sync.gitlab.issues}
    assert sorted(created) == [TITLE, "Water the plants"]
    assert created[TITLE].labels == ["toggl-sync"]
    places = [row[0] for row in sync.posted()]
    assert places == [created[TITLE].reference] * 2 + [created["Water the plants"].reference]
    assert {row["issue"] for row in run.output["entries"] if row["outcome"] == "created"} == set(places)


def test_running_again_creates_no_second_issue_also_when_it_was_closed_or_renamed(sync):
    sync.track(TITLE, hour=8)
    sync.track("Water the plants", hour=10)
    sync.run(auto_create_issues=True)
    closed, renamed = sync.gitlab.issues
    sync.gitlab.close_issue(closed)
    renamed.title = "Garden"

    run = sync.run(auto_create_issues=True)

    assert run.output["outcome"] == "nothing_to_sync"
    assert run.output["totals"]["kept"] == 2
    assert sync.gitlab.count("createIssue") == 2


def test_a_dry_run_shows_the_issues_that_it_would_create(sync):
    sync.track(TITLE, hour=8)

    run = sync.run(auto_create_issues=True, dry_run=True)

    assert run.output["totals"]["issues_created"] == 1
    assert run.output["entries"][0]["issue"] == f"{PROJECT}#new"
    assert sync.gitlab.count("createIssue") == 0


@pytest.mark.parametrize("fault", ["lost_answer", "error_after", "refused", "internal_error"])
def test_an_issue_whose_creation_is_in_doubt_is_created_once(sync, fault):
    entry = sync.track(TITLE, hour=8)
    sync.gitlab.fail(fault, when=mutation("createIssue"))

    run = sync.run(auto_create_issues=True)

    assert run.status == "SUCCEEDED"
    assert errors_of(run) == ["AmbiguousWrite"]
    assert [issue.title for issue in sync.gitlab.issues] == [TITLE]
    assert rows_by_entry(run.output)[entry.id]["issue"] == sync.gitlab.issues[0].reference


def test_an_issue_that_may_not_be_created_fails_its_entries_only(sync):
    sync.issue(iid=12)
    sync.gitlab.add_project("other/place", roles={"mira": "guest"})
    refused = sync.track(TITLE, hour=8, project=sync.toggl.add_project("Elsewhere"))
    good = sync.track("#12 Navigation menu", hour=9)

    sync.machine.variables |= {"PROJECT_MAP": '{"Elsewhere": "other/place"}'}
    run = sync.run(auto_create_issues=True)

    assert (run.status, run.error) == ("FAILED", "EntriesFailed")
    rows = rows_by_entry(summary_of(run))
    assert (rows[refused.id]["outcome"], rows[refused.id]["reason"]) == ("failed", "no_permission")
    assert rows[good.id]["outcome"] == "created"
    assert cause_of(run)["totals"]["issues_created"] == 0
    assert "CreateIssue" in states_of(run)


def test_nothing_from_toggl_reaches_the_body_of_an_issue(sync):
    sync.track("/close @everyone Prepare", hour=8)

    sync.run(auto_create_issues=True)

    issue = sync.gitlab.issues[0]
    assert "Prepare" not in issue.description
    assert issue.state == "opened"
    assert (sync.gitlab.quick_actions, sync.gitlab.mentions) == ([], [])


def test_a_deleted_entry_is_removed_only_when_asked_and_toggl_says_so(sync):
    sync.issue(iid=12)
    deleted = sync.track("#12 Navigation menu", hour=8)
    kept = sync.track("#12 Navigation menu", hour=9)
    vanished = sync.track("#12 Navigation menu", hour=10)
    sync.run()
    sync.toggl.delete(deleted.id)
    sync.toggl.forget(vanished.id)

    usual = sync.run()
    removing = sync.run(remove_deleted=True)

    assert usual.output["outcome"] == "nothing_to_sync"
    assert removing.output["totals"]["deleted"] == 1
    rows = rows_by_entry(removing.output)
    assert (rows[deleted.id]["outcome"], rows[deleted.id]["gone"]) == ("deleted", True)
    assert (rows[vanished.id]["outcome"], rows[vanished.id]["warning"]) == ("kept", "not_in_toggl")
    assert removing.output["totals"]["fetched"] == 1
    assert len(sync.posted()) == 2
    assert rows[kept.id]["outcome"] == "kept"


def test_a_run_that_would_remove_more_than_half_changes_nothing_unless_allowed(sync):
    sync.issue(iid=12)
    entries = [sync.track("#12 Navigation menu", hour=hour) for hour in range(8, 16)]
    sync.run()
    for entry in entries[:5]:
        sync.toggl.delete(entry.id)

    refused = sync.run(remove_deleted=True)
    before = len(sync.posted())
    allowed = sync.run(remove_deleted=True, allow_removals=True)

    assert (refused.status, refused.error) == ("FAILED", "TooManyRemovals")
    assert "allow_removals" in cause_of(refused)["message"]
    assert before == 8
    assert allowed.output["totals"]["deleted"] == 5
    assert len(sync.posted()) == 3
