"""What an entry comes to before GitLab is asked: the filter that leaves it out, or the references in its text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contract.settings import Settings
from functions.shared.model.entry import TimeEntry
from functions.transform.filters import Filter, first_filter
from functions.transform.references import References, find_references

NO_REFERENCES = References((), None)


@dataclass(frozen=True, slots=True)
class Screened:
    """filtered_by: None for an entry that passes, whose references then count."""

    entry: TimeEntry
    filtered_by: Filter | None
    references: References


def screen(entries: Iterable[TimeEntry], settings: Settings, earliest_start: datetime | None = None) -> list[Screened]:
    """earliest_start: an entry that was added or changed late and starts before it is left out."""
    return [_screened(entry, settings, earliest_start) for entry in entries]


def unfiltered(entry: TimeEntry, settings: Settings) -> Screened:
    """An entry that passes whatever the filters say, to see where its text leads."""
    return Screened(entry, None, find_references(entry.description, settings.gitlab_url))


def _screened(entry: TimeEntry, settings: Settings, earliest_start: datetime | None) -> Screened:
    filtered_by = first_filter(entry, settings, earliest_start)
    return unfiltered(entry, settings) if filtered_by is None else Screened(entry, filtered_by, NO_REFERENCES)
