"""How every command ends: its exit code, and one line instead of a traceback when nothing can be done."""

from __future__ import annotations

import sys
from collections.abc import Callable

OK, FAILED, WRONG_USE = 0, 1, 2
"""Done; what was asked for failed; wrong arguments or nothing to work on."""

INTERRUPTED = 130
"""Ctrl-C: 128 + SIGINT, as shells count it."""


class Unusable(Exception):
    """Nothing can be done with this deployment: it is not there, or AWS refuses. The message says what to do."""


def exit_code_of(work: Callable[[], int]) -> int:
    """Do a command's work: `Unusable` is one line and 2, Ctrl-C is 130, neither is a traceback."""
    try:
        return work()
    except Unusable as problem:
        print(problem, file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED
