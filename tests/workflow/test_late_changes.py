"""Nothing that happens late is lost: entries that are typed in, edited, moved or deleted days later, and what GitLab
refuses, hides, renames or moves in between.

It is a Monday at noon when a test begins; each morning's run begins at eight, UTC, as the schedule starts it.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta

import pytest

from contract.state import PENDING_AT_MOST
from local.standins.gitlab.server import mutation
from tests.workflow.support import (
    GITLAB_TOKEN,
    PROJECT,
    PROJECT_ID,
    USER,
    cause_of,
    rows_by_entry,
    states_of,
    summary_of,
)

MIRAS_TIME = [(f"{PROJECT}#12", 1800)]


@pytest.fixture
def sync(sync):
    """With an issue; the tracked day is today."""
    sync.day = sync.machine.now().date()
    sync.issue(iid=12)
    return sync


def later(sync, when):
    """Let the time pass until an instant."""
    sync.machine.sleep((when - sync.machine.now()).total_seconds())


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def morning(sync, **run_input):
    """The run of the next morning."""
    now = sync.machine.now()
    day = now.date() if now.hour < 8 else now.date() + timedelta(days=1)
    later(sync, at(day, 8))
    return sync.start({"scheduled_time": f"{day}T08:00:00Z"} | run_input)


def mornings(sync, count):
    return [morning(sync) for _ in range(count)]


def all_green(runs):
    return [(run.status, run.error, run.cause) for run in runs if run.status != "SUCCEEDED"] == []


def times(sync):
    """What the user has on GitLab: issue and seconds."""
    return [row[:2] for row in sync.posted()]


def pending(sync):
    return json.loads(sync.item().get("pending") or "[]")


def accounted(output):
    """Whether a run's output accounts for every second."""
    of = {name.removeprefix("seconds_"): value for name, value in output["totals"].items()}
    return of["tracked"] + of["rounding"] == of["on_gitlab"] + of["left_out"] + of["failed"] - of["differing"]


# What people do in Toggl.


def test_an_entry_that_is_typed_in_after_the_run_of_its_day_is_posted(sync):
    mornings(sync, 1)
    later(sync, sync.machine.now() + timedelta(minutes=65))
    entry = sync.toggl.type_in("#12 Forgotten", at(sync.day, 14), 1800)

    run = morning(sync)

    assert run.status == "SUCCEEDED"
    assert rows_by_entry(run.output)[entry.id]["outcome"] == "created"
    assert run.output["window"]["start"] > str(sync.day + timedelta(days=1))
    assert datetime.fromisoformat(run.output["window"]["changes_since"]) == at(sync.day + timedelta(days=1), 7, 50)
    assert times(sync) == MIRAS_TIME


def test_last_weeks_time_that_is_typed_in_on_friday_is_posted_to_the_second_and_once(sync):
    mornings(sync, 4)
    typed_in = [sync.toggl.type_in("#12 The week", at(sync.day + timedelta(days=n), 9), 28_800) for n in range(4)]

    first, second = mornings(sync, 2)

    assert sync.posted_ids() == [entry.id for entry in typed_in]
    assert first.output["totals"]["seconds_on_gitlab"] == 4 * 28_800
    assert accounted(first.output)
    assert second.output["outcome"] == "nothing_to_sync"
    assert sync.gitlab.count("timelogCreate") == 4


def test_an_entry_that_is_lengthened_days_later_is_corrected(sync):
    entry = sync.track("#12 Navigation menu", hour=10)
    mornings(sync, 2)
    sync.toggl.edit(entry.id, stop=7200)

    run = morning(sync)

    assert rows_by_entry(run.output)[entry.id]["outcome"] == "replaced"
    assert times(sync) == [(f"{PROJECT}#12", 7200)]


