"""Moving an issue, and what becomes of its timelogs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import DELETE, LEDGER, NOW, data, summaries

OLD, NEW = "acme/tools/web#12", "acme/api#1"


@pytest.fixture(autouse=True)
def target(gitlab: GitLab) -> None:
    gitlab.add_project("acme/api")


def places(gitlab: GitLab) -> list[tuple[str, str | None]]:
    return [(row.reference, row.summary) for row in gitlab.ledger()]


def test_the_old_issue_tells_where_it_went_and_when(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.now = lambda: NOW + timedelta(hours=1)

    moved = gitlab.move_issue(issue, "acme/api")

    text = (
        f'{{ issue(id: "{issue.gid}") {{ state moved updatedAt movedTo {{ id reference(full: true) projectId }} }} }}'
    )
    assert data(gitlab, text)["issue"] == {
        "state": "closed",
        "moved": True,
        "updatedAt": "2026-11-21T13:00:00Z",
        "movedTo": {"id": moved.gid, "reference": NEW, "projectId": gitlab.project("acme/api").id},
    }


def test_the_timelogs_are_copied_under_new_ids_and_the_originals_stay(gitlab: GitLab, issue: Issuable) -> None:
    original = gitlab.add_timelog(issue, "ada", 1800, NOW, "[toggl:1]")

    gitlab.move_issue(issue, "acme/api")

    assert [row[1:] for row in gitlab.ledger()] == [(1800, "2026-11-21T12:00:00Z", "[toggl:1]", "ada")] * 2
    assert places(gitlab) == [(OLD, "[toggl:1]"), (NEW, "[toggl:1]")]
    first, second = gitlab.timelogs
    assert (first, second.id > original.id) == (original, True)


def test_both_are_listed_and_each_can_be_deleted(gitlab: GitLab, issue: Issuable) -> None:
    original = gitlab.add_timelog(issue, "ada", 1800, NOW, "[toggl:1]")
    gitlab.move_issue(issue, "acme/api")

    both = summaries(data(gitlab, LEDGER, username="ada"))
    data(gitlab, DELETE, id=original.gid)

    assert both == ["[toggl:1]", "[toggl:1]"]
    assert places(gitlab) == [(NEW, "[toggl:1]")]


def test_while_the_copying_runs_the_new_issue_has_some_and_the_old_one_all(gitlab: GitLab, issue: Issuable) -> None:
    for number in range(3):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))

    gitlab.move_issue(issue, "acme/api", copied=1)
    meanwhile = places(gitlab)
    gitlab.finish_moves()

    assert meanwhile == [*((OLD, str(number)) for number in range(3)), (NEW, "0")]
    assert places(gitlab) == [*meanwhile, (NEW, "1"), (NEW, "2")]


def test_the_copying_may_come_late(issue: Issuable) -> None:
    seconds = [0.0]
    with GitLab(clock=lambda: seconds[0], now=lambda: NOW) as gitlab:
        gitlab.add_token("ada-token", "ada")
        for path in ("acme/tools/web", "acme/api"):
            gitlab.add_project(path)
        issue = gitlab.add_issue("acme/tools/web", "Fix the login", iid=12)
        gitlab.add_timelog(issue, "ada", 60, NOW, "[toggl:1]")

        gitlab.move_issue(issue, "acme/api", copied=0)
        gitlab.later(600, gitlab.finish_moves)
        early = summaries(data(gitlab, LEDGER, username="ada"))
        seconds[0] = 600
        late = summaries(data(gitlab, LEDGER, username="ada"))

    assert (early, late) == (["[toggl:1]"], ["[toggl:1]", "[toggl:1]"])


def test_copying_touches_the_new_issue(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "ada", 60, NOW, "[toggl:1]")
    moved = gitlab.move_issue(issue, "acme/api", copied=0)
    gitlab.now = lambda: NOW + timedelta(minutes=10)

    gitlab.finish_moves()

    assert (issue.updated_at, moved.updated_at) == (NOW, NOW + timedelta(minutes=10))


def test_a_server_with_the_other_habit_removes_the_originals_when_all_are_copied(
    gitlab: GitLab, issue: Issuable
) -> None:
    gitlab.originals_stay = False
    for number in range(2):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))

    gitlab.move_issue(issue, "acme/api", copied=2)
    meanwhile = places(gitlab)
    gitlab.finish_moves()

    assert meanwhile == [(OLD, "0"), (OLD, "1"), (NEW, "0"), (NEW, "1")]
    assert places(gitlab) == [(NEW, "0"), (NEW, "1")]


def test_an_issue_that_moves_twice_leaves_its_time_in_three_places(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("acme/last")
    gitlab.add_timelog(issue, "ada", 60, NOW, "[toggl:1]")

    gitlab.move_issue(gitlab.move_issue(issue, "acme/api"), "acme/last")

    assert [place for place, _summary in places(gitlab)] == [OLD, NEW, "acme/last#1"]


def test_what_went_where_the_user_may_not_look_shows_only_where_it_was(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("secret/plans", roles={"bob": "owner"})
    gitlab.add_timelog(issue, "ada", 60, NOW, "[toggl:1]")

    gitlab.move_issue(issue, "secret/plans")

    found = data(gitlab, f'{{ issue(id: "{issue.gid}") {{ moved movedTo {{ id }} }} }}')
    assert found == {"issue": {"moved": True, "movedTo": None}}
    assert [row.reference for row in gitlab.ledger()] == [OLD, "secret/plans#1"]
    assert summaries(data(gitlab, LEDGER, username="ada")) == ["[toggl:1]"]
