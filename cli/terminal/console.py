"""Consoles that take every text literally, and steps with the time that has passed."""

from __future__ import annotations

import os
import re
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

from rich.console import Console
from rich.text import Text

from cli.terminal.text import printable

_PLAIN_WIDTH = 160  # a file or a pipe has no width of its own, and rich's 80 columns would break the tables


def console_on(*, stderr: bool = False, quiet: bool = False) -> Console:
    """A console that takes every text literally: no markup, no emoji codes, no highlighting.

    In a file or a pipe no line ends with blanks, and a pipe that is closed raises BrokenPipeError.
    """
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows a question mark instead of failing
    is_terminal = stream.isatty()
    width = None if is_terminal or "COLUMNS" in os.environ else _PLAIN_WIDTH
    file = None if is_terminal else cast("IO[str]", _WithoutTrailingBlanks(stderr=stderr))
    return _Console(
        file=file, stderr=stderr, quiet=quiet, markup=False, emoji=False, highlight=False, width=width, soft_wrap=False
    )


def say(*sentences: str, stderr: bool = False) -> None:
    """Print sentences, broken between words where the terminal ends. A word that is longer, like a URL, stays whole."""
    console = console_on(stderr=stderr)
    for sentence in sentences:
        indent = sentence[: len(sentence) - len(sentence.lstrip())]
        wrapped = textwrap.wrap(
            sentence, console.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        console.print("\n".join(wrapped), soft_wrap=True)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _WithoutTrailingBlanks:
    """A stream whose lines do not end with the blanks by which tables fill their columns."""

    def __init__(self, *, stderr: bool) -> None:
        self._stderr = stderr

    def write(self, text: str) -> int:
        self._stream.write(re.sub(r" +(?=\n|$)", "", text))
        return len(text)

    @property
    def _stream(self) -> Any:
        return sys.stderr if self._stderr else sys.stdout  # whatever they are by now, as rich itself does

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


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
        with working(self._console):
            yield


@contextmanager
def working(console: Console, text: str = "working") -> Iterator[None]:
    """Show in a terminal that something is going on; elsewhere nothing is shown."""
    if not console.is_terminal:
        yield
        return
    with console.status(Text(printable(text), style="dim")):
        yield
