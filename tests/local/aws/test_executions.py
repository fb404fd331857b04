"""Waiting for executions of the local AWS."""

from __future__ import annotations

import pytest

from local.aws.errors import LocalAwsError
from tests.local.aws.support import Machines


def test_an_execution_that_does_not_end_in_time_is_reported(machines: Machines) -> None:
    machine = machines.create({"Wait": {"Type": "Wait", "Seconds": 3_000, "End": True}})

    with pytest.raises(LocalAwsError, match=r"has not ended after 0\.1 s") as late:
        machines.aws.run(machine, timeout_seconds=0.1)

    machines.client.stop_execution(executionArn=str(late.value).split()[0])
