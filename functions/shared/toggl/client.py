"""The Toggl Track client: whose token it is, and the time entries.

Facts: Toggl's API documentation (engineering.toggl.com), v9, time entries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from contract.errors import TogglUnavailable
from functions.shared.http import Answer
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.toggl.reports import Reports
from functions.shared.toggl.transport import items_of, text, text_or_none, whole, whole_or_none

_T = TypeVar("_T")

PAGE_ENTRIES = 1000
"""At most so many entries come back; more are there when exactly so many arrive."""

PAGE_PROJECTS, PAGES_OF_PROJECTS = 200, 25
"""A page of a workspace's projects, and how many are read: what a team has at most."""

REACH = timedelta(days=85)
"""The list of time entries reaches back about three months; what is older is in the Reports API."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """What Toggl has in a window.

    running_since: the start of the oldest entry that came and still runs, inside of the window or before it.
    """

    entries: list[TimeEntry]
    running_since: datetime | None


@dataclass(frozen=True, slots=True)
class Profile:
    """Whose token it is. quota_resets_in_seconds: None when Toggl did not say."""

    id: int
    fullname: str
    timezone: str
    quota_resets_in_seconds: int | None


class Toggl(Reports):
    """Reads the user's time entries; the errors are those of `Transport`."""

    def profile(self) -> Profile:
        """The token's user. Toggl's answer holds a token in clear, so nothing else of it is kept."""
        answer = self._get("/api/v9/me", {})
        resets_in_seconds = answer.seconds_header("x-toggl-quota-resets-in")

        def read() -> Profile:
            user = answer.json()
            return Profile(whole(user["id"]), text(user["fullname"]), text(user["timezone"]), resets_in_seconds)

        return self._shaped(read, "a profile")

    def workspaces(self) -> dict[int, str]:
        """The names of the user's workspaces, by id."""
        answer = self._get("/api/v9/me/workspaces", {})
        return self._shaped(lambda: {whole(item["id"]): text(item["name"]) for item in answer.json()}, "workspaces")

    def projects(self, workspace_id: int) -> dict[int, str]:
        """The names of a workspace's projects, by id, those that are archived too."""
        found: dict[int, str] = {}
        for page in range(1, PAGES_OF_PROJECTS + 1):
            query = {"active": "both", "page": str(page), "per_page": str(PAGE_PROJECTS)}
            answer = self._get(f"/api/v9/workspaces/{workspace_id}/projects", query)
            read = partial(_project_names, answer)
            names = self._shaped(read, "projects")
            found |= names
            if len(names) < PAGE_PROJECTS:
                break
        return found

    def time_entries(self, window: Window) -> Tracked:
        """The entries that start in the window, oldest first, each once. Raises InvalidInput for too old a window.

        Toggl filters on the start, answers the newest first and cuts at 1,000; the rest is asked for with an end just
        after the oldest start received, so that entries that start in the same second are not lost.
        """
        if window.start >= window.end:
            return Tracked([], None)
        found: dict[int, TimeEntry] = {}
        running: set[datetime] = set()
        end = window.end
        while True:
            page, count = self._page(window.start, end)
            found.update((entry.id, entry) for entry in page if window.contains(entry.start))
            running.update(entry.start for entry in page if entry.is_running)
            if count < PAGE_ENTRIES:
                entries = sorted(found.values(), key=lambda entry: (entry.start, entry.id))
                return Tracked(entries, min(running, default=None))
            # A running entry may come with any window, so the oldest start is looked for inside of it.
            oldest = min((entry.start for entry in page if window.contains(entry.start)), default=end)
            next_end = oldest + timedelta(seconds=1)
            if next_end >= end:
                raise TogglUnavailable(
                    f"Toggl answers {PAGE_ENTRIES} entries before {format_instant(end)} again and again,"
                    " so the rest cannot be read. Ask for fewer days in one run."
                )
            end = next_end

    def deleted_since(self, since: datetime) -> list[int]:
        """The ids of the entries that were deleted since then, as Toggl itself says."""
        answer = self._get("/api/v9/me/time_entries", {"since": str(int(since.timestamp()))})
        deleted = [item for item in items_of(answer) if _is_deleted(item)]
        return sorted(set(self._parsed(lambda item: whole(item["id"]), deleted)))

    def _page(self, start: datetime, end: datetime) -> tuple[list[TimeEntry], int]:
        """The entries of one answer that are not deleted, and how many came in all."""
        answer = self._get(
            "/api/v9/me/time_entries",
            {"start_date": format_instant(start), "end_date": format_instant(end), "meta": "true"},
        )
        items = items_of(answer)
        return self._parsed(_time_entry, [item for item in items if not _is_deleted(item)]), len(items)

    def _parsed(self, parse: Callable[[Any], _T], items: list[Any]) -> list[_T]:
        return self._shaped(lambda: [parse(item) for item in items], "a time entry")

    def _get(self, path: str, query: dict[str, str]) -> Answer:
        return self._ask("GET", path, query=query)


def _project_names(answer: Answer) -> dict[int, str]:
    """Toggl answers null where there are none."""
    return {whole(item["id"]): text(item["name"]) for item in answer.json() or []}


def _is_deleted(item: Any) -> bool:
    return isinstance(item, dict) and bool(item.get("server_deleted_at"))


def _time_entry(item: Any) -> TimeEntry:
    """One entry of an answer. Raises AttributeError, KeyError, TypeError or ValueError for what is not one."""
    workspace_id = item["workspace_id"] if item.get("workspace_id") is not None else item["wid"]
    return TimeEntry(
        id=whole(item["id"]),
        start=parse_instant(item["start"]),
        stop=None if item.get("stop") is None else parse_instant(item["stop"]),
        duration_seconds=_duration_seconds(item),
        description=text(item.get("description")),
        billable=item.get("billable") is True,
        workspace_id=whole(workspace_id),
        project_id=whole_or_none(item.get("project_id")),
        project_name=text_or_none(item.get("project_name")),
    )


def _duration_seconds(item: Any) -> int:
    """What Toggl says, or, where it says nothing, what its times come to."""
    if item.get("duration") is not None:
        return whole(item["duration"])
    if item.get("stop") is None:
        return -1
    return int((parse_instant(item["stop"]) - parse_instant(item["start"])).total_seconds())
