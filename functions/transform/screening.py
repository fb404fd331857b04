"""What an entry comes to before GitLab is asked: the filter that leaves it out, or the references in its texts."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple, Self

from contract.settings import Settings
from functions.shared.model.entry import Says, TimeEntry
from functions.transform.filters import Filter, first_filter
from functions.transform.references import NO_REFERENCES, References, find_references, together


class Mentions(NamedTuple):
    """The references in an entry's texts. The task's count when the description has none, then the tags'."""

    description: References = NO_REFERENCES
    task: References = NO_REFERENCES
    tags: References = NO_REFERENCES


_NO_MENTIONS = Mentions()


class Screened(NamedTuple):
    """filtered_by: None for an entry that passes, whose references then count."""

    entry: TimeEntry
    filtered_by: Filter | None
    mentions: Mentions

    def without_mentions(self) -> Self:
        return self._replace(mentions=_NO_MENTIONS)


def screen(entries: Iterable[TimeEntry], settings: Settings, earliest_start: datetime | None = None) -> list[Screened]:
    """earliest_start: an entry that was added or changed late and starts before it is left out.

    Entries that say the same share their mentions.
    """
    said: dict[Says, Mentions] = {}
    return [_screened(entry, settings, earliest_start, said) for entry in entries]


def one_of_each(entries: Iterable[Screened]) -> list[Screened]:
    """Of the entries that pass the filters, one for all that say the same."""
    return list({one.entry.says: one for one in entries if one.filtered_by is None}.values())


def unfiltered(entry: TimeEntry, settings: Settings) -> Screened:
    """An entry that passes whatever the filters say, to see where its texts lead."""
    return Screened(entry, None, find_mentions(entry, settings.gitlab_url))


def find_mentions(entry: TimeEntry, gitlab_url: str) -> Mentions:
    return Mentions(
        find_references(entry.description, gitlab_url),
        find_references(entry.task_name, gitlab_url) if entry.task_name else NO_REFERENCES,
        together([find_references(tag, gitlab_url) for tag in entry.tags]) if entry.tags else NO_REFERENCES,
    )


def _screened(
    entry: TimeEntry, settings: Settings, earliest_start: datetime | None, said: dict[Says, Mentions]
) -> Screened:
    filtered_by = first_filter(entry, settings, earliest_start)
    if filtered_by is not None:
        return Screened(entry, filtered_by, _NO_MENTIONS)
    says = entry.says
    if says not in said:
        said[says] = find_mentions(entry, settings.gitlab_url)
    return Screened(entry, None, said[says])
