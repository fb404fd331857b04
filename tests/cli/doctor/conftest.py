"""A deployment for the doctor to look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.doctor.support import Examined, examined_at
from tests.cli.support import Place


@pytest.fixture
def examined(place: Place, capsys: pytest.CaptureFixture[str]) -> Iterator[Examined]:
    with examined_at(place, capsys) as ready:
        yield ready
