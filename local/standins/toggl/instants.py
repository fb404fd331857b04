"""Instants as a test gives them and as the service writes them: in UTC, in two spellings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

Moment = datetime | str


def instant_of(value: Moment) -> datetime:
    """In UTC; raises ValueError when it has no offset."""
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if instant.tzinfo is None:
        raise ValueError(f"{value} has no offset")
    return instant.astimezone(UTC)


def stop_of(start: datetime, stop: Moment | int | None) -> datetime | None:
    """The end of an entry that is given as an instant or as a number of seconds; None while it is running."""
    if isinstance(stop, int):
        return start + timedelta(seconds=stop)
    return None if stop is None else instant_of(stop)


def utc_text(instant: datetime, *, zulu: bool) -> str:
    """`2026-11-19T08:00:00Z`, or without `zulu` the same with `+00:00`."""
    text = instant.astimezone(UTC).isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if zulu else text


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    month = day.year * 12 + day.month - 1 - months
    first = date(month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))
