"""Tests run in as many processes as there are processors; what shares something expensive stays together."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SHARING = {"workflow", "stacks"}
"""Folders whose tests share one deployment or one synthesis."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        place = item.path.relative_to(TESTS)
        group = place.parts[0] if place.parts[0] in SHARING else str(place)
        item.add_marker(pytest.mark.xdist_group(group))
