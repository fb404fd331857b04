"""What the tests of both clients need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.functions.servers import Elsewhere


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    with Elsewhere() as server:
        yield server
