"""The Toggl Track client: the only place that knows Toggl's paths, fields and status codes.

Facts: Toggl's API documentation (engineering.toggl.com), v9, time entries; its hourly quota of September 2025.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from contract.errors import (
    InvalidInput,
    InvalidSettings,
    TogglFeatureNotPaid,
    TogglQuotaExceeded,
    TogglRateLimited,
    TogglUnauthorized,
    TogglUnavailable,
)
from functions.shared.http import Answer, Http, NoAnswer, NotSent
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model import TimeEntry, Window

_T = TypeVar("_T")

PAGE_ENTRIES = 1000
"""At most so many entries come back; more are there when exactly so many arrive."""

REACH = timedelta(days=85)
"""The list of time entries reaches back about three months; what is older is in the Reports API."""

_REPORTS = "/reports/api/v3"
REPORT_PAGE_ENTRIES = 50
REPORT_DAYS = 365
"""One report covers 366 days at most."""

PACE_SECONDS = 1.1
"""From the end of one request to the next: one a second is safe, more are answered with 429."""

BURST_WAIT_SECONDS = 10
"""How long to wait after a 429 that does not say: one request a second is safe."""

QUOTA_WAIT_SECONDS = 3600
"""How long to wait for the hourly quota when the answer does not say."""


@dataclass(slots=True)
class Fetched:
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


@dataclass(frozen=True, slots=True)
class Report:
    """What one report is about: a user's entries in one workspace, from the first to the last day by the user's clock.

    At most `REPORT_DAYS` days.
    """

    workspace_id: int
    user_id: int
    first_day: date
    last_day: date


NextPage = dict[str, int]
"""Where the next page of a report begins, as Toggl says it: what goes into the next request's body."""