def test_an_entry_that_gets_its_issue_days_later_is_posted(sync):
    entry = sync.track("Navigation", hour=10)
    mornings(sync, 2)
    sync.toggl.edit(entry.id, description="#12 Navigation")

    run = morning(sync)

    assert rows_by_entry(run.output)[entry.id]["outcome"] == "created"
    assert times(sync) == MIRAS_TIME


def test_an_entry_that_is_moved_three_days_back_has_one_timelog_there(sync):
    entry = sync.track("#12 Navigation menu", hour=10)
    mornings(sync, 2)
    sync.toggl.move(entry.id, at(sync.day - timedelta(days=3), 10))

    run = morning(sync)

    assert rows_by_entry(run.output)[entry.id]["outcome"] == "replaced"
    assert [row[1:3] for row in sync.posted()] == [(1800, f"{sync.day - timedelta(days=3)}T10:00:00Z")]


@pytest.mark.parametrize(("remove_deleted", "left"), [("true", []), ("false", MIRAS_TIME)])
def test_the_timelog_of_an_entry_that_is_deleted_days_later_goes_where_that_is_wanted(sync, remove_deleted, left):
    sync.machine.variables["REMOVE_DELETED"] = remove_deleted
    entry = sync.track("#12 Navigation menu", hour=10)
    mornings(sync, 3)
    sync.toggl.delete(entry.id)

    runs = mornings(sync, 2)

    assert all_green(runs)
    assert times(sync) == left


def test_an_entry_that_is_moved_by_two_weeks_has_one_timelog_by_schedule(sync):
    entry = sync.track("#12 Navigation menu", hour=10)
    mornings(sync, 13)
    sync.toggl.move(entry.id, at(sync.day + timedelta(days=13), 9))

    run = morning(sync)

    assert rows_by_entry(run.output)[entry.id]["outcome"] == "replaced"
    assert [row[1:3] for row in sync.posted()] == [(1800, f"{sync.day + timedelta(days=13)}T09:00:00Z")]


@pytest.mark.parametrize("moved_by", [-13, 13])
def test_an_entry_that_is_moved_by_two_weeks_has_one_timelog_when_its_day_is_run_by_hand(sync, moved_by):
    day = sync.day
    later(sync, at(day + timedelta(days=14), 12))
    entry = sync.toggl.add_entry("#12 Menu", at(day if moved_by > 0 else day + timedelta(days=13), 10), 1800)
    sync.start({"start_date": str(day), "end_date": str(day + timedelta(days=13))})
    to = day + timedelta(days=13 if moved_by > 0 else 0)
    sync.toggl.move(entry.id, at(to, 10))

    run = sync.start({"start_date": str(to), "end_date": str(to)})

    assert rows_by_entry(run.output)[entry.id]["outcome"] == "replaced"
    assert [row[2] for row in sync.posted()] == [f"{to}T10:00:00Z"]


def test_a_changed_entry_that_is_too_old_is_told_and_left_alone(sync):
    mornings(sync, 1)
    entry = sync.toggl.type_in("#12 Last spring", at(sync.day - timedelta(days=60), 10), 1800)

    runs = mornings(sync, 2)

    assert all_green(runs)
    assert rows_by_entry(runs[0].output)[entry.id]["reason"] == "too_late"
    assert runs[0].output["skipped_by_reason"] == {"too_late": 1}
    assert accounted(runs[0].output)
    assert sync.posted() == []


def test_a_quiet_morning_asks_toggl_twice_and_writes_nothing(sync):
    for hour in (8, 9, 10):
        sync.track("#12 Navigation menu", hour=hour)
    mornings(sync, 3)
    before = len(sync.toggl.requests), len(sync.gitlab.requests)

    run = morning(sync)

    assert run.output["outcome"] == "nothing_to_sync"
    assert len(sync.toggl.requests) - before[0] == 2
    assert len(sync.gitlab.requests) - before[1] <= 4


