"""The body of a Reports search, checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from local.standins.server import Request
from local.standins.toggl.model import Entry
from local.standins.toggl.parameters import RefusedError, day, number, optional_ids, optional_int

PAGE_SIZE, MAX_PAGE_SIZE = 50, 1_000
DEFAULT_DAYS, MAX_DAYS = 6, 366


@dataclass(frozen=True)
class ReportRequest:
    """What is asked for; both days are inclusive. `rounding` is in minutes: None for the user's own, 0 for none."""

    start: date
    end: date
    user_ids: frozenset[int] | None
    project_ids: frozenset[int] | None
    billable: bool | None
    order_by: str
    descending: bool
    page_size: int
    grouped: bool
    rounding: int | None
    enriched: bool
    first_id: int | None
    first_row_number: int | None

    @classmethod
    def of(cls, request: Request) -> ReportRequest:
        """Raises RefusedError."""
        body = _object_in(request)
        start, end = _days(body)
        order_by, order_dir = body.get("order_by", "date"), str(body.get("order_dir", "DESC")).upper()
        if order_by not in {"date", "duration", "description"} or order_dir not in {"ASC", "DESC"}:
            raise RefusedError("invalid order_by or order_dir")
        cursor = [optional_int(body, name) for name in ("first_id", "first_row_number", "first_timestamp")]
        if any(value is not None for value in cursor) and None in cursor:
            raise RefusedError("first_id, first_row_number and first_timestamp must be used together")
        return cls(
            start=start,
            end=end,
            user_ids=optional_ids(body, "user_ids"),
            project_ids=optional_ids(body, "project_ids"),
            billable=body.get("billable"),
            order_by=order_by,
            descending=order_dir == "DESC",
            page_size=number(str(body.get("page_size", PAGE_SIZE)), "page_size", 1, MAX_PAGE_SIZE),
            grouped=bool(body.get("grouped", False)),
            rounding=_rounding(body),
            enriched=bool(body.get("enrich_response", False)),
            first_id=cursor[0],
            first_row_number=cursor[1],
        )

    def first_row(self, rows: list[list[Entry]]) -> int:
        """The index at which the page begins: at the entry that was named, or at its number should it be gone."""
        if self.first_id is None or self.first_row_number is None:
            return 0
        for index, row in enumerate(rows):
            if row[0].id == self.first_id:
                return index
        return self.first_row_number - 1


def _object_in(request: Request) -> dict[str, Any]:
    try:
        body = request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise RefusedError("request body must be a JSON object")
    return body


def _days(body: dict[str, Any]) -> tuple[date, date]:
    start = day(body.get("start_date"), "start_date")
    end = day(body["end_date"], "end_date") if body.get("end_date") else start + timedelta(days=DEFAULT_DAYS)
    if end < start:
        raise RefusedError("end_date must not be earlier than start_date")
    if (end - start).days >= MAX_DAYS:
        raise RefusedError(f"the range must not exceed {MAX_DAYS} days")
    return start, end


def _rounding(body: dict[str, Any]) -> int | None:
    rounding, minutes = optional_int(body, "rounding"), optional_int(body, "rounding_minutes")
    if rounding == 0:
        return 0
    return minutes if rounding is not None or minutes is not None else None
