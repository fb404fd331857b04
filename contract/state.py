"""The one DynamoDB item of a deployment: who works, who posted last, and how far the sync has come.

The state machine writes it and the commands read it. Every attribute is a text; one that is missing means the same as
an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

KEY = "id"
"""The table's key attribute."""

ITEM_ID = "sync"
"""Its value in the item."""

HOLDER = "holder"
TAKEN_AT = "taken_at"
POSTED_BY = "posted_by"
SYNCED_THROUGH = "synced_through"


@dataclass(frozen=True, slots=True)
class SyncState:
    """holder: the ARN of the execution that holds the lock since `taken_at`, "" when none does.

    posted_by: the GitLab user who posted last, "" before the first post. synced_through: the last local day that is
    finished, None before the first.
    """

    holder: str = ""
    taken_at: str = ""
    posted_by: str = ""
    synced_through: date | None = None

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The item as DynamoDB gives it (`{"holder": {"S": ...}}`); attributes that are not known are passed over."""
        texts = {name: str(item.get(name, {}).get("S", "")) for name in (HOLDER, TAKEN_AT, POSTED_BY, SYNCED_THROUGH)}
        through = texts[SYNCED_THROUGH]
        return cls(
            holder=texts[HOLDER],
            taken_at=texts[TAKEN_AT],
            posted_by=texts[POSTED_BY],
            synced_through=date.fromisoformat(through) if through else None,
        )
