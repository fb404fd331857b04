"""Ctrl-C, SIGTERM and hang-ups: one of them ends a command in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def orderly_end() -> Iterator[None]:
    """Turn the first Ctrl-C, SIGTERM or hang-up into KeyboardInterrupt, and ignore the next ones while things stop."""
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for one in signals:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, interrupt) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def wait_for_interrupt() -> None:
    """Do nothing until Ctrl-C, which raises KeyboardInterrupt."""
    threading.Event().wait()
