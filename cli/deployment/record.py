"""The sync's one item in DynamoDB, as its state machine keeps it: who works, who posted, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from cli.deployment.deployment import Deployment
from contract import names

ITEM_ID = "sync"


@dataclass(frozen=True)
class Record:
    """holder: the ARN of the execution that works, "" when none does. posted_by: "" before the first post."""

    holder: str = ""
    taken_at: str = ""
    posted_by: str = ""
    synced_through: date | None = None


def read_record(deployment: Deployment) -> Record:
    """The item; an empty one before the first run. Raises AWS_ERRORS."""
    item = deployment.client("dynamodb").get_item(
        TableName=names.table(deployment.environment), Key={"id": {"S": ITEM_ID}}, ConsistentRead=True
    )
    values = item.get("Item", {})
    through = _text(values, "synced_through")
    return Record(
        holder=_text(values, "holder"),
        taken_at=_text(values, "taken_at"),
        posted_by=_text(values, "posted_by"),
        synced_through=date.fromisoformat(through) if through else None,
    )


def _text(values: Any, name: str) -> str:
    return str(values.get(name, {}).get("S", ""))
