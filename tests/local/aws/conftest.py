"""One local AWS for all tests of this folder that a worker runs; each test has machines of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.aws.server import LocalAws
from tests.local.aws.support import FUNCTION, WAIT_SCALE, Machines, add_function


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws(wait_scale=WAIT_SCALE) as local:
        local.client("logs").create_log_group(logGroupName="/aws/lambda/worker")
        add_function(local, "worker", FUNCTION)
        yield local


@pytest.fixture(scope="session")
def machines(aws: LocalAws) -> Machines:
    return Machines(aws)
