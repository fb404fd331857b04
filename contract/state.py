"""The one DynamoDB item of a deployment: who works, who posted last, how far the sync has come, and what it looks at
again.

The state machine writes it, the functions and the commands read it. Every attribute is a text; one that is missing
means the same as an empty one. Instants are RFC 3339 in UTC with whole seconds.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, Self

KEY = "id"
"""The table's key attribute."""

ITEM_ID = "sync"
"""Its value in the item."""

HOLDER = "holder"
TAKEN_AT = "taken_at"
POSTED_BY = "posted_by"
POSTED_BY_ID = "posted_by_id"
USER_CHANGED_AT = "user_changed_at"
SYNCED_THROUGH = "synced_through"
CHANGES_SEEN = "changes_seen"
PENDING = "pending"
FIRST_RUN = "first_run"
RELEASED_BY = "released_by"
SEEN = "seen"
TOLD = "told"

ATTRIBUTES = (
    HOLDER,
    TAKEN_AT,
    POSTED_BY,
    POSTED_BY_ID,
    USER_CHANGED_AT,
    SYNCED_THROUGH,
    CHANGES_SEEN,
    PENDING,
    FIRST_RUN,
    RELEASED_BY,
    SEEN,
    TOLD,
)
"""All but the key."""

PENDING_AT_MOST = 200
PENDING_REASON_CHARACTERS = 100
SEEN_AT_MOST = 1000
TOLD_AT_MOST = 500


class Version(NamedTuple):
    """A time entry as it was after its last change, at `at` by Toggl's clock."""

    id: int
    at: datetime

    def to_json(self) -> list[int | str]:
        return [self.id, _text(self.at)]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls(int(value[0]), _instant(value[1]))


class Pending(NamedTuple):
    """An entry that the next runs look at again.

    at: its version that was looked at last, None when Toggl did not say. reason: why, the beginning of it.
    """

    id: int
    at: datetime | None
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "at": None if self.at is None else _text(self.at), "reason": self.reason}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        at = value.get("at")
        return cls(int(value["id"]), _instant(at) if at else None, str(value["reason"]))


class FirstRun(NamedTuple):
    """The first real run without dates, failed or not: its now, and the `days_back` of its input, if any."""

    now: datetime
    days_back: int | None = None


class SyncState(NamedTuple):
    """What one run knows of those before it.

    holder: the ARN of the execution that holds the lock since `taken_at`, "" when none does. released_by: the ARN of
    the one that held it last. posted_by, posted_by_id: name and number of the GitLab user who posted last, "" before
    the first post or when it is not known. user_changed_at: since when it is this one. synced_through: the last local
    day that is finished, None before the first. changes_seen: up to when changes in Toggl are taken in. seen: versions
    of the last minutes before it that were looked at. told: versions of the last month that were left out, and that a
    mail has told of.
    """

    holder: str = ""
    taken_at: str = ""
    posted_by: str = ""
    synced_through: date | None = None
    posted_by_id: str = ""
    user_changed_at: datetime | None = None
    changes_seen: datetime | None = None
    pending: tuple[Pending, ...] = ()
    first_run: FirstRun | None = None
    released_by: str = ""
    seen: tuple[Version, ...] = ()
    told: tuple[Version, ...] = ()

    @classmethod
    def from_item(cls, item: Mapping[str, Any]) -> Self:
        """The item as DynamoDB gives it (`{"holder": {"S": ...}}`); attributes that are not known are passed over."""
        return cls.from_texts({name: value.get("S", "") for name, value in item.items() if name in ATTRIBUTES})

    @classmethod
    def from_texts(cls, texts: Mapping[str, str]) -> Self:
        """The attributes as the state machine hands them on; one that is missing or empty has its default."""
        given = {name: text for name, text in texts.items() if text}
        through, changed, seen = (given.get(name) for name in (SYNCED_THROUGH, USER_CHANGED_AT, CHANGES_SEEN))
        return cls(
            holder=given.get(HOLDER, ""),
            taken_at=given.get(TAKEN_AT, ""),
            posted_by=given.get(POSTED_BY, ""),
            posted_by_id=given.get(POSTED_BY_ID, ""),
            user_changed_at=_instant(changed) if changed else None,
            synced_through=date.fromisoformat(through) if through else None,
            changes_seen=_instant(seen) if seen else None,
            pending=tuple(Pending.from_json(value) for value in json.loads(given.get(PENDING, "[]"))),
            first_run=_first_run(given.get(FIRST_RUN, "{}")),
            released_by=given.get(RELEASED_BY, ""),
            seen=_versions(given.get(SEEN, "[]")),
            told=_versions(given.get(TOLD, "[]")),
        )


def _versions(text: str) -> tuple[Version, ...]:
    return tuple(Version.from_json(value) for value in json.loads(text))


def _first_run(text: str) -> FirstRun | None:
    """None also for one that cannot be read: it is kept before the run's input is looked at."""
    value = json.loads(text)
    try:
        days_back = value.get("days_back")
        return FirstRun(_instant(value["now"]), None if days_back is None else int(days_back))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return instant.astimezone(UTC).replace(microsecond=0)


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
