"""The Reports search: any distance back, for an admin everyone's entries, in pages of rows.

The user has a rounding preference, which is applied unless the search is sent `rounding: 0`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta, tzinfo
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from local.standins.server import Request, Response
from local.standins.toggl.entry_fields import is_billable
from local.standins.toggl.instants import utc_text
from local.standins.toggl.model import Entry
from local.standins.toggl.report_request import ReportRequest
from local.standins.toggl.world import World

Row = list[Entry]


def search_entries(world: World, request: Request, workspace: int) -> Response:
    """One page; its headers lead to the next one, if there is one. Raises RefusedError."""
    asked = ReportRequest.of(request)
    zone = ZoneInfo(world.timezone)
    found = [entry for entry in world.entries if entry.workspace_id == workspace and _wants(world, asked, entry, zone)]
    rows = _rows(found, asked)
    first = asked.first_row(rows)
    following = first + asked.page_size
    unit = world.rounding_minutes if asked.rounding is None else asked.rounding
    answer = [
        _row_fields(world, row, number)
        | {"time_entries": [_times_of(entry, zone, unit) for entry in row]}
        | (_name_fields(world, row[0]) if asked.enriched else {})
        for number, row in enumerate(rows[first:following], start=first + 1)
    ]
    return Response.of_json(answer, headers=_next_page(rows, following) if following < len(rows) else None)


def _wants(world: World, asked: ReportRequest, entry: Entry, zone: tzinfo) -> bool:
    return (
        not entry.running
        and entry.deleted_at is None
        and (world.admin or entry.user_id == world.user_id)
        and asked.start <= entry.start.astimezone(zone).date() <= asked.end
        and (asked.user_ids is None or entry.user_id in asked.user_ids)
        and (asked.project_ids is None or (entry.project is not None and entry.project.id in asked.project_ids))
        and (asked.billable is None or asked.billable == is_billable(world, entry))
    )


def _rows(entries: list[Entry], asked: ReportRequest) -> list[Row]:
    """One entry a row, or with `grouped` all that share everything but their times."""
    keys: dict[str, Callable[[Entry], Any]] = {
        "date": lambda entry: (entry.start, entry.id),
        "duration": lambda entry: (entry.duration_seconds, entry.id),
        "description": lambda entry: (entry.description or "", entry.start, entry.id),
    }
    ordered = sorted(entries, key=keys[asked.order_by], reverse=asked.descending)
    if not asked.grouped:
        return [[entry] for entry in ordered]
    place = {entry.id: index for index, entry in enumerate(ordered)}
    neighbours = sorted(ordered, key=lambda entry: (_alike(entry), place[entry.id]))
    groups = [list(group) for _key, group in groupby(neighbours, _alike)]
    return sorted(groups, key=lambda group: place[group[0].id])


def _alike(entry: Entry) -> tuple[Any, ...]:
    project_id = entry.project.id if entry.project else 0
    return entry.user_id, project_id, entry.task or "", entry.billable, entry.description or "", entry.tags


def _row_fields(world: World, row: Row, number: int) -> dict[str, Any]:
    entry, user = row[0], world.user(row[0].user_id)
    return {
        "user_id": user.id,
        "username": user.fullname,
        "project_id": entry.project.id if entry.project else None,
        "task_id": world.id_of_name(entry.task) if entry.task else None,
        "billable": is_billable(world, entry),
        "description": entry.description or "",
        "tag_ids": [world.id_of_name(tag) for tag in entry.tags],
        "billable_amount_in_cents": None,
        "hourly_rate_in_cents": None,
        "currency": "EUR",
        "row_number": number,
    }


def _name_fields(world: World, entry: Entry) -> dict[str, Any]:
    """What `enrich_response` adds."""
    return {
        "client_name": entry.project.client if entry.project else None,
        "project_name": entry.project.name if entry.project else None,
        "tag_names": list(entry.tags),
        "task_name": entry.task,
        "email": world.user(entry.user_id).email,
    }


def _times_of(entry: Entry, zone: tzinfo, unit_minutes: int) -> dict[str, Any]:
    """An entry within its row, rounded up to the unit, with the user's local offset."""
    stop = entry.end
    seconds = round((stop - entry.start).total_seconds())
    if unit_minutes:
        unit = unit_minutes * 60
        seconds = -(-seconds // unit) * unit
        stop = entry.start + timedelta(seconds=seconds)
    return {
        "id": entry.id,
        "seconds": seconds,
        "start": entry.start.astimezone(zone).isoformat(timespec="seconds"),
        "stop": stop.astimezone(zone).isoformat(timespec="seconds"),
        "at": utc_text(entry.at, zulu=False),
    }


def _next_page(rows: list[Row], index: int) -> dict[str, str]:
    first = rows[index][0]
    return {
        "X-Next-ID": str(first.id),
        "X-Next-Row-Number": str(index + 1),
        "X-Next-Timestamp": str(int(first.start.timestamp())),
    }
