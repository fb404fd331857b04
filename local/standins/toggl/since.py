"""`since`: the entries that were modified at or after a second, wherever they start, the deleted ones included.

It reaches back three months (85 days work, 95 are refused) and stands alone: with `before`, `start_date` or `end_date`
it is refused. Running entries come, and those of all workspaces. The newest starts come first, whatever changed last,
so that of more than 1,000 the oldest starts are missing. Not confirmed by the vendor: that limit (`since_limit`), and
that `meta=true` counts (`since_has_names`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from local.standins.toggl.model import Entry
from local.standins.toggl.parameters import RefusedError, number

YEAR_2100 = 4_102_444_800


def modified_since(text: str, earliest_day: date) -> Callable[[Entry], bool]:
    """Which entries are asked for by a number of seconds; raises RefusedError when it is not one, or too long ago."""
    since = datetime.fromtimestamp(number(text, "since", 0, YEAR_2100), UTC)
    if since.date() < earliest_day:
        raise RefusedError(f"since must not be earlier than {earliest_day}")
    return lambda entry: entry.at >= since
