"""Projects, and the issues that are looked up in one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from local.standins.gitlab.model import Issuable
from local.standins.gitlab.server import GitLab
from tests.local.standins.gitlab.support import NOW, data, messages


def test_a_project_is_found_by_its_path_whatever_its_case_and_answers_the_canonical_one(gitlab: GitLab) -> None:
    found = data(
        gitlab, '{ project(fullPath: "ACME/tools/WEB") { id fullPath name nameWithNamespace webUrl archived } }'
    )

    assert found["project"] == {
        "id": "gid://gitlab/Project/7",
        "fullPath": "acme/tools/web",
        "name": "Web",
        "nameWithNamespace": "Acme / Tools / Web",
        "webUrl": f"{gitlab.url}/acme/tools/web",
        "archived": False,
    }


def test_ids_turn_into_projects_and_invisible_ones_are_left_out(gitlab: GitLab) -> None:
    gitlab.add_project("secret/plans", id=8, roles={"bob": "owner"})
    text = "query Projects($ids: [ID!]) { projects(ids: $ids) { nodes { fullPath } } }"

    found = data(gitlab, text, ids=["gid://gitlab/Project/7", "gid://gitlab/Project/8", "gid://gitlab/Project/9"])

    assert found["projects"]["nodes"] == [{"fullPath": "acme/tools/web"}]
    assert data(gitlab, '{ project(fullPath: "secret/plans") { id } }') == {"project": None}
    assert messages(gitlab, text, ids=["7"]) == ["7 is not a valid GitLab ID."]
    assert messages(gitlab, text, ids=["gid://gitlab/Issue/7"]) == [
        "gid://gitlab/Issue/7 is not a valid ID for Project."
    ]


def test_projects_are_searched_by_name_and_by_membership(gitlab: GitLab) -> None:
    gitlab.add_project("acme/web-shop", public=True, roles={})
    text = """
      query Find($search: String, $membership: Boolean) {
        projects(search: $search, membership: $membership) { nodes { fullPath } } }
    """

    def paths(**variables: Any) -> list[str]:
        return [node["fullPath"] for node in data(gitlab, text, **variables)["projects"]["nodes"]]

    assert paths(search="WEB") == ["acme/web-shop", "acme/tools/web"]
    assert paths(search="WEB", membership=True) == ["acme/tools/web"]
    assert paths(search="tools") == []


def test_issues_are_found_by_100_iids_at_once(gitlab: GitLab) -> None:
    for number in range(1, 121):
        gitlab.add_issue("acme/tools/web", f"Issue {number}", iid=number)
    text = """
      query ByIid($iids: [String!]) { project(fullPath: "acme/tools/web") { issues(iids: $iids, first: 100) {
        count nodes { iid } pageInfo { hasNextPage } } } }
    """

    found = data(gitlab, text, iids=[str(number) for number in range(1, 101)])["project"]["issues"]
    too_many = data(gitlab, text, iids=[str(number) for number in range(1, 121)])["project"]["issues"]

    assert {node["iid"] for node in found["nodes"]} == {str(number) for number in range(1, 101)}
    assert found["pageInfo"]["hasNextPage"] is False
    assert (too_many["count"], len(too_many["nodes"]), too_many["pageInfo"]["hasNextPage"]) == (120, 100, True)


def test_iids_are_strings_and_those_that_are_missing_are_left_out(gitlab: GitLab, issue: Issuable) -> None:
    text = """
      query ByIid($iids: [String!]) { project(fullPath: "acme/tools/web") { issues(iids: $iids) { nodes { iid id } } } }
    """

    found = data(gitlab, text, iids=["12", "99", "x", "-1"])

    assert found["project"]["issues"]["nodes"] == [{"iid": "12", "id": issue.gid}]
    assert "Could not coerce value 12 to String" in messages(gitlab, text, iids=[12])[0]


def test_the_same_iid_in_two_projects_is_two_issues(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_project("acme/api")
    other = gitlab.add_issue("acme/api", "Other", iid=12)
    text = """
      { a: project(fullPath: "acme/tools/web") { issue(iid: "12") { id reference full: reference(full: true) webUrl } }
        b: project(fullPath: "acme/api") { issue(iid: "12") { id } } }
    """

    found = data(gitlab, text)

    assert found["a"]["issue"] == {
        "id": issue.gid,
        "reference": "#12",
        "full": "acme/tools/web#12",
        "webUrl": f"{gitlab.url}/acme/tools/web/-/issues/12",
    }
    assert found["b"]["issue"]["id"] == other.gid


def test_a_search_finds_words_in_the_title_and_more_than_the_equal_one(gitlab: GitLab) -> None:
    for title in ("Fix login", "fix the LOGIN page", "Fix logout"):
        gitlab.add_issue("acme/tools/web", title, description="login everywhere")
    gitlab.add_issue("acme/tools/web", "Login: fix", state="closed")
    text = """
      query Find($search: String) { project(fullPath: "acme/tools/web") {
        issues(search: $search, in: [TITLE], state: opened) { nodes { title } } } }
    """

    def titles(search: str) -> set[str]:
        return {node["title"] for node in data(gitlab, text, search=search)["project"]["issues"]["nodes"]}

    gitlab.add_issue("acme/tools/web", "Cafe\u0301 \U0001f389")

    assert titles("Fix login") == {"Fix login", "fix the LOGIN page"}
    assert titles("!?") == set()
    assert titles("caf\u00e9") == titles("\U0001f389") == {"Cafe\u0301 \U0001f389"}


def test_issues_are_filtered_by_state_type_and_update(gitlab: GitLab, issue: Issuable) -> None:
    gitlab.add_issue("acme/tools/web", "Closed", state="closed")
    gitlab.add_issue("acme/tools/web", "Locked", discussion_locked=True)
    gitlab.now = lambda: NOW + timedelta(hours=1)
    gitlab.add_issue("acme/tools/web", "Task", issue_type="TASK")

    def titles(arguments: str) -> list[str]:
        found = data(
            gitlab, f'{{ project(fullPath: "acme/tools/web") {{ issues({arguments}) {{ nodes {{ title }} }} }} }}'
        )
        return [node["title"] for node in found["project"]["issues"]["nodes"]]

    assert titles("state: opened") == ["Task", "Locked", "Fix the login"]
    assert titles("state: closed") == ["Closed"]
    assert titles("state: locked") == ["Locked"]
    assert titles("state: all, types: [TASK]") == ["Task"]
    assert titles('updatedAfter: "2026-11-21T12:30:00Z"') == ["Task"]
    assert titles('updatedBefore: "2026-11-21T12:30:00Z", iid: "12"') == [issue.title]