def test_more_changes_than_toggl_gives_at_once_are_all_taken_in(sync):
    mornings(sync, 1)
    first = sync.toggl.type_in("#12 The first of many", at(sync.day - timedelta(days=5), 9), 1800)
    later(sync, sync.machine.now() + timedelta(minutes=5))
    for number in range(1_000):
        sync.toggl.type_in("a walk", at(sync.day - timedelta(days=3), 9) + timedelta(minutes=number), 600)

    runs = mornings(sync, 2)

    assert all_green(runs)
    assert runs[0].output["totals"]["fetched"] == 1_001
    assert sync.posted_ids() == [first.id]


# The first runs, and those that fail.


def test_days_before_the_first_success_are_posted_however_the_first_runs_failed(sync):
    sync.gitlab.revoke_token(GITLAB_TOKEN)
    entries = []
    for number in range(4):
        entries.append(sync.toggl.add_entry("#12 Work", at(sync.day + timedelta(days=number), 9), 1800))
        assert morning(sync).error == "GitLabUnauthorized"
    begun = sync.item()["synced_through"]
    sync.gitlab.add_token(GITLAB_TOKEN, USER)

    run = morning(sync)

    assert begun == str(sync.day - timedelta(days=1))
    assert run.status == "SUCCEEDED"
    assert sync.posted_ids() == [entry.id for entry in entries]
    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=4))


def test_a_run_of_which_even_toggl_failed_is_the_first_all_the_same(sync):
    entry = sync.track("#12 Navigation menu", hour=13)
    sync.toggl.fail("forbidden", times=9)
    failed = mornings(sync, 3)
    sync.toggl.faults.clear()

    run = morning(sync)

    assert {one.status for one in failed} == {"FAILED"}
    assert run.status == "SUCCEEDED"
    assert sync.posted_ids() == [entry.id]


def test_a_run_with_a_time_in_the_future_changes_nothing(sync):
    mornings(sync, 1)
    before = sync.item()

    run = sync.start({"scheduled_time": f"{sync.day + timedelta(days=30)}T08:00:00Z"})

    assert (run.status, run.error) == ("FAILED", "InvalidInput")
    assert "scheduled_time" in cause_of(run)["message"]
    assert sync.item() == before


@pytest.mark.parametrize(
    "refused", [{"days_bak": 3}, {"days_back": 367}, {"days_back": "many"}, {"round_time_to_minutes": "often"}]
)
def test_a_first_run_whose_input_is_refused_begins_nothing(sync, refused):
    sync.track("#12 Before anybody wanted it", hour=9)

    runs = [sync.start(refused), sync.start({"scheduled_time": f"{sync.day}T12:00:00Z"} | refused)]
    recorded = sync.item()
    later(sync, at(sync.day + timedelta(days=5), 7))
    first = morning(sync)

    assert [run.error for run in runs] == ["InvalidInput"] * 2
    assert recorded.keys() <= {"id"}
    assert first.output["totals"]["fetched"] == 0


def test_an_input_that_is_refused_leaves_what_an_earlier_run_has_begun(sync):
    sync.gitlab.revoke_token(GITLAB_TOKEN)
    morning(sync)
    begun = sync.item()

    refused = sync.start({"days_bak": 3})

    assert refused.error == "InvalidInput"
    assert begun["synced_through"]
    assert sync.item() == begun


def test_a_dry_run_shows_a_late_change_and_keeps_nothing(sync):
    entry = sync.track("#12 Navigation menu", hour=10)
    mornings(sync, 2)
    sync.toggl.edit(entry.id, stop=7200)
    before = sync.item()

    dry = morning(sync, dry_run=True)

    assert dry.output["outcome"] == "dry_run"
    assert rows_by_entry(dry.output)[entry.id]["outcome"] == "replaced"
    assert accounted(dry.output)
    assert sync.item() == before
    assert times(sync) == MIRAS_TIME


