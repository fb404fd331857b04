"""What an entry comes to before GitLab is asked: the filter that leaves it out, or the references in its texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contract.settings import Settings
from functions.shared.model.entry import TimeEntry
from functions.transform.filters import Filter, first_filter
from functions.transform.references import NO_REFERENCES, References, find_references, together


@dataclass(frozen=True, slots=True)
class Mentions:
    """The references in an entry's texts. The task's count when the description has none, then the tags'."""

    description: References = NO_REFERENCES
    task: References = NO_REFERENCES
    tags: References = NO_REFERENCES


@dataclass(frozen=True, slots=True)
class Screened:
    """filtered_by: None for an entry that passes, whose references then count."""

    entry: TimeEntry
    filtered_by: Filter | None
    mentions: Mentions


def screen(entries: Iterable[TimeEntry], settings: Settings, earliest_start: datetime | None = None) -> list[Screened]:
    """earliest_start: an entry that was added or changed late and starts before it is left out."""
    return [_screened(entry, settings, earliest_start) for entry in entries]


def unfiltered(entry: TimeEntry, settings: Settings) -> Screened:
    """An entry that passes whatever the filters say, to see where its texts lead."""
    return Screened(entry, None, find_mentions(entry, settings.gitlab_url))


def find_mentions(entry: TimeEntry, gitlab_url: str) -> Mentions:
    return Mentions(
        find_references(entry.description, gitlab_url),
        find_references(entry.task_name, gitlab_url) if entry.task_name else NO_REFERENCES,
        together([find_references(tag, gitlab_url) for tag in entry.tags]) if entry.tags else NO_REFERENCES,
    )


def _screened(entry: TimeEntry, settings: Settings, earliest_start: datetime | None) -> Screened:
    filtered_by = first_filter(entry, settings, earliest_start)
    return unfiltered(entry, settings) if filtered_by is None else Screened(entry, filtered_by, Mentions())
