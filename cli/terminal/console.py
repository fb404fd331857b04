"""Consoles that take every text literally, and steps with the time that has passed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from cli.terminal.text import printable

_PLAIN_WIDTH = 160  # a file or a pipe has no width of its own, and rich's 80 columns would break the tables


def console_on(*, stderr: bool = False, quiet: bool = False) -> Console:
    """A console that takes every text literally: no markup, no emoji codes, no highlighting."""
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows a question mark instead of failing
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PLAIN_WIDTH
    return Console(stderr=stderr, quiet=quiet, markup=False, emoji=False, highlight=False, width=width)


class Steps:
    """Announces what happens next, with the seconds since the beginning."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()

    @property
    def elapsed_seconds(self) -> float:
        return time.monotonic() - self._began

    def say(self, text: str) -> None:
        line = Text(f"{self.elapsed_seconds:6.1f} s  ", style="dim")
        self._console.print(line.append(printable(text, 1_000), style="not dim bold"))

    @contextmanager
    def during(self, text: str) -> Iterator[None]:
        """Announce something that takes a while; a terminal shows that it is still going on."""
        self.say(text)
        if not self._console.is_terminal:
            yield
            return
        with self._console.status(Text("working", style="dim")):
            yield
