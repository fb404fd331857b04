"""What happens late, on the deployed machine: a week of mornings in a few runs, each a morning's without dates.

Time does not pass for the functions, so the days are behind, and people change things between one run and the next.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import pytest

from contract.state import ATTRIBUTES
from tests.workflow.support import (
    GITLAB_TOKEN,
    PROJECT,
    USER,
    cause_of,
    rows_by_entry,
    states_of,
    summary_of,
)


@pytest.fixture
def sync(sync):
    """With an issue, and a week that was synced before anything in it was tracked: all of it is late."""
    sync.issue(iid=12)
    seen = datetime.now(UTC) - timedelta(minutes=30)
    sync.forget(
        synced_through=str(seen.date() - timedelta(days=1)),
        posted_by=USER,
        posted_by_id=str(sync.gitlab.user(USER).id),
        changes_seen=seen.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return sync


def late(sync, description, days_ago=4, hour=9, seconds=1800):
    day = datetime.now(UTC).date() - timedelta(days=days_ago)
    return sync.toggl.type_in(description, datetime.combine(day, time(hour), UTC), seconds)


def times(sync):
    return [(issue, seconds) for issue, seconds, _spent_at, _summary in sync.posted()]


def test_what_is_typed_in_edited_moved_and_deleted_days_later_is_on_gitlab_once(sync):
    typed_in, lengthened, named, moved = (
        late(sync, "#12 Forgotten", hour=8),
        late(sync, "#12 Too short", hour=9),
        late(sync, "Without a number", hour=10),
        late(sync, "#12 On the wrong day", hour=11),
    )
    first = sync.start({})
    sync.toggl.edit(lengthened.id, stop=3600)
    sync.toggl.edit(named.id, description="#12 With a number")
    sync.toggl.move(moved.id, moved.start - timedelta(days=14))

    second, third = sync.start({}), sync.start({})

    assert [rows_by_entry(first.output)[one.id]["outcome"] for one in (typed_in, lengthened, named, moved)] == [
        *("created", "created", "skipped", "created"),
    ]
    assert [rows_by_entry(second.output)[one.id]["outcome"] for one in (lengthened, named, moved)] == [
        *("replaced", "created", "replaced"),
    ]
    assert third.output["outcome"] == "nothing_to_sync"
    assert sync.posted_ids() == [moved.id, typed_in.id, lengthened.id, named.id]
    assert times(sync) == [(f"{PROJECT}#12", 1800)] * 2 + [(f"{PROJECT}#12", 3600), (f"{PROJECT}#12", 1800)]


def test_days_of_failed_first_runs_are_posted_and_a_time_in_the_future_moves_nothing(sync):
    sync.forget()
    day = datetime.now(UTC).date() - timedelta(days=3)
    entry = sync.toggl.add_entry("#12 The first day", datetime.combine(day, time(9), UTC), 1800)
    sync.gitlab.revoke_token(GITLAB_TOKEN)
    failed = sync.start({"scheduled_time": f"{day + timedelta(days=1)}T08:00:00Z"})
    begun = sync.item()
    sync.gitlab.add_token(GITLAB_TOKEN, USER)

    ahead = sync.start({"scheduled_time": f"{day + timedelta(days=30)}T08:00:00Z"})
    unmoved = sync.item()
    run = sync.start({})

    assert (failed.error, ahead.error, run.status) == ("GitLabUnauthorized", "InvalidInput", "SUCCEEDED")
    assert "BeginSync" in states_of(failed)
    assert begun["synced_through"] == unmoved["synced_through"] == str(day - timedelta(days=1))
    assert sync.posted_ids() == [entry.id]
    assert set(sync.item()) <= {"id", *ATTRIBUTES}


def test_a_refusal_is_told_once_and_a_project_out_of_sight_each_time_and_neither_is_lost(sync):
    sync.gitlab.add_project("other/place", roles={USER: "guest"})
    sync.gitlab.add_issue("other/place", "Out of reach", iid=5)
    refused = late(sync, "other/place#5 Out of reach")
    red, green = sync.start({}), sync.start({})
    sync.gitlab.set_role(PROJECT, USER, None)
    sync.gitlab.project(PROJECT).default_role = None
    unseen = late(sync, "#12 Navigation menu", hour=12)
    before = sync.item()
    invisible, still = sync.start({}), sync.start({})
    held = sync.item()
    sync.gitlab.set_role(PROJECT, USER, "developer")
    sync.gitlab.set_role("other/place", USER, "developer")
    healed = sync.start({})

    assert (red.error, cause_of(red)["failed"][0]["reason"]) == ("EntriesFailed", "no_permission")
    assert (green.status, green.output["warnings"]) == ("SUCCEEDED", {"still_refused": 1})
    for run in (invisible, still):
        assert [(row["entry_id"], row["reason"]) for row in cause_of(run)["failed"]] == [
            (unseen.id, "project_not_visible")
        ]
        assert summary_of(run)["totals"]["failed"] == 2
    assert (held["synced_through"], held["changes_seen"]) == (before["synced_through"], before["changes_seen"])
    assert [one["id"] for one in json.loads(held["pending"])] == [refused.id]
    assert healed.status == "SUCCEEDED"
    assert sorted(sync.posted_ids()) == sorted([refused.id, unseen.id])


def test_a_renamed_user_and_a_new_bot_post_nothing_twice(sync):
    entry = late(sync, "#12 Navigation menu")
    sync.start({})
    sync.gitlab.change_username(USER, "mira.v")
    sync.gitlab.set_role(PROJECT, "mira.v", "developer")
    renamed = sync.start({})
    sync.gitlab.add_user("bot-2")
    sync.gitlab.set_role(PROJECT, "bot-2", "developer")
    sync.gitlab.add_token(GITLAB_TOKEN, "bot-2")
    sync.toggl.edit(entry.id, description="#12 Navigation menu, again")

    refused, accepted, after = sync.start({}), sync.start({"accept_new_user": True}), sync.start({})

    assert (renamed.status, refused.error) == ("SUCCEEDED", "GitLabUserChanged")
    assert (accepted.status, after.status) == ("SUCCEEDED", "SUCCEEDED")
    assert sync.item()["posted_by"] == "bot-2"
    assert sync.posted_ids() == [entry.id]


def test_a_moved_issue_and_time_on_an_epic_leave_the_time_once_and_the_mornings_green(sync):
    entry = late(sync, "#12 Navigation menu")
    sync.start({})
    epic = sync.gitlab.add_epic("studio", "The whole house")
    sync.gitlab.add_timelog(epic, USER, 3600, datetime.now(UTC) - timedelta(days=1), "by hand")
    sync.gitlab.add_project("studio/archive-of-ideas", roles="developer")
    new = sync.gitlab.move_issue(sync.gitlab.issuable(f"{PROJECT}#12"), "studio/archive-of-ideas")

    run, after = sync.start({}), sync.start({})

    assert (run.status, run.output["totals"]["duplicates_removed"]) == ("SUCCEEDED", 1)
    assert (after.status, after.output["outcome"]) == ("SUCCEEDED", "nothing_to_sync")
    assert sync.posted_ids() == [entry.id]
    assert (new.reference, 1800) in times(sync)
