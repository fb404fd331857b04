"""An entry as the list endpoint shows it."""

from __future__ import annotations

from typing import Any

from local.standins.toggl.instants import utc_text
from local.standins.toggl.model import Entry
from local.standins.toggl.world import World


def is_billable(world: World, entry: Entry) -> bool:
    """What the service says: on a free plan nothing is billable."""
    return entry.billable and world.plan != "free"


def entry_fields(world: World, entry: Entry) -> dict[str, Any]:
    """Both spellings of UTC within one entry, the other way round in the next; `pid` and `tid` only when they apply."""
    zulu = entry.id % 2 == 0
    fields: dict[str, Any] = {
        "id": entry.id,
        "workspace_id": entry.workspace_id,
        "project_id": entry.project.id if entry.project else None,
        "task_id": world.id_of_name(entry.task) if entry.task else None,
        "billable": is_billable(world, entry),
        "start": utc_text(entry.start, zulu=zulu),
        "stop": utc_text(entry.stop, zulu=not zulu) if entry.stop else None,
        "duration": entry.duration_seconds,
        "description": entry.description,
        "tags": list(entry.tags) or None,
        "tag_ids": [world.id_of_name(tag) for tag in entry.tags] or None,
        "duronly": True,
        "at": utc_text(entry.at, zulu=not zulu),
        "server_deleted_at": utc_text(entry.deleted_at, zulu=zulu) if entry.deleted_at else None,
        "user_id": entry.user_id,
        "uid": entry.user_id,
        "wid": entry.workspace_id,
    }
    if entry.project:
        fields["pid"] = entry.project.id
    if entry.task:
        fields["tid"] = fields["task_id"]
    if zulu:
        fields |= {"permissions": None, "shared_with": []}
    return fields


def name_fields(world: World, entry: Entry) -> dict[str, Any]:
    """What `meta=true` adds, each only when it applies."""
    fields: dict[str, Any] = {"user_name": world.user(entry.user_id).fullname}
    if entry.task:
        fields["task_name"] = entry.task
    if entry.project:
        fields |= {
            "project_name": entry.project.name,
            "project_color": "#0b83d9",
            "project_active": entry.project.active,
            "project_billable": world.plan != "free",
        }
        if entry.project.client:
            fields["client_name"] = entry.project.client
    return fields
