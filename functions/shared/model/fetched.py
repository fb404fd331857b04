"""What a run knows when Toggl has been read: how FetchEntries hands it to TransformEntries."""

from datetime import date, datetime
from typing import Any, NamedTuple, Self

from contract.settings import Settings
from contract.state import Pending, Version
from functions.shared.instants import format_instant, parse_instant
from functions.shared.model.entry import Span, TimeEntry, Window


class Progress(NamedTuple):
    """What a run is worth when nothing in it fails.

    through: the last local day that it finishes. day_before: the day before its first one; the run counts only when
    everything up to that day is synced already, since a gap would otherwise be forgotten, or when the gap was cut off
    (has_gap). begins: what is synced through before any run has said so; None when one has. changes_seen: up to when
    the run has seen what was changed in Toggl; None when that does not move. seen: the versions of the last minutes
    before it that were looked at.
    """

    through: date
    day_before: date
    has_gap: bool = False
    begins: date | None = None
    changes_seen: datetime | None = None
    seen: tuple[Version, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "through": self.through.isoformat(),
            "day_before": self.day_before.isoformat(),
            "has_gap": self.has_gap,
            "begins": None if self.begins is None else self.begins.isoformat(),
            "changes_seen": _text(self.changes_seen),
            "seen": [version.to_json() for version in self.seen],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        begins = value.get("begins")
        return cls(
            through=date.fromisoformat(value["through"]),
            day_before=date.fromisoformat(value["day_before"]),
            has_gap=value.get("has_gap", False),
            begins=None if begins is None else date.fromisoformat(begins),
            changes_seen=_instant(value.get("changes_seen")),
            seen=tuple(Version.from_json(version) for version in value.get("seen", ())),
        )


class Fetched(NamedTuple):
    """The entries of a run's window and those that were changed late, oldest first, with the settings and permissions
    that hold for this run.

    progress: None when the run does not count. overrides: the settings to which the run's input gave another value.
    deleted_ids: entries that Toggl calls deleted, as far as it was asked. toggl_quota_left: requests in this hour, None
    when Toggl did not say. is_dated: the input has a start_date. now: the run's, None when an earlier version did not
    say. earliest_start: a changed entry that starts before it is too late; None when none is. ledger: what is to be
    read of GitLab. pending: the entries that were to be looked at again before this run.
    """

    settings: Settings
    window: Window
    entries: tuple[TimeEntry, ...]
    progress: Progress | None = None
    overrides: tuple[str, ...] = ()
    accept_new_user: bool = False
    allow_removals: bool = False
    deleted_ids: tuple[int, ...] = ()
    toggl_quota_left: int | None = None
    is_dated: bool = False
    now: datetime | None = None
    earliest_start: datetime | None = None
    ledger: Span | None = None
    pending: tuple[Pending, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "settings": self.settings.to_json(),
            "window": self.window.to_json(),
            "dry_run": self.settings.dry_run,
            "progress": None if self.progress is None else self.progress.to_json(),
            "overrides": list(self.overrides),
            "accept_new_user": self.accept_new_user,
            "allow_removals": self.allow_removals,
            "deleted_ids": list(self.deleted_ids),
            "entries": [entry.to_json() for entry in self.entries],
            "toggl_quota_left": self.toggl_quota_left,
            "is_dated": self.is_dated,
            "now": _text(self.now),
            "earliest_start": _text(self.earliest_start),
            "ledger": None if self.ledger is None else self.ledger.to_json(),
            "pending": [entry.to_json() for entry in self.pending],
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Raises InvalidSettings for a setting that this version does not have."""
        progress, ledger = value.get("progress"), value.get("ledger")
        return cls(
            settings=Settings.from_json(value["settings"]),
            window=Window.from_json(value["window"]),
            entries=tuple(TimeEntry.from_json(entry) for entry in value["entries"]),
            progress=None if progress is None else Progress.from_json(progress),
            overrides=tuple(value.get("overrides", ())),
            accept_new_user=value.get("accept_new_user", False),
            allow_removals=value.get("allow_removals", False),
            deleted_ids=tuple(value.get("deleted_ids", ())),
            toggl_quota_left=value.get("toggl_quota_left"),
            is_dated=value.get("is_dated", False),
            now=_instant(value.get("now")),
            earliest_start=_instant(value.get("earliest_start")),
            ledger=None if ledger is None else Span.from_json(ledger),
            pending=tuple(Pending.from_json(entry) for entry in value.get("pending", ())),
        )


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else parse_instant(text)
