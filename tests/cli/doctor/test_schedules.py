"""The last starts of a schedule, by its own expression."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cli.doctor.schedules import begun_before


@pytest.mark.parametrize(
    ("expression", "count", "begun"),
    [
        ("cron(0 9 * * ? *)", 1, "2026-11-24T08:00:00+00:00"),
        ("cron(0 9 * * ? *)", 2, "2026-11-23T08:00:00+00:00"),
        ("cron(0 9 ? * MON-FRI *)", 2, "2026-11-23T08:00:00+00:00"),
        ("cron(0 9 ? * MON-FRI *)", 3, "2026-11-20T08:00:00+00:00"),
        ("cron(0 9 1 * ? *)", 2, "2026-10-01T07:00:00+00:00"),
        ("rate(2 hours)", 2, "2026-11-24T08:00:00+00:00"),
        ("cron(nonsense)", 1, None),
    ],
)
def test_the_last_starts_of_a_schedule_are_known_in_its_timezone(
    expression: str, count: int, begun: str | None
) -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    start = begun_before(expression, "Europe/Berlin", now, count)

    assert (None if start is None else start.isoformat()) == begun
