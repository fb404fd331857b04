"""Which entries are left out before matching: one row a filter, in the order in which they are asked."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contract.settings import Settings
from contract.vocabulary import EntryWarning, Reason
from functions.shared.model.entry import TimeEntry
from functions.transform.own_project import own_projects

SATURDAY = 5


class Filter(NamedTuple):
    """reason: what it is called in the output, with its words for people. looks_at: the settings that decide.

    leaves_out: by an entry, the settings, and the earliest start of one that was added or changed late, if any.
    removal_may_follow: whether `remove_deleted` takes a timelog away that was posted before its entry was left out.
    """

    reason: Reason
    leaves_out: Callable[[TimeEntry, Settings, datetime | None], bool]
    looks_at: tuple[str, ...] = ()
    removal_may_follow: bool = False


def _is_elsewhere(entry: TimeEntry, settings: Settings, _earliest: datetime | None) -> bool:
    return settings.toggl_workspace_id != "" and entry.workspace_id != int(settings.toggl_workspace_id)


def _is_on_a_weekend(entry: TimeEntry, settings: Settings, _earliest: datetime | None) -> bool:
    return settings.exclude_weekends and entry.start.astimezone(ZoneInfo(settings.timezone)).weekday() >= SATURDAY


def _is_left_out(entry: TimeEntry, settings: Settings, _earliest: datetime | None) -> bool:
    return own_projects(settings.project_map, settings.gitlab_project_id).of(entry)[0] is None


FILTERS = (
    Filter(Reason.RUNNING, lambda entry, _settings, _earliest: entry.is_running),
    Filter(Reason.OTHER_WORKSPACE, _is_elsewhere, ("toggl_workspace_id",)),
    Filter(
        Reason.NOT_BILLABLE,
        lambda entry, settings, _earliest: settings.only_billable and not entry.billable,
        ("only_billable",),
        removal_may_follow=True,
    ),
    Filter(Reason.WEEKEND, _is_on_a_weekend, ("exclude_weekends", "timezone"), removal_may_follow=True),
    Filter(
        Reason.TOO_SHORT,
        lambda entry, settings, _earliest: entry.seconds <= 0 or entry.seconds < settings.minimum_duration,
        ("minimum_duration",),
        removal_may_follow=True,
    ),
    Filter(
        Reason.TOO_LONG,
        lambda entry, settings, _earliest: 0 < settings.maximum_duration < entry.seconds,
        ("maximum_duration",),
        removal_may_follow=True,
    ),
    Filter(
        Reason.TOO_LATE,
        lambda entry, _settings, earliest_start: earliest_start is not None and entry.start < earliest_start,
    ),
    Filter(Reason.PROJECT_LEFT_OUT, _is_left_out),
)

FILTER_KEYS = frozenset(key for one in FILTERS for key in one.looks_at)
"""The settings that decide what is filtered; a run that overrides one of them removes nothing because of a filter."""

REMOVABLE_REASONS = frozenset(one.reason for one in FILTERS if one.removal_may_follow)


def first_filter(entry: TimeEntry, settings: Settings, earliest_start: datetime | None = None) -> Filter | None:
    """The first filter that leaves an entry out, or None when it passes."""
    return next((one for one in FILTERS if one.leaves_out(entry, settings, earliest_start)), None)


def warning_about(entry: TimeEntry) -> EntryWarning | None:
    """`duration_mismatch` when Toggl's own duration is more than a second off; `stop - start` counts all the same."""
    if not entry.is_running and abs(entry.duration_seconds - entry.seconds) > 1:
        return EntryWarning.DURATION_MISMATCH
    return None
