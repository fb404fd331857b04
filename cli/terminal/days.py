"""Days in the words that every command takes: `yesterday`, `this-week`, `2026-11`, `2026-11-03..2026-11-07`.

Which days they are depends on today, which a command knows only when it knows the time zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

FORMS = "today, yesterday, this-week, last-week, 2026-11, 2026-11-03 or 2026-11-03..2026-11-07"
"""What may be given, for help and messages."""

WORDS = ("today", "yesterday", "this-week", "last-week")

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


class NoDays(ValueError):
    """The text does not name days; the message says what does."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days from `first` to `last`, both included; one that is over never ends after today."""

    first: date
    last: date

    def run_input(self) -> dict[str, str]:
        """As a run's input has them."""
        return {"start_date": self.first.isoformat(), "end_date": self.last.isoformat()}

    def __str__(self) -> str:
        """As every command takes them."""
        return f"{self.first}" if self.first == self.last else f"{self.first}..{self.last}"


DaysFrom = Callable[[date], Days]
"""The days that were asked for, by what today is. Raises NoDays when they lie ahead."""


def days_in(text: str) -> DaysFrom:
    """What a text asks for. Raises NoDays, also for a day that the calendar does not have."""
    begin, dots, end = text.strip().lower().partition("..")
    first = _part(begin, text)
    last = _part(end, text) if end else first
    if dots and not end:
        return lambda today: _checked(first(today).first, today, today)
    return lambda today: _checked(first(today).first, last(today).last, today)


def _part(text: str, whole: str) -> DaysFrom:
    if text in WORDS:
        return lambda today: _of_word(text, today)
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            month = date.fromisoformat(f"{text}-01")
            return lambda _today: Days(month, _end_of_month(month))
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            day = date.fromisoformat(text)
            return lambda _today: Days(day, day)
    except ValueError as error:
        raise NoDays(f"'{whole}': the calendar has no {text}.") from error
    raise NoDays(f"'{whole}' names no days. Give {FORMS}.")


def _of_word(word: str, today: date) -> Days:
    monday = today - timedelta(days=today.weekday())
    return {
        "today": Days(today, today),
        "yesterday": Days(today - _DAY, today - _DAY),
        "this-week": Days(monday, today),
        "last-week": Days(monday - _WEEK, monday - _DAY),
    }[word]


def _end_of_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - _DAY


def _checked(first: date, last: date, today: date) -> Days:
    if last < first:
        raise NoDays(f"{last} is before {first}: give the earlier day first.")
    if first > today:
        raise NoDays(f"{first} is still to come; today is {today}.")
    return Days(first, min(last, today))
