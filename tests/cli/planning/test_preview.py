"""A plan as data: what becomes of each entry, what was there before, and that the hours add up."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from cli.demonstration.sample_day import GITLAB_USERNAME, SKIPPED_BY_REASON, WEBSITE
from cli.planning.preview import Preview
from cli.planning.preview_view import show_preview
from cli.planning.reading import read_preview
from contract.errors import GitLabUserChanged
from contract.state import Pending, SyncState
from tests.cli.planning.support import DAY, NOW, Service, post


def plan_of(service: Service, **context: Any) -> Preview:
    days = {"start_date": DAY, "end_date": DAY}
    return read_preview(days, service.settings(**context), *service.clients(), NOW)


def test_a_new_day_is_all_to_create_or_left_out(service: Service) -> None:
    plan = plan_of(service)

    assert (len(plan.of("create")), len(plan.of("left_out")), len(plan.lines)) == (19, 14, 33)
    assert sum(line.seconds for line in plan.of("create")) == 32_400
    reasons = [line.reason for line in plan.of("left_out")]
    assert {reason: reasons.count(reason) for reason in SKIPPED_BY_REASON} == SKIPPED_BY_REASON


def test_issues_and_merge_requests_have_their_titles(service: Service) -> None:
    titles = {line.issue: line.title for line in plan_of(service).of("create")}

    assert titles[f"{WEBSITE}#101"] == "Fix the login redirect"
    assert titles[f"{WEBSITE}!45"] == "Add the dark theme"
    assert None not in titles.values()


def test_a_change_says_what_is_there_now(service: Service) -> None:
    entry_id = post(service, 900)

    [changed] = plan_of(service).of("change")

    assert changed.entry_id == entry_id
    assert [(one.issue, one.seconds) for one in changed.before] == [(f"{WEBSITE}#101", 900)]
    assert (changed.issue, changed.seconds) == (f"{WEBSITE}#101", 1_800)


def test_every_second_is_somewhere(service: Service) -> None:
    post(service, 1_800)
    post(service, 900)
    start = datetime(2026, 11, 20, 5, tzinfo=UTC)
    filtered = service.toggl.add_entry("#101", start, 120)  # too short by now
    issue = service.gitlab.issuable(f"{WEBSITE}#101")
    service.gitlab.add_timelog(issue, GITLAB_USERNAME, 600, start, f"[toggl:{filtered.id}] x")

    account = plan_of(service).account

    assert account.tracked + account.rounding == (
        account.on_gitlab + account.left_out + account.failed - account.differing
    )
    assert account.on_gitlab == 32_400 + 1_800 + 1_800 + 600
    assert account.differing == 600


def test_doubles_of_a_kept_entry_are_a_write(service: Service) -> None:
    entry_id = post(service, 1_800, times=3)

    plan = plan_of(service)

    [kept] = plan.of("kept")
    assert (kept.entry_id, kept.duplicates) == (entry_id, 2)
    assert kept in plan.writes


def test_a_new_issue_has_the_title_that_it_will_get(service: Service) -> None:
    created = {line.title for line in plan_of(service, auto_create_issues="true").of("create") if line.issue}

    assert "Plan the retrospective" in created


def test_a_row_of_the_map_that_toggl_does_not_know_is_a_remark(service: Service) -> None:
    plan = plan_of(service, project_map={"Harbour App": WEBSITE, "Harbor App": WEBSITE})

    words = "project_map has 'Harbor App', but Toggl has no project of this name or id: correct the key."
    assert plan.remarks == (words,)


def test_a_name_in_the_map_that_two_toggl_projects_have_is_a_remark(service: Service) -> None:
    ids = sorted(service.toggl.add_project("Twice").id for _time in range(2))

    plan = plan_of(service, project_map={"Twice": WEBSITE})

    words = "project_map has 'Twice', but Toggl has several projects of this name: use their ids,"
    assert plan.remarks == (f"{words} {ids[0]}, {ids[1]}.",)


def test_the_plan_of_a_deployments_next_run_has_what_was_changed_late(service: Service) -> None:
    started = NOW - timedelta(days=1)
    old = service.toggl.type_in("#101 Typed late", NOW - timedelta(days=9), 1_800)
    state = SyncState(synced_through=date(2026, 11, 21), changes_seen=started)

    plan = read_preview({}, service.settings(), *service.clients(), NOW, state=state)

    late = {line.entry_id: line for line in plan.lines if line.late}
    assert (late[old.id].kind, late[old.id].issue, late[old.id].seconds) == ("create", f"{WEBSITE}#101", 1_800)
    assert plan.window.changes_since == started - timedelta(minutes=10)
    shown = shown_of(plan)
    assert "and what was changed in Toggl since 2026-11-21 08:50" in shown
    assert "changed in Toggl after its day was synced" in shown


def test_what_an_earlier_run_could_not_finish_is_planned_again_and_says_why(service: Service) -> None:
    changed = NOW - timedelta(days=2)
    refused = service.toggl.add_entry("#101 Refused", NOW - timedelta(days=9), 1_800, at=changed)
    state = SyncState(
        synced_through=date(2026, 11, 21), changes_seen=NOW, pending=(Pending(refused.id, changed, "no_permission"),)
    )

    plan = read_preview({}, service.settings(), *service.clients(), NOW, state=state)

    [line] = [line for line in plan.lines if line.pending]
    assert (line.entry_id, line.kind, line.pending) == (refused.id, "create", "no_permission")
    assert "an earlier run could not finish it: no_permission" in shown_of(plan)


def test_a_plan_with_another_user_than_the_one_who_posted_says_so(service: Service) -> None:
    state = SyncState(posted_by="somebody", posted_by_id="999999")

    with pytest.raises(GitLabUserChanged, match="so far somebody has posted"):
        read_preview({}, service.settings(), *service.clients(), NOW, state=state)


def test_a_plan_without_a_write_never_says_that_gitlab_has_what_was_left_out(service: Service) -> None:
    def lines() -> list[str]:
        days = {"start_date": DAY, "end_date": DAY}
        return shown_of(read_preview(days, service.settings(), *service.clients(), NOW)).splitlines()

    for entry in service.toggl.entries:
        service.toggl.delete(entry.id)
    assert lines()[-1] == "Nothing to do: Toggl has no entries there."

    entry_id = post(service, 1_800)
    assert lines()[-1] == "Nothing to do: GitLab has it all."

    service.toggl.add_entry("nothing that is known", datetime(2026, 11, 20, 9, tzinfo=UTC), 3_600)
    assert lines()[0] == "More is left out (1:00:00) than is on GitLab (0:30:00)"
    assert lines()[-1] == "Nothing to do: more is left out (1:00:00) than is on GitLab (0:30:00)."

    service.toggl.delete(entry_id)
    assert lines()[0] == "All of it is left out (1:00:00)"
    assert lines()[-1] == "Nothing to do: all of it is left out (1:00:00)."


def shown_of(plan: Preview) -> str:
    file = io.StringIO()
    show_preview(plan, Console(file=file, width=150, markup=False, emoji=False, highlight=False))
    return file.getvalue()


def test_a_plan_that_a_run_would_refuse_says_so(service: Service) -> None:
    for _entry in range(6):
        service.toggl.delete(post(service, 1_800))

    plan = plan_of(service, remove_deleted="true")

    assert type(plan.error).__name__ == "TooManyRemovals"


@pytest.mark.parametrize("kind", ["create", "left_out"])
def test_json_has_each_entry_once(service: Service, kind: str) -> None:
    plan = plan_of(service)

    given = plan.to_json()

    assert given["totals"][kind] == sum(one["action"] == kind for one in given["entries"])
    assert len({one["entry_id"] for one in given["entries"]}) == 33


def test_what_an_earlier_run_posted_counts_against_what_is_left_out(service: Service) -> None:
    for entry in service.toggl.entries:
        service.toggl.delete(entry.id)
    post(service, 1_800)
    service.toggl.add_entry("nothing that is known", datetime(2026, 11, 20, 9, tzinfo=UTC), 1_740)

    assert "left out (" not in shown_of(plan_of(service))
