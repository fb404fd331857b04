"""The Toggl Track client: whose token it is, and the time entries.

Facts: Toggl's API documentation (engineering.toggl.com), v9, time entries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, TypeVar

from contract.errors import TogglUnavailable
from functions.shared.http import Answer
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.toggl.reports import Reports
from functions.shared.toggl.transport import id_of, id_or_none, items_of, text, text_or_none, texts, whole

_T = TypeVar("_T")

PAGE_ENTRIES = 1000
"""At most so many entries come back; more are there when exactly so many arrive."""

PAGE_PROJECTS, PAGES_OF_PROJECTS = 200, 25
"""A page of a workspace's projects, and how many are read: what a team has at most."""

REACH = timedelta(days=85)
"""The list of time entries reaches back about three months; what is older is in the Reports API."""


class Tracked(NamedTuple):
    """What Toggl has in a window.

    running_since: the start of the oldest entry that came and still runs, inside of the window or before it. read_at:
    what Toggl's clock said in the first answer; None when it did not say, or nothing was asked.
    """

    entries: list[TimeEntry]
    running_since: datetime | None
    read_at: datetime | None = None


class Modified(NamedTuple):
    """What was modified in Toggl since an instant, wherever it starts.

    deleted_at: when the deleted ones were deleted, by id. incomplete_until: the answer is full, and of what starts up
    to this instant some may be missing; None when all came. read_at: what Toggl's clock said; None when it did not say.
    """

    entries: list[TimeEntry]
    deleted_at: Mapping[int, datetime]
    incomplete_until: datetime | None = None
    read_at: datetime | None = None


NOTHING_MODIFIED = Modified([], {})


class Profile(NamedTuple):
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
            return Profile(id_of(user["id"]), text(user["fullname"]), text(user["timezone"]), resets_in_seconds)

        return self._shaped(read, "a profile")

    def workspaces(self) -> dict[int, str]:
        """The names of the user's workspaces, by id."""
        answer = self._get("/api/v9/me/workspaces", {})
        return self._shaped(lambda: {id_of(item["id"]): text(item["name"]) for item in items_of(answer)}, "workspaces")

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
        read_at: datetime | None = None
        end = window.end
        while True:
            page, count = self._page(window.start, end)
            read_at = read_at or self.server_now
            found.update((entry.id, entry) for entry in page if window.contains(entry.start))
            running.update(entry.start for entry in page if entry.is_running)
            if count < PAGE_ENTRIES:
                entries = sorted(found.values(), key=lambda entry: (entry.start, entry.id))
                return Tracked(entries, min(running, default=None), read_at)
            # A running entry may come with any window, so the oldest start is looked for inside of it.
            oldest = min((entry.start for entry in page if window.contains(entry.start)), default=end)
            next_end = oldest + timedelta(seconds=1)
            if next_end >= end:
                raise TogglUnavailable(
                    f"Toggl answers {PAGE_ENTRIES} entries before {format_instant(end)} again and again,"
                    " so the rest cannot be read. Ask for fewer days in one run."
                )
            end = next_end

    def modified_since(self, since: datetime) -> Modified:
        """The entries that were modified since then (to the second), and those that were deleted.

        Those of all workspaces come, running ones as well. The newest starts come first and perhaps no more than 1,000;
        names of projects may be missing.
        """
        answer = self._get("/api/v9/me/time_entries", {"since": str(int(since.timestamp())), "meta": "true"})
        items = items_of(answer)
        entries = self._parsed(_time_entry, [item for item in items if not _is_deleted(item)])
        deleted = self._parsed(_deletion, [item for item in items if _is_deleted(item)])
        # Deleted ones count towards a full answer as well.
        is_full = len(items) == PAGE_ENTRIES
        starts = self._parsed(lambda item: parse_instant(item["start"]), items if is_full else [])
        return Modified(entries, dict(deleted), min(starts, default=None), self.server_now)

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


def _deletion(item: Any) -> tuple[int, datetime]:
    """Which entry was deleted, and when: its last change."""
    return id_of(item["id"]), parse_instant(item["at"] if item.get("at") else item["server_deleted_at"])


def _time_entry(item: Any) -> TimeEntry:
    """One entry of an answer. Raises AttributeError, KeyError, TypeError or ValueError for what is not one."""
    workspace_id = item["workspace_id"] if item.get("workspace_id") is not None else item["wid"]
    start, duration_seconds = parse_instant(item["start"]), _duration_seconds(item)
    return TimeEntry(
        id=id_of(item["id"]),
        start=start,
        stop=_stop(item, start, duration_seconds),
        duration_seconds=duration_seconds,
        description=text(item.get("description")),
        billable=item.get("billable") is True,
        workspace_id=id_of(workspace_id),
        project_id=id_or_none(item.get("project_id")),
        project_name=text_or_none(item.get("project_name")),
        at=None if item.get("at") is None else parse_instant(item["at"]),
        task_name=text_or_none(item.get("task_name")),
        tags=texts(item.get("tags")),
    )


def _stop(item: Any, start: datetime, duration_seconds: int) -> datetime | None:
    """Where Toggl names no end, a positive duration says that there is one: what runs has a negative one, or 0."""
    if item.get("stop") is not None:
        return parse_instant(item["stop"])
    try:
        return start + timedelta(seconds=duration_seconds) if duration_seconds > 0 else None
    except OverflowError as error:
        raise ValueError("a duration beyond the calendar") from error


def _duration_seconds(item: Any) -> int:
    """What Toggl says, or, where it says nothing, what its times come to."""
    if item.get("duration") is not None:
        return whole(item["duration"])
    if item.get("stop") is None:
        return -1
    return int((parse_instant(item["stop"]) - parse_instant(item["start"])).total_seconds())
