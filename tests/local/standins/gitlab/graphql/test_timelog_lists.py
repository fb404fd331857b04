"""The lists of timelogs: whose, from when to when, in which order, page by page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import DELETE, LEDGER, NOT_AVAILABLE, NOW, data, messages, post, summaries


@pytest.mark.parametrize("variables", [{}, {"username": "bob"}, {"username": "ADA"}])
def test_a_list_of_timelogs_needs_a_project_a_group_or_ones_own_username(
    gitlab: GitLab, variables: dict[str, str]
) -> None:
    answer = post(gitlab, LEDGER, **variables).json()

    assert answer["data"] == {"timelogs": None}
    assert [error["message"] for error in answer["errors"]] == [
        "Non-admin users must provide a group_id, project_id, or current username"
    ]


def test_timelogs_of_others_show_by_project_and_by_group(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("other/web")
    gitlab.add_timelog(issue, "bob", 60, NOW, "bob's")
    gitlab.add_timelog(gitlab.add_issue("other/web", "x"), "bob", 60, NOW, "elsewhere")
    by_project = "query P($id: ProjectID!) { timelogs(projectId: $id) { nodes { summary } } }"
    by_group = "query G($id: GroupID!) { timelogs(groupId: $id) { nodes { summary } } }"

    in_project = data(gitlab, by_project, id="gid://gitlab/Project/7")
    in_group = data(gitlab, by_group, id=f"gid://gitlab/Group/{gitlab.group('acme').id}")

    assert summaries(in_project) == summaries(in_group) == ["bob's"]
    assert messages(gitlab, by_group, id="gid://gitlab/Group/1") == [NOT_AVAILABLE]


def test_a_project_lists_its_timelogs(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "bob", 60, NOW, "bob's")
    gitlab.add_timelog(gitlab.add_merge_request("acme/tools/web", "x"), "ada", 60, NOW, "ada's")

    found = data(gitlab, '{ project(fullPath: "acme/tools/web") { timelogs(username: "bob") { nodes { summary } } } }')

    assert summaries(found["project"]) == ["bob's"]


def test_the_bounds_of_a_time_window_are_inclusive(gitlab: GitLab, issue: Issuable) -> None:
    for second in range(4):
        gitlab.add_timelog(issue, "ada", 60, f"2026-11-20T09:00:0{second}Z", str(second))

    found = data(gitlab, LEDGER, username="ada", start="2026-11-20T10:00:01+01:00", end="2026-11-20T09:00:02Z")

    assert summaries(found) == ["1", "2"]


def test_a_timelog_without_spent_at_never_matches_a_window(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "ada", 60, None, "by REST")
    gitlab.add_timelog(issue, "ada", 60, NOW, "by GraphQL")

    in_window = data(gitlab, LEDGER, username="ada", start="1970-01-01T00:00:00Z", end="2100-01-01T00:00:00Z")

    assert summaries(in_window) == ["by GraphQL"]
    assert summaries(data(gitlab, LEDGER, username="ada")) == ["by GraphQL", "by REST"]


def test_dates_stand_for_whole_days(gitlab: GitLab, issue: Issuable) -> None:
    for instant in ("2026-11-19T23:59:59Z", "2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z", "2026-11-21T00:00:00Z"):
        gitlab.add_timelog(issue, "ada", 60, instant, instant)

    text = """
      { timelogs(username: "ada", startDate: "2026-11-20T15:00:00Z", endDate: "2026-11-20T01:00:00Z") {
        nodes { summary } } }
    """

    assert summaries(data(gitlab, text)) == ["2026-11-20T00:00:00Z", "2026-11-20T23:59:59Z"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            'startTime: "2026-01-01T00:00:00Z", startDate: "2026-01-01T00:00:00Z"',
            "Provide either a start date or time, but not both",
        ),
        (
            'endTime: "2026-01-01T00:00:00Z", endDate: "2026-01-01T00:00:00Z"',
            "Provide either an end date or time, but not both",
        ),
        (
            'startTime: "2026-01-02T00:00:00Z", endTime: "2026-01-01T00:00:00Z"',
            "Start argument must be before End argument",
        ),
    ],
)
def test_a_contradictory_window_is_refused(gitlab: GitLab, arguments: str, message: str) -> None:
    assert messages(gitlab, f'{{ timelogs(username: "ada", {arguments}) {{ nodes {{ id }} }} }}') == [message]


def test_timelogs_are_sorted_by_spent_at_unless_told_otherwise(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_timelog(issue, "ada", 60, "2026-11-20T10:00:00Z", "late")
    gitlab.add_timelog(issue, "ada", 120, "2026-11-20T09:00:00Z", "early")

    orders = {
        sort: summaries(data(gitlab, LEDGER, username="ada", sort=sort))
        for sort in (None, "SPENT_AT_ASC", "SPENT_AT_DESC", "TIME_SPENT_ASC", "CREATED_DESC", "created_asc")
    }

    assert orders == {
        None: ["early", "late"],
        "SPENT_AT_ASC": ["early", "late"],
        "SPENT_AT_DESC": ["late", "early"],
        "TIME_SPENT_ASC": ["late", "early"],
        "CREATED_DESC": ["early", "late"],
        "created_asc": ["late", "early"],
    }


def test_a_page_has_at_most_100_rows_and_the_cursor_leads_on(gitlab: GitLab, issue: Issuable) -> None:
    for number in range(250):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))

    pages, after = [], None
    while not pages or pages[-1]["timelogs"]["pageInfo"]["hasNextPage"]:
        pages.append(data(gitlab, LEDGER, username="ada", first=500, after=after))
        after = pages[-1]["timelogs"]["pageInfo"]["endCursor"]

    assert [len(summaries(page)) for page in pages] == [100, 100, 50]
    assert [summary for page in pages for summary in summaries(page)] == [str(number) for number in range(250)]


def test_pages_neither_skip_nor_repeat_when_rows_come_and_go_between_them(gitlab: GitLab, issue: Issuable) -> None:
    rows = [gitlab.add_timelog(issue, "ada", 60, NOW + timedelta(minutes=number), str(number)) for number in range(4)]
    first = data(gitlab, LEDGER, username="ada", first=2)

    data(gitlab, DELETE, id=rows[1].gid)
    gitlab.add_timelog(issue, "ada", 60, NOW - timedelta(days=1), "earlier")
    rest = data(gitlab, LEDGER, username="ada", first=2, after=first["timelogs"]["pageInfo"]["endCursor"])

    assert (summaries(first), summaries(rest)) == (["0", "1"], ["2", "3"])
    assert rest["timelogs"]["pageInfo"]["hasNextPage"] is False


def test_pages_can_be_read_backwards_too(gitlab: GitLab, issue: Issuable) -> None:
    for number in range(4):
        gitlab.add_timelog(issue, "ada", 60, NOW, str(number))
    text = """
      query Back($before: String) { timelogs(username: "ada", last: 3, before: $before) {
        nodes { summary } pageInfo { startCursor hasPreviousPage hasNextPage } } }
    """

    last = data(gitlab, text)
    previous = data(gitlab, text, before=last["timelogs"]["pageInfo"]["startCursor"])

    assert (summaries(last), summaries(previous)) == (["1", "2", "3"], ["0"])
    assert last["timelogs"]["pageInfo"]["hasPreviousPage"] is True
    assert previous["timelogs"]["pageInfo"]["hasPreviousPage"] is False


def test_a_cursor_that_is_not_one_is_refused(gitlab: GitLab) -> None:
    assert messages(gitlab, LEDGER, username="ada", after="nonsense") == ["Please provide a valid cursor"]


def test_what_the_user_may_no_longer_see_is_left_out_of_a_page_that_still_has_a_next_one(gitlab: GitLab) -> None:
    gitlab.add_project("acme/lost")
    gone = gitlab.add_issue("acme/lost", "x")
    kept = gitlab.add_issue("acme/tools/web", "y")
    for number, target in enumerate((gone, gone, kept)):
        gitlab.add_timelog(target, "ada", 60, NOW + timedelta(minutes=number), str(number))
    gitlab.set_role("acme/lost", "ada", None)

    page = data(gitlab, LEDGER, username="ada", first=2)
    rest = data(gitlab, LEDGER, username="ada", after=page["timelogs"]["pageInfo"]["endCursor"])

    assert page["timelogs"]["nodes"] == []
    assert page["timelogs"]["pageInfo"]["hasNextPage"] is True
    assert summaries(rest) == ["2"]


def test_whole_pages_of_what_may_not_be_read_are_empty_and_lead_on(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("acme/lost", roles={"bob": "developer"})
    hidden = gitlab.add_issue("acme/lost", "x")
    for number in range(250):
        gitlab.add_timelog(hidden, "ada", 60, NOW, str(number))
    gitlab.add_timelog(issue, "ada", 60, NOW, "the only one")

    sizes, after = [], None
    while len(sizes) < 3:
        page = data(gitlab, LEDGER, username="ada", after=after)["timelogs"]
        sizes.append((len(page["nodes"]), page["pageInfo"]["hasNextPage"]))
        after = page["pageInfo"]["endCursor"]

    assert sizes == [(0, True), (0, True), (1, False)]


def test_a_list_of_timelogs_counts_and_sums_all_pages(gitlab: GitLab, issue: Issuable) -> None:
    for _ in range(3):
        gitlab.add_timelog(issue, "ada", 1800, NOW)

    found = data(
        gitlab,
        """{ timelogs(username: "ada", first: 1) {
          count few: count(limit: 1) totalSpentTime edges { cursor node { timeSpent } } } }""",
    )["timelogs"]

    assert (found["count"], found["few"], found["totalSpentTime"]) == (3, 2, "5400")
    assert [edge["node"]["timeSpent"] for edge in found["edges"]] == [1800]
