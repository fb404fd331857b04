"""A stand-in for Toggl Track, and a client of it on a clock that only sleeping moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from functions.shared.toggl.client import Toggl
from local.standins.toggl import server as stand_in
from tests.functions.shared.toggl.support import MAX_WAIT_SECONDS, NOW, TOKEN, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[stand_in.Toggl]:
    with stand_in.Toggl(clock=clock, token=TOKEN, now=lambda: NOW, burst_limit=True) as server:
        yield server


@pytest.fixture
def client(server: stand_in.Toggl, clock: Clock) -> Toggl:
    return Toggl(server.url, TOKEN, MAX_WAIT_SECONDS, clock=clock, sleep=clock.sleep)