class Toggl:
    """Reads the user's time entries.

    Every call may raise TogglUnauthorized, TogglQuotaExceeded, TogglRateLimited, TogglFeatureNotPaid,
    TogglUnavailable or InvalidSettings.

    clock, sleep: seconds that pass, and how to let some of them pass, to keep the pace that Toggl allows.
    `quota_left`: requests left in this hour by the last answer that said so, else None.
    `server_time`: what Toggl's clock said in its last answer, in seconds since 1970.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        max_wait_seconds: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        credentials = base64.b64encode(f"{token}:api_token".encode()).decode()
        self.http = Http(f"Basic {credentials}", token)
        self._base_url = base_url
        self._max_wait_seconds = max_wait_seconds
        self._clock = clock
        self._sleep = sleep
        self._last_ended: float | None = None
        self.quota_left: int | None = None
        self.server_time: int | None = None

    def profile(self) -> Profile:
        """The token's user. Toggl's answer holds a token in clear, so nothing else of it is kept."""
        answer = self._get("/api/v9/me", {})
        resets_in_seconds = answer.seconds_header("x-toggl-quota-resets-in")

        def read() -> Profile:
            user = answer.json()
            return Profile(_whole(user["id"]), _text(user["fullname"]), _text(user["timezone"]), resets_in_seconds)

        return self._shaped(read, "a profile")

    def workspaces(self) -> dict[int, str]:
        """The names of the user's workspaces, by id."""
        answer = self._get("/api/v9/me/workspaces", {})
        return self._shaped(lambda: {_whole(item["id"]): _text(item["name"]) for item in answer.json()}, "workspaces")

    def time_entries(self, window: Window) -> Fetched:
        """The entries that start in the window, oldest first, each once. Raises InvalidInput for too old a window.

        Toggl filters on the start, answers the newest first and cuts at 1,000; the rest is asked for with an end just
        after the oldest start received, so that entries that start in the same second are not lost.
        """
        if window.start >= window.end:
            return Fetched([], None)
        found: dict[int, TimeEntry] = {}
        running: set[datetime] = set()
        end = window.end
        while True:
            page, count = self._page(window.start, end)
            found.update((entry.id, entry) for entry in page if window.contains(entry.start))
            running.update(entry.start for entry in page if entry.is_running)
            if count < PAGE_ENTRIES:
                entries = sorted(found.values(), key=lambda entry: (entry.start, entry.id))
                return Fetched(entries, min(running, default=None))
            # A running entry may come with any window, so the oldest start is looked for inside of it.
            oldest = min((entry.start for entry in page if window.contains(entry.start)), default=end)
            next_end = oldest + timedelta(seconds=1)
            if next_end >= end:
                raise TogglUnavailable(
                    f"Toggl answers {PAGE_ENTRIES} entries before {format_instant(end)} again and again,"
                    " so the rest cannot be read. Ask for fewer days in one run."
                )
            end = next_end

    def report(self, asked: Report, at: NextPage | None) -> tuple[list[TimeEntry], NextPage | None]:
        """One page of a report, and where the next one begins; None after the last. at: None for the first page.

        Reports have no running and no deleted entries. Without `rounding: 0` the user's own preference would round.
        Raises TogglUnavailable for a page that was announced and is empty, or that leads nowhere.
        """
        body: dict[str, Any] = {
            "start_date": asked.first_day.isoformat(),
            "end_date": asked.last_day.isoformat(),
            "user_ids": [asked.user_id],
            "page_size": REPORT_PAGE_ENTRIES,
            "order_by": "date",
            "order_dir": "ASC",
            "grouped": False,
            "rounding": 0,
            "enrich_response": True,
        }
        path = f"{_REPORTS}/workspace/{asked.workspace_id}/search/time_entries"
        answer = self._ask("POST", path, body=body | (at or {}))
        rows, following = _items(answer), _next_page(answer)
        if (at is not None and not rows) or (at is not None and following == at):
            raise TogglUnavailable("Toggl's report has a next page, but nothing comes of it.")
        entries = self._shaped(
            lambda: [entry for row in rows for entry in _reported_entries(row, asked)], "a report's time entry"
        )
        return entries, following

    def deleted_since(self, since: datetime) -> list[int]:
        """The ids of the entries that were deleted since then, as Toggl itself says."""
        answer = self._get("/api/v9/me/time_entries", {"since": str(int(since.timestamp()))})
        deleted = [item for item in _items(answer) if _is_deleted(item)]
        return sorted(set(self._parsed(lambda item: _whole(item["id"]), deleted)))

    def _page(self, start: datetime, end: datetime) -> tuple[list[TimeEntry], int]:
        """The entries of one answer that are not deleted, and how many came in all."""
        answer = self._get(
            "/api/v9/me/time_entries",
            {"start_date": format_instant(start), "end_date": format_instant(end), "meta": "true"},
        )
        items = _items(answer)
        return self._parsed(_time_entry, [item for item in items if not _is_deleted(item)]), len(items)

    def _parsed(self, parse: Callable[[Any], _T], items: list[Any]) -> list[_T]:
        return self._shaped(lambda: [parse(item) for item in items], "a time entry")

    def _shaped(self, parse: Callable[[], _T], what: str) -> _T:
        """What `parse` makes of an answer; raises TogglUnavailable for one of another shape, with no word of it."""
        try:
            return parse()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            why = self.http.words(repr(error), 120)
            raise TogglUnavailable(f"Toggl answered with {what} of the wrong shape ({why}).") from error

    def _get(self, path: str, query: dict[str, str]) -> Answer:
        return self._ask("GET", path, query=query)

    def _ask(self, method: str, path: str, **what: Any) -> Answer:
        self._keep_pace()
        try:
            answer = self.http.request(method, self._base_url + path, **what)
        except (NotSent, NoAnswer) as error:
            raise TogglUnavailable(f"Toggl at {self._base_url} did not answer: {error}.") from error
        finally:
            self._last_ended = self._clock()
        self.server_time = answer.epoch_header("date")
        left = answer.seconds_header("x-toggl-quota-remaining")
        self.quota_left = self.quota_left if left is None else left
        if answer.status != 200:
            is_report = path.startswith(_REPORTS) and answer.status in {403, 404}
            raise _no_reports(path, answer.status) if is_report else self._failure(answer)
        return answer

    def _keep_pace(self) -> None:
        if self._last_ended is not None:
            self._sleep(max(0.0, self._last_ended + PACE_SECONDS - self._clock()))

    def _failure(self, answer: Answer) -> Exception:
        status = answer.status
        if status in {401, 403}:
            return TogglUnauthorized(
                f"Toggl refuses the API token (HTTP {status}). Copy the token from your Toggl profile into the secret."
            )
        if status == 402:
            return self._payment_required(answer)
        if status == 429:
            wait = answer.retry_after_seconds()
            return TogglRateLimited(
                "Toggl asks to slow down (HTTP 429).",
                BURST_WAIT_SECONDS if wait is None else wait,
                self._max_wait_seconds,
                answer.received_at,
            )
        if status == 400:
            return InvalidInput(f"Toggl refuses the dates: {self._words(answer)}. Give others, or fewer days.")
        if 300 <= status < 400 or status == 404:
            return InvalidSettings(
                f"toggl_url ({self._base_url}) is not the Toggl API: it answers with HTTP {status}. Set toggl_url."
            )
        return TogglUnavailable(f"Toggl answered with HTTP {status}.")

    def _payment_required(self, answer: Answer) -> Exception:
        """402 means either an empty quota, which comes back, or a feature that the plan lacks, which does not."""
        left = answer.seconds_header("x-toggl-quota-remaining")
        is_sentence = answer.body.lstrip()[:1] == b'"'
        if left == 0 or (left is None and not is_sentence):
            wait = answer.seconds_header("x-toggl-quota-resets-in")
            return TogglQuotaExceeded(
                "Toggl's hourly quota of requests is used up.",
                QUOTA_WAIT_SECONDS if wait is None else max(1, wait),
                self._max_wait_seconds,
                answer.received_at,
            )
        return TogglFeatureNotPaid(
            f"Toggl's plan does not include this: {self._words(answer)}. Upgrade, or leave it out."
        )

    def _words(self, answer: Answer) -> str:
        """What an error's body says, without the end of its sentence."""
        return self.http.words(answer.text().strip().strip('"').rstrip("."), 200) or "no words"


