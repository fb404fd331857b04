"""The user, the workspaces, their projects and their members."""

from __future__ import annotations

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import Client


def test_me_gives_the_timezone_and_shows_the_token_in_clear(client: Client, toggl: Toggl) -> None:
    toggl.timezone = "America/New_York"

    me = client.get("/api/v9/me").json()

    assert (me["timezone"], me["default_workspace_id"]) == ("America/New_York", toggl.workspace_id)
    assert (me["id"], me["api_token"]) == (toggl.user_id, toggl.token)


def test_workspaces_are_listed_with_id_and_name_and_show_a_token_in_clear(client: Client, toggl: Toggl) -> None:
    other = toggl.add_workspace("Elsewhere")

    listed = client.get("/api/v9/workspaces").json()

    assert [(one["id"], one["name"]) for one in listed] == [(toggl.workspace_id, "Studio"), (other, "Elsewhere")]
    assert client.get(f"/api/v9/workspaces/{other}").json()["api_token"] == toggl.workspace_token
    assert client.get("/api/v9/workspaces/1").status_code == 403


def test_projects_come_in_pages_of_151_at_most_200_and_active_ones_only_unless_both_are_asked(
    client: Client, toggl: Toggl
) -> None:
    for number in range(202):
        toggl.add_project(f"Project {number:03}", active=number != 0)
    toggl.add_project("Project 000 of another workspace", workspace=toggl.add_workspace("Elsewhere"))
    path = f"/api/v9/workspaces/{toggl.workspace_id}/projects"

    def names(**query: str) -> list[str]:
        return [project["name"] for project in client.get(path, **query).json()]

    assert names(active="both")[0] == "Project 000"
    assert len(names()) == 151
    assert names()[0] == "Project 001"
    assert names(active="false") == ["Project 000"]
    assert names(active="both", per_page="200", page="2") == ["Project 200", "Project 201"]
    assert names(active="both", per_page="200", page="3") == []
    assert client.get(path, per_page="201").status_code == 400


def test_users_of_a_workspace_are_listed(client: Client, toggl: Toggl) -> None:
    toggl.add_user("Jonas Weber", "jonas@studio.example", id=10_700_000)

    users = client.get(f"/api/v9/workspaces/{toggl.workspace_id}/users").json()

    assert users[-1] == {
        "id": 10_700_000,
        "fullname": "Jonas Weber",
        "email": "jonas@studio.example",
        "is_active": True,
        "is_admin": False,
        "inactive": False,
    }
