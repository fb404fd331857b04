"""What a user can find: what is not there and what may not be seen look the same."""

from __future__ import annotations

from local.standins.gitlab.model import Issuable, Kind, Project, User
from local.standins.gitlab.world import World


def sees_project(user: User, project: Project) -> bool:
    return project.public or project.has_role(user, "guest")


def sees(world: World, user: User, issuable: Issuable) -> bool:
    """Whether an issue, a merge request or an epic exists as far as this user can tell."""
    if not world.exists(issuable):
        return False
    if issuable.kind == "GroupItem":
        return world.has_role(user, issuable.place, "guest")
    if not sees_project(user, issuable.project):
        return False
    if issuable.confidential:
        return issuable.author is user or issuable.project.has_role(user, "planner")
    return issuable.kind == "Issue" or issuable.project.public or issuable.project.has_role(user, "planner")


def find_project(world: World, user: User, full_path: str) -> Project | None:
    project = world.project_at(full_path)
    return project if project is not None and sees_project(user, project) else None


def find_issuable(world: World, user: User, model: str, number: int) -> Issuable | None:
    """By a global id's two parts."""
    issuable = world.issuable_by_id(model, number)
    return issuable if issuable is not None and sees(world, user, issuable) else None


def find_by_iid(world: World, user: User, kind: Kind, project: Project, iid: str) -> Issuable | None:
    if not (iid.isascii() and iid.isdigit()):
        return None
    issuable = world.issuable_by_iid(kind, project, int(iid))
    return issuable if issuable is not None and sees(world, user, issuable) else None