def test_the_first_run_after_an_update_is_a_normal_one(sync):
    entry = sync.track("#12 Navigation menu", hour=13)
    old = sync.track("#12 Typed in before the update", hour=9)
    later(sync, at(sync.day + timedelta(days=2), 7))
    sync.machine.record(synced_through=str(sync.day - timedelta(days=1)), posted_by=USER)

    first = morning(sync)
    item = sync.item()
    sync.toggl.edit(entry.id, stop=3600)
    second = morning(sync)

    assert (first.status, first.output["window"]["changes_since"]) == ("SUCCEEDED", None)
    assert first.output["totals"]["created"] == 2
    assert (item["posted_by"], item["changes_seen"]) == (USER, f"{sync.day + timedelta(days=2)}T08:00:00Z")
    assert item["posted_by_id"]
    assert second.status == "SUCCEEDED"
    assert sync.posted_ids() == [old.id, entry.id]
    assert [row[1] for row in sync.posted()] == [1800, 3600]


def test_a_run_that_had_to_wait_for_its_turn_reads_toggl_again(sync):
    entry = sync.track("#12 Navigation menu", hour=10)
    holder = sync.begin()
    sync.machine.record(holder=holder)

    def the_other_ends(state):
        if state == "WaitForTurn":
            sync.machine.stop(holder)
            sync.machine.record(released_by=holder)
            sync.toggl.edit(entry.id, stop=3600)

    sync.machine.at_state = the_other_ends
    run = morning(sync)

    assert run.status == "SUCCEEDED"
    assert states_of(run).count("FetchEntries") == 2
    assert states_of(run).count("AcquireLock") == 2
    assert times(sync) == [(f"{PROJECT}#12", 3600)]


def test_a_run_after_which_another_worked_and_ended_reads_again(sync):
    sync.track("#12 Navigation menu", hour=10)

    def another_works(state):
        if state == "AcquireLock":
            sync.machine.record(released_by="another", synced_through=str(sync.day - timedelta(days=3)))

    sync.machine.at_state = another_works
    run = morning(sync)

    assert run.status == "SUCCEEDED"
    assert states_of(run).count("FetchEntries") == 2
    assert run.output["window"]["start"].startswith(str(sync.day - timedelta(days=2)))


# What GitLab refuses, and what it hides.


def refuse(sync, **project):
    """A project with an issue on which the user cannot log time."""
    sync.gitlab.add_project("other/place", **({"roles": {USER: "guest"}} | project))
    sync.gitlab.add_issue("other/place", "Out of reach", iid=5)
    return sync.toggl.add_entry("other/place#5 Out of reach", at(sync.day, 13), 1800)


@pytest.mark.parametrize("project", [{}, {"archived": True, "roles": {USER: "developer"}}])
def test_a_refusal_is_told_once_and_tried_until_it_is_done(sync, project):
    refused = refuse(sync, **project)
    first, second, third = mornings(sync, 3)
    waiting = pending(sync)
    sync.gitlab.project("other/place").archived = False
    sync.gitlab.set_role("other/place", USER, "developer")
    done, after = mornings(sync, 2)

    assert (first.status, first.error) == ("FAILED", "EntriesFailed")
    assert all_green([second, third, done, after])
    for green in (second, third):
        row = rows_by_entry(green.output)[refused.id]
        assert (row["outcome"], row["reason"], row["warning"]) == ("failed", "no_permission", "still_refused")
        assert (green.output["totals"]["failed"], green.output["warnings"]) == (1, {"still_refused": 1})
        assert accounted(green.output)
    assert [(one["id"], one["reason"]) for one in waiting] == [(refused.id, "no_permission")]
    assert rows_by_entry(done.output)[refused.id]["outcome"] == "created"
    assert pending(sync) == []
    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=4))
    assert times(sync) == [("other/place#5", 1800)]


