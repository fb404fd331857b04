"""When a schedule has started something, by its own expression."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError


def begun_before(expression: str, timezone: str, now: datetime, count: int) -> datetime | None:
    """The instant of the `count`-th last start before `now` (aware); None when it cannot be known."""
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return now - count * timedelta(**{f"{rate[2]}s": int(rate[1])})
    zone = ZoneInfo(timezone)
    local = now.astimezone(zone).replace(tzinfo=UTC)  # the parser knows no other zone, so it is given the wall's clock
    try:
        cron = AwsCroniter(expression.removeprefix("cron(").removesuffix(")"))
        start = cron.get_prev(local, n=count)[-1]
    except (AwsCroniterExpressionError, ValueError):
        return None
    return None if start is None else start.replace(tzinfo=zone).astimezone(UTC)
