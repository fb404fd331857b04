"""What the tests of the Toggl client have in common."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.shared.model.entry import Window
from functions.shared.toggl.client import Tracked
from local.standins.toggl import server as stand_in

TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"


BASIC = base64.b64encode(f"{TOKEN}:api_token".encode()).decode()


NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


START = datetime(2026, 11, 20, tzinfo=UTC)


DAY = Window(START, START + timedelta(days=1), "UTC")


MAX_WAIT_SECONDS = 3600


@dataclass
class Clock:
    """Seconds that pass only when somebody sleeps."""

    seconds: float = 0.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds


def at(hour: int, minute: int = 0) -> datetime:
    return START + timedelta(hours=hour, minutes=minute)


def answer(server: stand_in.Toggl, *items: Any) -> None:
    """Let the next answer be this list."""
    server.fail("body", body=json.dumps(items).encode())


def ids(tracked: Tracked) -> list[int]:
    return [entry.id for entry in tracked.entries]