def test_a_refusal_for_another_reason_and_one_of_another_entry_are_told_again(sync):
    refused = refuse(sync)
    mornings(sync, 1)
    sync.gitlab.fail("payload_error", when=mutation("timelogCreate"), body=b"The issue is locked.")
    changed = morning(sync)
    same = morning(sync)

    assert (changed.status, cause_of(changed)["failed"][0]["reason"]) == ("FAILED", "The issue is locked.")
    assert (same.status, cause_of(same)["failed"][0]["reason"]) == ("FAILED", "no_permission")
    other = sync.toggl.add_entry("other/place#5 More", at(sync.day + timedelta(days=3), 9), 1800)
    both = morning(sync)
    assert [row["entry_id"] for row in cause_of(both)["failed"]] == [other.id]
    assert cause_of(both)["totals"]["failed"] == 2
    assert {one["id"] for one in pending(sync)} == {refused.id, other.id}


def test_a_refused_entry_that_is_deleted_is_looked_at_no_more(sync):
    refused = refuse(sync)
    mornings(sync, 2)
    sync.toggl.delete(refused.id)

    runs = mornings(sync, 2)

    assert all_green(runs)
    assert pending(sync) == []


def test_a_failure_that_is_no_refusal_keeps_what_was_refused_pending_and_holds_its_day(sync):
    refused = refuse(sync)
    mornings(sync, 2)
    before = sync.item()
    sync.gitlab.fail("status", when=mutation("timelogCreate"), times=99, status=504)

    run = morning(sync)

    assert (run.status, cause_of(run)["failed"][0]["reason"]) == ("FAILED", "AmbiguousWrite")
    assert [(one["id"], one["reason"]) for one in pending(sync)] == [(refused.id, "no_permission")]
    assert {key: sync.item()[key] for key in ("synced_through", "changes_seen")} == {
        key: before[key] for key in ("synced_through", "changes_seen")
    }


def test_refusals_of_a_large_run_are_told_once(sync):
    refuse(sync)
    for number in range(440):
        text = "other/place#5 Out of reach" if number % 10 == 0 else "#12 Navigation menu"
        sync.toggl.add_entry(text, at(sync.day, 13) + timedelta(minutes=number), 600)

    red = morning(sync)
    kept = pending(sync)
    green = morning(sync)

    assert (red.status, red.error) == ("FAILED", "EntriesFailed")
    assert cause_of(red)["totals"]["failed"] == len(kept) == 45
    assert summary_of(red)["entries"] == cause_of(red)["entries"]
    assert green.status == "SUCCEEDED"
    assert (green.output["totals"]["failed"], green.output["warnings"]["still_refused"]) == (45, 45)
    assert accounted(summary_of(red))
    assert accounted(green.output)
    assert [one["id"] for one in pending(sync)] == [one["id"] for one in kept]


def test_a_large_run_of_which_all_but_a_refusal_is_kept_tells_it_once(sync):
    refused = refuse(sync)
    for number in range(440):
        sync.toggl.add_entry("#12 Navigation menu", at(sync.day, 5) + timedelta(minutes=number), 600)
    days = {"start_date": str(sync.day), "end_date": str(sync.day)}
    later(sync, at(sync.day + timedelta(days=1), 9))

    red, green = sync.start(days), sync.start(days)

    assert (red.status, green.status) == ("FAILED", "SUCCEEDED")
    assert green.output["warnings"] == {"still_refused": 1}
    rows = [json.loads(line) for line in sync.machine.files[green.output["entries"]].splitlines()]
    assert [row["entry_id"] for row in rows if row["warning"] == "still_refused"] == [refused.id]
    assert {"on_gitlab", "before", "planned"} & {key for row in rows for key in row} == set()


