"""The order of a run's decisions about one entry: filter, match, round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from contract.settings import Settings
from contract.vocabulary import Reason
from functions.transform.filters import warning_about
from functions.transform.matching import Match
from functions.transform.planning import Candidate
from functions.transform.rounding import rounded_seconds
from functions.transform.screening import Screened


def candidates(entries: Iterable[Screened], matches: Mapping[int, Match], settings: Settings) -> Iterator[Candidate]:
    """One candidate per entry. matches: by entry id, for every entry that passes the filters."""
    for screened in entries:
        yield _candidate(screened, matches, settings)


def _candidate(screened: Screened, matches: Mapping[int, Match], settings: Settings) -> Candidate:
    entry = screened.entry
    warning = warning_about(entry)
    if screened.filtered_by is not None:
        return Candidate(entry, max(entry.seconds, 0), None, screened.filtered_by.reason, warning)
    match = matches[entry.id]
    if match.reason is not None:
        return Candidate(entry, entry.seconds, None, match.reason, warning, match.issue)
    seconds = rounded_seconds(entry.seconds, settings.round_time_to_minutes, settings.rounding_mode)
    reason = None if seconds > 0 else Reason.ROUNDS_TO_ZERO
    return Candidate(entry, seconds, match.target, reason, warning, match.issue)
