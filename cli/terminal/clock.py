"""The clock, in one place, so that a test of a command can say what time it is."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """An aware instant."""
    return datetime.now(UTC)
