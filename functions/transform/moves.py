"""What GitLab does to timelogs when it moves an issue: it copies them in the background, and keeps the originals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.shared.model.timelog import Timelog

COPYING_TAKES_AT_MOST = timedelta(days=1)
"""What is not there a day after the issue's last change does not come any more."""


def doubles_of(there: Sequence[Timelog]) -> list[Timelog]:
    """Those on an issue that was moved, of which a copy is where it went."""
    return [timelog for timelog in there if any(_is_copy(other, timelog) for other in there)]


def removable_doubles_of(there: Sequence[Timelog]) -> list[Timelog]:
    return [timelog for timelog in doubles_of(there) if timelog.may_be_deleted]


def is_moving(there: Sequence[Timelog], now: datetime) -> bool:
    """Whether GitLab may still be copying one of these: its issue was moved lately, and none is where it went."""
    return any(
        timelog.move is not None
        and now - timelog.move.updated_at < COPYING_TAKES_AT_MOST
        and not any(_is_where_it_went(other, timelog) for other in there)
        for timelog in there
    )


def _is_copy(other: Timelog, timelog: Timelog) -> bool:
    is_same = (other.seconds, other.spent_at) == (timelog.seconds, timelog.spent_at)
    return is_same and _is_where_it_went(other, timelog)


def _is_where_it_went(other: Timelog, timelog: Timelog) -> bool:
    return timelog.move is not None and other.target is not None and other.target.gid in timelog.move.to
