"""Which span of time a run covers and with which settings: a pure function of its input, the settings and the clock."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contract import limits
from contract.errors import InvalidInput, plain
from contract.settings import PER_RUN_KEYS, Settings, refuse_unknown
from contract.state import SyncState
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.entry import Window

DATE_KEYS = ("start_date", "end_date")
PERMISSION_KEYS = ("accept_new_user", "allow_removals")
INPUT_KEYS = (*DATE_KEYS, "scheduled_time", *PERMISSION_KEYS, *PER_RUN_KEYS)

SCHEDULE_AHEAD = timedelta(seconds=limits.SCHEDULED_AHEAD_SECONDS)


class Run(NamedTuple):
    """A run as its input asks for it: what it covers and how, with the overrides applied.

    now: its own, see `resolve`. overrides: the settings to which the input gives another value. accept_new_user,
    allow_removals: permissions for this run only. is_dated: the input has a start_date. is_ordinary: it has neither
    dates nor days_back, so that the run continues where the runs before it have come to.
    """

    window: Window
    settings: Settings
    now: datetime
    overrides: tuple[str, ...]
    accept_new_user: bool
    allow_removals: bool
    is_dated: bool
    is_ordinary: bool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.window.timezone)

    @property
    def first_day(self) -> date:
        """The local day on which the window starts."""
        return self.window.start.astimezone(self.zone).date()

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def resolve(run_input: object, settings: Settings, started_at: datetime, state: SyncState | None = None) -> Run:
    """The run that `run_input` asks for.

    run_input: the state machine's input, any JSON. started_at: when the execution started; the input's
    `scheduled_time` goes before it. state: what earlier runs have left, if any.
    Raises InvalidInput with the key and what is allowed.
    """
    if not isinstance(run_input, Mapping):
        raise InvalidInput(f"The input must be a JSON object, like {{}}, but is: {plain(str(run_input), 80)}")
    refuse_unknown(run_input, INPUT_KEYS, "input key", InvalidInput)
    overrides = {key: value for key, value in run_input.items() if key in PER_RUN_KEYS}
    effective = settings.overridden(overrides)
    now = _now(run_input, started_at)
    return Run(
        window=_window(run_input, effective, now, state or SyncState()),
        settings=effective,
        now=now,
        overrides=tuple(sorted(key for key in overrides if getattr(effective, key) != getattr(settings, key))),
        accept_new_user=_permission(run_input, "accept_new_user"),
        allow_removals=_permission(run_input, "allow_removals"),
        is_dated="start_date" in run_input,
        is_ordinary=not {"start_date", "days_back"} & run_input.keys(),
    )


def synced_before(state: SyncState, settings: Settings) -> date | None:
    """The last local day that earlier runs have finished; before any has, the day before the first one's window.

    As long as no run has seen changes, days that a run by hand has finished may have been changed since, and count as
    unfinished. None when no run without dates has come before.
    """
    if state.first_run is None or (state.synced_through is not None and state.changes_seen is not None):
        return state.synced_through
    first_run, days_back = state.first_run, state.first_run.days_back
    today = first_run.now.astimezone(ZoneInfo(settings.timezone)).date()
    begins = today - timedelta(days=1 + (settings.days_back if days_back is None else days_back))
    return begins if state.synced_through is None else min(begins, state.synced_through)


def _now(run_input: Mapping[str, object], started_at: datetime) -> datetime:
    if "scheduled_time" not in run_input:
        return started_at
    text = run_input["scheduled_time"]
    try:
        # Of this century: days are counted from it, and the calendar has an end.
        now = parse_instant(text if isinstance(text, str) and text.startswith("20") else "")
    except ValueError as error:
        raise InvalidInput(
            f"scheduled_time has the value '{plain(str(text), 60)}', but allowed is: an RFC 3339 instant,"
            " like 2026-11-24T09:00:00Z."
        ) from error
    if now > started_at + SCHEDULE_AHEAD:
        raise InvalidInput(
            f"scheduled_time {format_instant(now)} is in the future: allowed is an instant up to the start of the run,"
            f" {format_instant(started_at)}."
        )
    return now


def _permission(run_input: Mapping[str, object], key: str) -> bool:
    value = run_input.get(key, False)
    text = value.strip().lower() if isinstance(value, str) else ""
    if value is True or text == "true":
        return True
    if value is False or text == "false":
        return False
    raise InvalidInput(f"{key} has the value '{plain(str(value), 60)}', but allowed is: true, false.")


def _window(run_input: Mapping[str, object], settings: Settings, now: datetime, state: SyncState) -> Window:
    gap = None
    zone = ZoneInfo(settings.timezone)
    today = now.astimezone(zone).date()
    if "start_date" in run_input:
        if "days_back" in run_input:
            raise InvalidInput("days_back excludes start_date: allowed is one of the two, not both.")
        first, last = _days(run_input, today)
    elif "end_date" in run_input:
        raise InvalidInput("end_date needs a start_date: allowed are both, or start_date alone (until today).")
    else:
        first, last = today - timedelta(days=settings.days_back), today
        before = synced_before(state, settings)
        if before is not None and "days_back" not in run_input:
            reach = today - timedelta(days=settings.catch_up_days)
            first = first if settings.catch_up_days == 0 else min(first, max(before + timedelta(days=1), reach))
            gap = _gap(state.synced_through or before, first)
    end = min(now.astimezone(UTC).replace(microsecond=0), start_of_day(min(last, today) + timedelta(days=1), zone))
    return Window(start=start_of_day(first, zone), end=end, timezone=settings.timezone, gap=gap)


def _gap(synced_through: date, first: date) -> tuple[str, str] | None:
    """The days that no run has finished and that are too long ago for this one, which begins at `first`."""
    undone, last = synced_through + timedelta(days=1), first - timedelta(days=1)
    return (undone.isoformat(), last.isoformat()) if undone <= last else None


def _days(run_input: Mapping[str, object], today: date) -> tuple[date, date]:
    first = _day(run_input, "start_date")
    last = _day(run_input, "end_date") if "end_date" in run_input else max(today, first)
    if first > today:
        raise InvalidInput(f"start_date {first} is in the future: allowed is {today} (today) or earlier.")
    if last < first:
        raise InvalidInput(f"end_date {last} is before start_date {first}: allowed is {first} or later.")
    # The window ends now at the latest, and the calendar has an end.
    return first, min(last, today)


def _day(run_input: Mapping[str, object], key: str) -> date:
    text = run_input[key]
    is_day = isinstance(text, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
    try:
        day = date.fromisoformat(text if isinstance(text, str) and is_day else "")
    except ValueError as error:
        raise InvalidInput(
            f"{key} has the value '{plain(str(text), 60)}', but allowed is: a day as YYYY-MM-DD, like 2026-11-15."
        ) from error
    # Toggl knows no entries before 2006 and refuses years outside 2006..2030.
    if not 2006 <= day.year <= 2030 and key == "start_date":
        raise InvalidInput(f"{key} has the value '{day}', but allowed is: a day from 2006-01-01 to 2030-12-31.")
    return day


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC.

    Where midnight is skipped by a change to daylight saving, the earlier offset names the very instant of the change;
    where it happens twice, `fold=0` is the first.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
