"""What all parts of the world share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime


class Common:
    """The lock under which the world changes, and its time. `now` may be set again later.

    `revision` grows whenever a list of timelogs may have become another one.
    """

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        self.lock = lock
        self.now = now
        self.revision = 0
