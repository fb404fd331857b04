"""How projects are found, by the stand-in for GitLab over HTTP."""

from __future__ import annotations

from functions.shared.gitlab.client import GitLab
from local.standins.gitlab import server as stand_in
from tests.functions.shared.gitlab.support import (
    FORTY,
    SHOP,
)


def test_any_number_of_projects_is_found_by_path_or_number_within_the_limits(
    server: stand_in.GitLab, client: GitLab
) -> None:
    numbers = {path: str(server.add_project(path).id) for path in FORTY}

    found = client.projects_given([*FORTY, *numbers.values(), "no/such", "999999", FORTY[0]])

    assert {given: project.full_path for given, project in found.items()} == {
        **{path: path for path in FORTY},
        **{number: path for path, number in numbers.items()},
    }
    assert len(server.requests) == 2


def test_nothing_is_asked_when_no_project_is_wanted(server: stand_in.GitLab, client: GitLab) -> None:
    assert client.projects_given([]) == {}
    assert len(server.requests) == 0


def test_a_project_is_found_by_the_name_with_namespace_of_a_page_title(server: stand_in.GitLab, client: GitLab) -> None:
    server.add_project("other/shop")
    server.add_project("acme/shop-two", name="Shop Two")
    server.add_project("twin/shop", name_with_namespace="Acme / Shop")
    server.add_project("foreign/shop", name_with_namespace="Acme / Shop", roles={"max": "owner"}, public=True)

    found = client.projects_named("Acme / Shop")

    assert {project.full_path for project in found} == {SHOP, "twin/shop"}
