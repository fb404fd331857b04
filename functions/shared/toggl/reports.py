"""Toggl's detailed reports, which reach back further than its list of time entries."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from contract.errors import TogglUnavailable
from functions.shared.http import Answer
from functions.shared.instants import parse_instant
from functions.shared.model.entry import TimeEntry
from functions.shared.toggl.transport import (
    REPORTS,
    Transport,
    id_of,
    id_or_none,
    items_of,
    text,
    text_or_none,
    texts,
    whole,
)

REPORT_PAGE_ENTRIES = 50
REPORT_DAYS = 365
"""One report covers 366 days at most."""


class Report(NamedTuple):
    """What one report is about: a user's entries in one workspace, from the first to the last day by the user's clock.

    At most `REPORT_DAYS` days.
    """

    workspace_id: int
    user_id: int
    first_day: date
    last_day: date


NextPage = dict[str, int]
"""Where the next page of a report begins, as Toggl says it: what goes into the next request's body."""


class Reports(Transport):
    """Reads the user's own entries out of reports."""

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
        path = f"{REPORTS}/workspace/{asked.workspace_id}/search/time_entries"
        answer = self._ask("POST", path, body=body | (at or {}))
        rows, following = items_of(answer), _next_page(answer)
        if (at is not None and not rows) or (at is not None and following == at):
            raise TogglUnavailable("Toggl's report has a next page, but nothing comes of it.")
        entries = self._shaped(
            lambda: [entry for row in rows for entry in _reported_entries(row, asked)], "a report's time entry"
        )
        return entries, following


_NEXT_PAGE = {
    "x-next-id": "first_id",
    "x-next-row-number": "first_row_number",
    "x-next-timestamp": "first_timestamp",
}


def _next_page(answer: Answer) -> NextPage | None:
    try:
        begins_at = {key: int(answer.headers[name]) for name, key in _NEXT_PAGE.items() if name in answer.headers}
    except ValueError as error:
        raise TogglUnavailable("Toggl's report has a next page, but does not say where.") from error
    return begins_at or None


def _reported_entries(row: Any, asked: Report) -> list[TimeEntry]:
    """The entries of one row of a report; those of other users are not ours, whatever was asked for."""
    if row.get("user_id", asked.user_id) != asked.user_id:
        return []
    return [
        TimeEntry(
            id=id_of(item["id"]),
            start=parse_instant(item["start"]),
            stop=parse_instant(item["stop"]),
            duration_seconds=whole(item["seconds"]),
            description=text(row.get("description")),
            billable=row.get("billable") is True,
            workspace_id=asked.workspace_id,
            project_id=id_or_none(row.get("project_id")),
            project_name=text_or_none(row.get("project_name")),
            at=None if item.get("at") is None else parse_instant(item["at"]),
            task_name=text_or_none(row.get("task_name")),
            tags=texts(row.get("tag_names")),
        )
        for item in row["time_entries"]
    ]
