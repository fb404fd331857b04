"""How every command ends; `cli.tgs` makes a line and an exit code of every error."""

from __future__ import annotations

OK, FAILED, WRONG_USE = 0, 1, 2
"""Done; it was tried and failed; it was not tried: wrong use, or something is missing."""

INTERRUPTED = 130
"""Ctrl-C: 128 + SIGINT, as shells count it."""


class Unusable(Exception):
    """Nothing can be done with this deployment: it is not there, or AWS refuses. The message says what to do."""
