"""What the lock's item keeps between runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stacks.support import Synthesis, evaluate


@pytest.mark.parametrize(
    ("old", "progress", "failure", "through"),
    [
        ("", ("2026-11-20", "2026-11-18"), None, "2026-11-20"),
        ("2026-11-19", ("2026-11-20", "2026-11-18"), None, "2026-11-20"),
        ("2026-11-18", ("2026-11-20", "2026-11-18"), None, "2026-11-20"),
        ("2026-11-17", ("2026-11-20", "2026-11-18"), None, "2026-11-17"),
        ("2026-11-21", ("2026-11-20", "2026-11-18"), None, "2026-11-21"),
        ("2026-11-19", ("2026-11-20", "2026-11-18"), {"name": "EntriesFailed"}, "2026-11-19"),
        ("2026-11-19", None, None, "2026-11-19"),
        ("", None, None, ""),
    ],
)
def test_synced_through_moves_forward_only_without_a_gap_and_after_success(
    default: Synthesis, old: str, progress: tuple[str, str] | None, failure: Any, through: str
) -> None:
    run = {"progress": progress and {"through": progress[0], "day_before": progress[1]}}
    value = default.states["ReleaseLock"]["Arguments"]["ExpressionAttributeValues"][":through"]["S"]

    assert evaluate(value, synced={"synced_through": old}, run=run, failure=failure) == through
    assert evaluate(value, synced={"synced_through": old}, run={}, failure=failure) == old
