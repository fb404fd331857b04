"""Toggl on a clock that stands still unless a test moves it, and a plain client."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import pytest

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import NOW, Client, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def stopping() -> Iterator[Executor]:
    """Stops the servers beside the tests: each takes the twentieth of a second in which it looks for its end."""
    with ThreadPoolExecutor() as executor:
        yield executor


@pytest.fixture
def toggl(clock: Clock, stopping: Executor) -> Iterator[Toggl]:
    stand_in = Toggl(clock=clock, now=lambda: NOW).start()
    yield stand_in
    stopping.submit(stand_in.stop)


@pytest.fixture
def client(toggl: Toggl) -> Client:
    return Client(toggl)