def test_while_more_are_refused_than_are_kept_every_run_is_red_and_no_day_counts(sync):
    sync.machine.record(synced_through=str(sync.day - timedelta(days=1)), posted_by=USER)
    refuse(sync)
    for number in range(PENDING_AT_MOST):
        sync.toggl.add_entry("other/place#5 Out of reach", at(sync.day, 14) + timedelta(minutes=number), 600)

    runs = mornings(sync, 2)
    held = sync.item()["synced_through"]
    sync.gitlab.set_role("other/place", USER, "developer")
    healed = morning(sync)

    assert [run.error for run in runs] == ["EntriesFailed"] * 2
    assert "more than 200" in cause_of(runs[1])["message"]
    assert held == str(sync.day - timedelta(days=1))
    assert healed.status == "SUCCEEDED"
    assert len(sync.posted_ids()) == len(set(sync.posted_ids())) == PENDING_AT_MOST + 1
    assert pending(sync) == []


def archive(sync):
    """Its project is archived, and a new one takes the time from now on."""
    sync.gitlab.project(PROJECT).archived = True
    sync.gitlab.add_project("studio/new", roles={USER: "developer"})
    sync.gitlab.add_issue("studio/new", "Navigation menu", iid=3)


def test_an_entry_that_is_corrected_after_its_project_was_archived_is_refused_and_never_counts_twice(sync):
    entry = sync.track("#12 Navigation menu", hour=13)
    mornings(sync, 1)
    archive(sync)
    sync.toggl.edit(entry.id, description="studio/new#3 Navigation menu", stop=3600)

    red, green = mornings(sync, 2)
    refused = times(sync)
    sync.gitlab.project(PROJECT).archived = False
    healed = morning(sync)

    assert (red.status, cause_of(red)["failed"][0]["reason"]) == ("FAILED", "no_permission")
    assert green.output["warnings"] == {"still_refused": 1}
    assert green.output["totals"]["seconds_on_gitlab"] == 1800
    assert accounted(green.output)
    assert refused == MIRAS_TIME
    assert rows_by_entry(healed.output)[entry.id]["outcome"] == "replaced"
    assert times(sync) == [("studio/new#3", 3600)]


def test_a_project_that_is_archived_while_a_run_works_has_its_time_twice_and_the_row_says_so(sync):
    entry = sync.track("#12 Navigation menu", hour=13)
    mornings(sync, 1)
    sync.toggl.edit(entry.id, description="studio/new#3 Navigation menu", stop=3600)
    archive(sync)
    sync.gitlab.project(PROJECT).archived = False
    sync.machine.at_state = lambda state: state == "PostEntry" and archive_again(sync)

    red, green = mornings(sync, 2)

    for output in (summary_of(red), green.output):
        row = rows_by_entry(output)[entry.id]
        assert (row["outcome"], row["reason"]) == ("failed", "no_permission")
        assert output["totals"]["seconds_on_gitlab"] == 1800 + 3600
        assert accounted(output)
    assert green.output["warnings"] == {"still_refused": 1}


def archive_again(sync):
    sync.gitlab.project(PROJECT).archived = True


def test_a_dry_run_is_not_red_for_what_is_refused(sync):
    refuse(sync)
    mornings(sync, 1)

    dry = morning(sync, dry_run=True)

    assert (dry.status, dry.output["outcome"]) == ("SUCCEEDED", "dry_run")
    assert len(pending(sync)) == 1


def test_a_project_that_cannot_be_seen_for_three_days_loses_nothing(sync):
    mornings(sync, 1)
    before = sync.item()["synced_through"]
    sync.gitlab.set_role(PROJECT, USER, None)
    sync.gitlab.project(PROJECT).default_role = None
    entries, red = [], []
    for number in range(1, 4):
        entries.append(sync.toggl.add_entry("#12 Work", at(sync.day + timedelta(days=number), 9), 1800))
        red.append(morning(sync))
    held = sync.item()
    dry = sync.start({"dry_run": True})
    sync.gitlab.set_role(PROJECT, USER, "developer")

    run = morning(sync)

    assert [one.error for one in [*red, dry]] == ["EntriesFailed"] * 4
    assert str(PROJECT_ID) in red[0].cause or PROJECT in red[0].cause
    assert {row["reason"] for row in cause_of(red[2])["failed"]} == {"project_not_visible"}
    assert (summary_of(red[2])["outcome"], accounted(summary_of(red[2]))) == ("failed", True)
    assert (held["synced_through"], pending(sync)) == (before, [])
    assert run.status == "SUCCEEDED"
    assert sync.posted_ids() == [entry.id for entry in entries]


