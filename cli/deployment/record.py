"""Reads the sync's one item in DynamoDB."""

from __future__ import annotations

from cli.deployment.deployment import Deployment
from contract import names
from contract.state import ITEM_ID, KEY, SyncState


def read_record(deployment: Deployment) -> SyncState:
    """The item; an empty one before the first run. Raises AWS_ERRORS."""
    answer = deployment.client("dynamodb").get_item(
        TableName=names.table(deployment.environment), Key={KEY: {"S": ITEM_ID}}, ConsistentRead=True
    )
    return SyncState.from_item(answer.get("Item", {}))
