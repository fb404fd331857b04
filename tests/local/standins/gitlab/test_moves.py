"""Moving an issue, and what becomes of its timelogs."""

from __future__ import annotations

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import NOW, data


def test_moving_an_issue_recreates_its_timelogs_under_new_ids(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("acme/api")
    old = gitlab.add_timelog(issue, "ada", 1800, NOW, "[toggl:1]")

    moved = gitlab.move_issue(issue, "acme/api")

    found = data(
        gitlab, f'{{ issue(id: "{issue.gid}") {{ state moved movedTo {{ id reference(full: true) projectId }} }} }}'
    )["issue"]
    assert found["movedTo"] == {
        "id": moved.gid, "reference": "acme/api#1", "projectId": gitlab.project("acme/api").id
    }  # fmt: skip
    assert (found["state"], found["moved"]) == ("closed", True)
    assert gitlab.ledger() == [("acme/api#1", 1800, "2026-11-21T12:00:00Z", "[toggl:1]", "ada")]
    assert gitlab.timelogs[0].id != old.id


def test_while_gitlab_still_copies_a_moved_issues_timelogs_both_issues_have_some(
    gitlab: GitLab, issue: Issuable
) -> None:
    gitlab.add_project("acme/api")
    for number in range(3):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))

    gitlab.move_issue(issue, "acme/api", copied=1)
    meanwhile = [(row.reference, row.summary) for row in gitlab.ledger()]
    gitlab.finish_moves()

    assert meanwhile == [*[("acme/tools/web#12", str(number)) for number in range(3)], ("acme/api#1", "0")]
    assert [(row.reference, row.summary) for row in gitlab.ledger()] == [("acme/api#1", str(n)) for n in range(3)]


def test_where_an_issue_moved_is_not_told_to_those_who_may_not_see_it(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("secret/plans", roles={"bob": "owner"})
    gitlab.move_issue(issue, "secret/plans")

    found = data(gitlab, f'{{ issue(id: "{issue.gid}") {{ moved movedTo {{ id }} }} }}')

    assert found == {"issue": {"moved": True, "movedTo": None}}