@pytest.mark.parametrize("refused", [0, PENDING_AT_MOST + 1])
def test_every_project_that_cannot_be_seen_is_named_however_many_entries_failed_before(sync, refused):
    sync.machine.variables["PROJECT_MAP"] = '{"Shop": "acme/shop"}'
    if refused:
        sync.machine.record(synced_through=str(sync.day - timedelta(days=1)), posted_by=USER)
        refuse(sync)
    sync.gitlab.project(PROJECT).default_role = None
    sync.gitlab.set_role(PROJECT, USER, None)
    for number in range(60):
        sync.toggl.add_entry("#12 Navigation menu", at(sync.day, 13) + timedelta(minutes=number), 600)
    for number in range(refused):
        sync.toggl.add_entry("other/place#5 Out", at(sync.day, 14) + timedelta(minutes=number), 600)
    sync.toggl.add_entry("acme/shop#1 Checkout", at(sync.day + timedelta(days=1), 7), 600)

    run = morning(sync)

    message = cause_of(run)["message"]
    assert f"The token does not see {PROJECT_ID}, acme/shop: make its user a member there" in message
    assert ("more than 200" in message) == (refused > 0)
    assert len(cause_of(run)["failed"]) == 50


def test_a_deletion_that_was_refused_is_not_forgotten_by_a_run_that_does_not_look_so_far_back(sync):
    sync.machine.variables["REMOVE_DELETED"] = "true"
    entry = sync.track("#12 Navigation menu", hour=13)
    mornings(sync, 1)
    later(sync, at(sync.day + timedelta(days=35), 12))
    sync.gitlab.project(PROJECT).archived = True
    sync.toggl.delete(entry.id)

    refused = morning(sync)
    by_hand = sync.start({"days_back": 1, "allow_removals": True})
    waiting = pending(sync)
    sync.gitlab.project(PROJECT).archived = False
    done = morning(sync)

    assert (refused.status, by_hand.status, done.status) == ("FAILED", "SUCCEEDED", "SUCCEEDED")
    assert [(one["id"], one["reason"]) for one in waiting] == [(entry.id, "no_permission")]
    assert (sync.posted(), pending(sync)) == ([], [])


# Users.


def test_a_user_who_is_renamed_stays_the_same(sync):
    sync.track("#12 Navigation menu", hour=13)
    mornings(sync, 1)
    before = sync.item()
    sync.gitlab.change_username(USER, "mira.v")

    runs = mornings(sync, 2)

    assert all_green(runs)
    assert sync.item()["posted_by"] == "mira.v"
    assert sync.item()["posted_by_id"] == before["posted_by_id"]
    assert sync.item().get("user_changed_at", "") == before.get("user_changed_at", "")
    assert times(sync) == MIRAS_TIME


def test_a_user_who_is_renamed_while_a_run_works_stays_the_same(sync):
    entry = sync.track("#12 Navigation menu", hour=13)
    sync.machine.at_state = lambda state: state == "PostEntry" and sync.gitlab.rename_user(USER, "mira.v")

    run = morning(sync)
    sync.machine.at_state = lambda _state: None
    after = morning(sync)

    assert rows_by_entry(run.output)[entry.id]["outcome"] == "created"
    assert all_green([run, after])
    assert times(sync) == MIRAS_TIME


