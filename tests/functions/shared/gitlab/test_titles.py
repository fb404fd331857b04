"""The titles of issues and merge requests, for people."""

from __future__ import annotations

from functions.shared.gitlab.client import GitLab
from local.standins.gitlab import server as stand_in
from tests.functions.shared.gitlab.support import SHOP


def test_issues_and_merge_requests_of_several_projects_have_their_titles(
    server: stand_in.GitLab, client: GitLab
) -> None:
    server.add_project("acme/web", id=8)
    server.add_issue(SHOP, "Navigation menu", iid=12)
    server.add_issue("acme/web", "Footer", iid=12)
    server.add_merge_request(SHOP, "Dark theme", iid=45)

    found = client.titles([f"{SHOP}#12", f"{SHOP}!45", "acme/web#12", f"{SHOP}#12"])

    assert found == {f"{SHOP}#12": "Navigation menu", f"{SHOP}!45": "Dark theme", "acme/web#12": "Footer"}
    assert len(server.requests) == 1


def test_what_cannot_be_seen_is_left_out(client: GitLab) -> None:
    assert client.titles([f"{SHOP}#404", "nowhere/at-all#1"]) == {}


def test_without_names_nobody_is_asked(server: stand_in.GitLab, client: GitLab) -> None:
    assert client.titles([]) == {}
    assert server.requests == []


def test_hundreds_of_titles_come_in_pages_that_gitlab_allows(server: stand_in.GitLab, client: GitLab) -> None:
    for iid in range(1, 251):
        server.add_issue(SHOP, f"Issue {iid}", iid=iid)

    found = client.titles([f"{SHOP}#{iid}" for iid in range(1, 251)])

    assert len(found) == 250
    assert found[f"{SHOP}#250"] == "Issue 250"
