"""The sync's one item in DynamoDB."""

from __future__ import annotations

from cli.deployment.record import ITEM_ID
from local.aws.cdk import PROJECT_ROOT


def test_the_item_is_the_one_that_the_state_machine_keeps() -> None:
    definition = (PROJECT_ROOT / "stacks/lock.py").read_text(encoding="utf-8")

    assert f'ITEM_ID = "{ITEM_ID}"' in definition
