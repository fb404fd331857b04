"""What a run knows when Toggl has been read: how FetchEntries hands it to TransformEntries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from contract.settings import Settings
from functions.shared.model.entry import TimeEntry, Window


@dataclass(frozen=True, slots=True)
class Progress:
    """What a run is worth when nothing in it fails.

    through: the last local day that it finishes. day_before: the day before its first one; the run counts only when
    everything up to that day is synced already, since a gap would otherwise be forgotten.
    """

    through: date
    day_before: date

    def to_json(self) -> dict[str, Any]:
        return {"through": self.through.isoformat(), "day_before": self.day_before.isoformat()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(date.fromisoformat(value["through"]), date.fromisoformat(value["day_before"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """The entries of a run's window, oldest first, with the settings and permissions that hold for this run.

    progress: None when the run does not count. overrides: the settings to which the run's input gave another value.
    deleted_ids: entries that Toggl calls deleted; empty unless `remove_deleted` is on. toggl_quota_left: requests in
    this hour, None when Toggl did not say.
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
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Raises InvalidSettings for a setting that this version does not have."""
        progress = value.get("progress")
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
        )