def _items(answer: Answer) -> list[Any]:
    try:
        items = answer.json()
    except ValueError as error:
        raise TogglUnavailable("Toggl answered with something that is no JSON.") from error
    if not isinstance(items, list):
        raise TogglUnavailable("Toggl answered with something that is no list of time entries.")
    return items


def _no_reports(path: str, status: int) -> Exception:
    """The token is right, or nobody would have got that far."""
    return InvalidSettings(
        f"Toggl has no reports for this token at {path} (HTTP {status}). Set toggl_workspace_id to a workspace whose"
        " reports you may read."
    )


_NEXT_PAGE = {
    "x-next-id": "first_id",
    "x-next-row-number": "first_row_number",
    "x-next-timestamp": "first_timestamp",
}


def _next_page(answer: Answer) -> NextPage | None:
    try:
        told = {key: int(answer.headers[name]) for name, key in _NEXT_PAGE.items() if name in answer.headers}
    except ValueError as error:
        raise TogglUnavailable("Toggl's report has a next page, but does not say where.") from error
    return told or None


def _reported_entries(row: Any, asked: Report) -> list[TimeEntry]:
    """The entries of one row of a report; those of other users are not ours, whatever was asked for."""
    if row.get("user_id", asked.user_id) != asked.user_id:
        return []
    project_id, name = row.get("project_id"), row.get("project_name")
    return [
        TimeEntry(
            id=_whole(item["id"]),
            start=parse_instant(item["start"]),
            stop=parse_instant(item["stop"]),
            duration_seconds=_whole(item["seconds"]),
            description=_text(row.get("description")),
            billable=row.get("billable") is True,
            workspace_id=asked.workspace_id,
            project_id=None if project_id is None else _whole(project_id),
            project_name=None if name is None else _text(name),
        )
        for item in row["time_entries"]
    ]


def _is_deleted(item: Any) -> bool:
    return isinstance(item, dict) and bool(item.get("server_deleted_at"))


def _time_entry(item: Any) -> TimeEntry:
    """One entry of an answer. Raises AttributeError, KeyError, TypeError or ValueError for what is none."""
    project_id = item.get("project_id")
    workspace_id = item["workspace_id"] if item.get("workspace_id") is not None else item["wid"]
    return TimeEntry(
        id=_whole(item["id"]),
        start=parse_instant(item["start"]),
        stop=None if item.get("stop") is None else parse_instant(item["stop"]),
        duration_seconds=_duration_seconds(item),
        description=_text(item.get("description")),
        billable=item.get("billable") is True,
        workspace_id=_whole(workspace_id),
        project_id=None if project_id is None else _whole(project_id),
        project_name=None if item.get("project_name") is None else _text(item["project_name"]),
    )


def _duration_seconds(item: Any) -> int:
    """What Toggl says, or, where it says nothing, what its times come to."""
    if item.get("duration") is not None:
        return _whole(item["duration"])
    if item.get("stop") is None:
        return -1
    return int((parse_instant(item["stop"]) - parse_instant(item["start"])).total_seconds())


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    # JSON can hold half a surrogate pair, which no UTF-8 can; what is no character becomes the replacement character.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