def test_another_bots_token_that_is_accepted_posts_nothing_twice(sync):
    sync.track("#12 Navigation menu", hour=13)
    mornings(sync, 1)
    sync.gitlab.add_user("bot-2")
    sync.gitlab.set_role(PROJECT, "bot-2", "developer")
    sync.gitlab.add_token(GITLAB_TOKEN, "bot-2")
    refused = sync.start({"scheduled_time": f"{sync.day + timedelta(days=1)}T08:00:00Z"})

    accepted = sync.start({"accept_new_user": True})
    new = sync.toggl.add_entry("#12 Footer", at(sync.day + timedelta(days=1), 9), 1800)
    edited = next(entry for entry in sync.toggl.entries if entry.id != new.id)
    sync.toggl.edit(edited.id, stop=3600)
    run = morning(sync)

    assert refused.error == "GitLabUserChanged"
    assert (accepted.status, accepted.output["totals"]["kept"]) == ("SUCCEEDED", 1)
    assert sync.item()["posted_by"] == "bot-2"
    assert sync.item()["user_changed_at"]
    row = rows_by_entry(run.output)[edited.id]
    assert (row["outcome"], row["warning"]) == ("kept", "differs")
    assert accounted(run.output)
    assert sync.posted_ids() == [edited.id, new.id]


# Issues that are moved, and time on epics.


def moved_to(sync):
    sync.gitlab.add_project("studio/archive-of-ideas", roles="developer")
    return "studio/archive-of-ideas"


def test_a_moved_issue_whose_timelogs_gitlab_copied_and_kept_has_the_time_once(sync):
    entry = sync.track("#12 Navigation menu", hour=13)
    mornings(sync, 1)
    new = sync.gitlab.move_issue(sync.gitlab.issuable(f"{PROJECT}#12"), moved_to(sync))

    runs = mornings(sync, 12)

    assert all_green(runs)
    assert sync.posted_ids() == [entry.id]
    assert times(sync) == [(new.reference, 1800)]
    assert sum(run.output["totals"]["duplicates_removed"] for run in runs) == 1
    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=12))


def test_the_double_of_a_moved_issue_in_an_archived_project_is_told_and_stays(sync):
    sync.track("#12 Navigation menu", hour=13)
    mornings(sync, 1)
    sync.gitlab.move_issue(sync.gitlab.issuable(f"{PROJECT}#12"), moved_to(sync))
    sync.gitlab.project(PROJECT).archived = True

    runs = mornings(sync, 2)

    assert all_green(runs)
    assert runs[1].output["warnings"] == {"double_stays": 1}
    assert len(sync.posted_ids()) == 2


def test_an_entry_whose_issue_is_being_moved_is_looked_at_again_and_holds_no_day(sync):
    entry = sync.track("#12 Navigation menu", hour=13)
    mornings(sync, 1)
    later(sync, sync.machine.now() + timedelta(hours=6))
    new = sync.gitlab.move_issue(sync.gitlab.issuable(f"{PROJECT}#12"), moved_to(sync), copied=0)
    sync.toggl.edit(entry.id, stop=3600)

    moving = morning(sync)
    waiting = pending(sync)
    sync.gitlab.finish_moves()
    runs = mornings(sync, 2)

    assert rows_by_entry(moving.output)[entry.id]["warning"] == "move_in_progress"
    assert [one["id"] for one in waiting] == [entry.id]
    assert accounted(moving.output)
    assert all_green([moving, *runs])
    assert times(sync) == [(new.reference, 3600)]
    assert pending(sync) == []
    assert sync.item()["synced_through"] == str(sync.day + timedelta(days=3))


def test_time_that_somebody_logs_on_an_epic_stops_no_run(sync):
    epic = sync.gitlab.add_epic("studio", "The whole house")
    sync.gitlab.add_timelog(epic, USER, 3600, at(sync.day, 9), "by hand")
    entry = sync.track("#12 Navigation menu", hour=13)

    runs = mornings(sync, 2)

    assert all_green(runs)
    assert rows_by_entry(runs[0].output)[entry.id]["outcome"] == "created"
