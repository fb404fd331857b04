"""An execution's history: events with ids and links, from many threads at once."""

import threading
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import now_iso

MAX_HISTORY_EVENTS = 25_000
"""Of one execution: Step Functions service quotas."""

history_lock = threading.Lock()
"""Held by whoever appends an event, or ends the execution, so that nothing follows its last event."""


def add_event(execution: dict[str, Any], event_type: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """ministack's own events (ExecutionAborted) at the end of the history, whatever is running."""
    with history_lock:
        return append_event(execution, event_type, details or {}, previous=len(execution["events"]))


def append_event(
    execution: dict[str, Any], event_type: str, details: Mapping[str, Any], *, previous: int
) -> dict[str, Any]:
    """Append an event that follows the one with the id `previous`. The caller holds the lock."""
    events = execution["events"]
    event = {
        "id": len(events) + 1,
        "previousEventId": previous,
        "type": event_type,
        "timestamp": now_iso(),
        **details,
    }
    events.append(event)
    return event
