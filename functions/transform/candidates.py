"""The order of a run's decisions about one entry: filter, match, round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from contract.settings import Settings
from functions.shared.model import TimeEntry
from functions.transform.filters import reason_to_skip, warning_about
from functions.transform.matching import Match
from functions.transform.planning import Candidate
from functions.transform.rounding import rounded_seconds


def candidates(entries: Iterable[TimeEntry], matches: Mapping[int, Match], settings: Settings) -> Iterator[Candidate]:
    """One candidate per entry. matches: by entry id, for every entry that passes the filters."""
    for entry in entries:
        yield _candidate(entry, matches, settings)


def _candidate(entry: TimeEntry, matches: Mapping[int, Match], settings: Settings) -> Candidate:
    warning = warning_about(entry)
    reason = reason_to_skip(entry, settings)
    if reason is not None:
        return Candidate(entry, max(entry.seconds, 0), None, reason, warning)
    match = matches[entry.id]
    if match.reason is not None:
        return Candidate(entry, entry.seconds, None, match.reason, warning, match.issue)
    seconds = rounded_seconds(entry.seconds, settings.round_time_to_minutes, settings.rounding_mode)
    reason = None if seconds > 0 else "rounds_to_zero"
    return Candidate(entry, seconds, match.target, reason, warning, match.issue)
