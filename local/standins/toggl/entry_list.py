"""The list of the user's entries: by a window of their starts, before an instant, or by when they were modified.

Where it is not known what the service does, it does what is harder on a client:

- an instant as `end_date` is inclusive (`end_inclusive`), so that whoever does not filter again sees an entry twice.
  A client that pages by the oldest start must also hold with `end_inclusive=False`: entries that share that start;
- a date without a time is a UTC day, whatever the user's timezone is;
- running entries come back in every window (`running_everywhere`);
- combinations and values that the documentation does not name are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from local.standins.server import Response
from local.standins.toggl.entry_fields import entry_fields, name_fields
from local.standins.toggl.instants import months_before
from local.standins.toggl.model import Entry
from local.standins.toggl.parameters import RefusedError, is_day, window_end
from local.standins.toggl.since import modified_since
from local.standins.toggl.world import MAX_ENTRIES, World

REACH_MONTHS = 3

Selection = Callable[[Entry], bool]


def list_entries(world: World, query: dict[str, str]) -> Response:
    """The newest starts first, at most 1,000; with `meta=true` the names too. Raises RefusedError."""
    wanted, by_change = _selection(world, query), bool(query.get("since"))
    mine = [entry for entry in world.entries if entry.user_id == world.user_id and wanted(entry)]
    newest_first = sorted(mine, key=lambda entry: (entry.start, entry.id), reverse=True)
    shown = newest_first[: world.since_limit if by_change else MAX_ENTRIES]
    with_names = query.get("meta") == "true" and (world.since_has_names or not by_change)
    return Response.of_json(
        [entry_fields(world, entry) | (name_fields(world, entry) if with_names else {}) for entry in shown]
    )


def _selection(world: World, query: dict[str, str]) -> Selection:
    asked = {name for name in ("start_date", "end_date", "since", "before") if query.get(name)}
    if {"since", "before"} <= asked:
        raise RefusedError("can not use since with before")
    if asked & {"start_date", "end_date"}:
        return _between(world, query, asked)
    if "since" in asked:
        return modified_since(query["since"], _earliest_day(world))
    earliest = datetime.combine(_earliest_day(world), datetime.min.time(), UTC)
    end = window_end(query["before"], "before") if "before" in asked else None
    return lambda entry: entry.deleted_at is None and earliest <= entry.start and (end is None or entry.start < end)


def _between(world: World, query: dict[str, str], asked: set[str]) -> Selection:
    if not {"start_date", "end_date"} <= asked:
        raise RefusedError("start_date and end_date must be used together")
    if asked & {"since", "before"}:
        raise RefusedError("can not use since or before with start_date and end_date")
    start = window_end(query["start_date"], "start_date")
    end = window_end(query["end_date"], "end_date")
    if start.date() < _earliest_day(world):
        raise RefusedError(f"start_date must not be earlier than {_earliest_day(world)}")
    if end < start:
        raise RefusedError("end_date must not be earlier than start_date")
    inclusive = world.end_inclusive and not is_day(query["end_date"])

    def wanted(entry: Entry) -> bool:
        if entry.deleted_at is not None:
            return False
        if entry.running and world.running_everywhere:
            return True
        return start <= entry.start and (entry.start <= end if inclusive else entry.start < end)

    return wanted


def _earliest_day(world: World) -> date:
    """How far back the list reaches: three months."""
    return months_before(world.now().astimezone(UTC).date(), REACH_MONTHS)
