"""The small look-ups: the user, the workspaces, their projects and their members."""

from __future__ import annotations

from typing import Any

from local.standins.server import Request, Response
from local.standins.toggl.model import Project
from local.standins.toggl.parameters import RefusedError, number
from local.standins.toggl.world import World

PROJECTS_PER_PAGE, MAX_PROJECTS_PER_PAGE = 151, 200


def show_me(world: World) -> Response:
    """The user's profile, with the API token in clear."""
    profile = {
        "id": world.me.id,
        "api_token": world.token,
        "email": world.me.email,
        "fullname": world.me.fullname,
        "timezone": world.timezone,
        "default_workspace_id": world.workspace_id,
        "beginning_of_week": 1,
        "image_url": "https://assets.example/avatar.png",
        "created_at": "2021-03-01T08:00:00Z",
        "updated_at": "2026-01-12T09:30:00.123456Z",
        "country_id": 80,
        "has_password": True,
    }
    return Response.of_json(profile)


def list_workspaces(world: World) -> Response:
    return Response.of_json([_workspace_fields(world, workspace) for workspace in world.workspaces])


def show_workspace(world: World, workspace: int) -> Response:
    """A workspace, with an API token in clear."""
    return Response.of_json(_workspace_fields(world, workspace))


def list_projects(world: World, request: Request, workspace: int) -> Response:
    """The active projects of a workspace unless others are asked for, in pages, by name."""
    query = request.query
    active = query.get("active", "true")
    if active not in {"true", "false", "both"}:
        raise RefusedError("active must be true, false or both")
    page = number(query.get("page", "1"), "page", 1, 1_000_000)
    per_page = number(query.get("per_page", str(PROJECTS_PER_PAGE)), "per_page", 1, MAX_PROJECTS_PER_PAGE)
    wanted = sorted(
        (
            project
            for project in world.projects
            if project.workspace_id == workspace and active in {"both", str(project.active).lower()}
        ),
        key=lambda project: (project.name.casefold(), project.id),
    )
    shown = wanted[(page - 1) * per_page : page * per_page]
    return Response.of_json([_project_fields(world, project) for project in shown])


def list_users(world: World) -> Response:
    users = [
        {
            "id": user.id,
            "email": user.email,
            "fullname": user.fullname,
            "is_active": True,
            "is_admin": user.admin,
            "inactive": False,
        }
        for user in world.users
    ]
    return Response.of_json(users)


def _workspace_fields(world: World, workspace: int) -> dict[str, Any]:
    return {
        "id": workspace,
        "organization_id": world.organization_id,
        "name": world.workspaces[workspace],
        "premium": world.plan == "premium",
        "admin": world.admin,
        "api_token": world.workspace_token,
        "rounding": 1,
        "rounding_minutes": world.rounding_minutes,
        "default_currency": "EUR",
    }


def _project_fields(world: World, project: Project) -> dict[str, Any]:
    return {
        "id": project.id,
        "workspace_id": project.workspace_id,
        "wid": project.workspace_id,
        "client_id": world.id_of_name(project.client) if project.client else None,
        "name": project.name,
        "active": project.active,
        "is_private": True,
        "color": "#0b83d9",
        "billable": None if world.plan == "free" else True,
        "at": "2026-02-03T10:00:00+00:00",
        "server_deleted_at": None,
    }
