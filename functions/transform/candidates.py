"""The order of a run's decisions about one entry: filter, match, round."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from contract.settings import Settings
from contract.vocabulary import EntryWarning, Reason
from functions.shared.model.entry import Says
from functions.transform.filters import warning_about
from functions.transform.matching import Match
from functions.transform.own_project import in_doubt
from functions.transform.planning import Candidate
from functions.transform.rounding import rounded_seconds
from functions.transform.screening import Screened


def candidates(entries: Iterable[Screened], matches: Mapping[Says, Match], settings: Settings) -> Iterator[Candidate]:
    """One candidate per entry. matches: by what the entries say that pass the filters."""
    there = list(entries)
    doubtful = in_doubt((screened.entry for screened in there), dict(settings.project_map))
    for screened in there:
        is_doubtful = screened.filtered_by is None and screened.entry.id in doubtful
        warning = EntryWarning.SHARED_PROJECT_NAME if is_doubtful else warning_about(screened.entry)
        yield _candidate(screened, matches, settings, warning)


def _candidate(
    screened: Screened, matches: Mapping[Says, Match], settings: Settings, warning: EntryWarning | None
) -> Candidate:
    entry, seconds = screened.entry, screened.entry.seconds
    if screened.filtered_by is not None:
        return Candidate(entry, max(seconds, 0), None, screened.filtered_by.reason, warning)
    match = matches[entry.says]
    if match.reason is not None:
        return Candidate(entry, seconds, None, match.reason, warning, match.issue)
    seconds = rounded_seconds(seconds, settings.round_time_to_minutes, settings.rounding_mode)
    reason = None if seconds > 0 else Reason.ROUNDS_TO_ZERO
    return Candidate(entry, seconds, match.target, reason, warning, match.issue)
