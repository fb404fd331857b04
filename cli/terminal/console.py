"""What the local programs have in common at a terminal: a console, text made harmless, timed steps, an orderly end."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

INTERRUPTED_EXIT_CODE = 130
"""128 + SIGINT, as shells count it."""

JSII_CACHE_VARIABLE = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"

_PLAIN_WIDTH = 160  # a file or a pipe has no width of its own, and rich's 80 columns would break the tables
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def console_on(*, stderr: bool = False, quiet: bool = False) -> Console:
    """A console that takes every text literally: no markup, no emoji codes, no highlighting."""
    stream = sys.stderr if stderr else sys.stdout
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="replace")  # a terminal without UTF-8 shows a question mark instead of failing
    width = None if stream.isatty() or "COLUMNS" in os.environ else _PLAIN_WIDTH
    return Console(stderr=stderr, quiet=quiet, markup=False, emoji=False, highlight=False, width=width)


def printable(text: object, limit: int = 200) -> str:
    """Untrusted text on one line: control, format and unassigned characters become spaces, the end is cut with `…`."""
    readable = "".join(" " if unicodedata.category(one) in _UNPRINTABLE else one for one in str(text))
    line = " ".join(readable.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def safe(text: object, style: str = "", limit: int = 200) -> Text:
    """Untrusted text as rich shows it: never parsed as markup, and nothing in it steers the terminal."""
    return Text(printable(text, limit), style=style)


def one_line(text: object) -> Text:
    """Untrusted text for a table's cell that may get narrow: cut there, never wrapped."""
    return Text(printable(text), no_wrap=True, overflow="ellipsis")


def hours(seconds: int) -> str:
    """Seconds as h:mm, or h:mm:ss when they are no whole minutes."""
    minutes, rest = divmod(abs(seconds), 60)
    text = f"{minutes // 60}:{minutes % 60:02}"
    return f"{'-' if seconds < 0 else ''}{text}{f':{rest:02}' if rest else ''}"


def local_time(instant: str, timezone: str) -> str:
    """An RFC 3339 instant as day and time in a zone."""
    return datetime.fromisoformat(instant).astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")


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


@contextmanager
def own_temporary_folder() -> Iterator[None]:
    """Give this process and the programs that it starts a folder for temporary files that goes with the block.

    What is killed in the middle, as the CDK is on Ctrl-C, cannot tidy up after itself. The CDK's cache goes there too
    if the home folder does not take it; otherwise it stays where it is, since making it takes seconds.
    """
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="toggl-gitlab-sync-", ignore_cleanup_errors=True) as folder:
        variables = {"TMPDIR": folder}
        if JSII_CACHE_VARIABLE not in os.environ and not _can_write(Path("~/.cache/aws/jsii/package-cache")):
            variables[JSII_CACHE_VARIABLE] = str(Path(folder) / "jsii")
        old = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before
            for name, value in old.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


def _can_write(folder: Path) -> bool:
    try:
        folder.expanduser().mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: no home folder is known
        return False
    return os.access(folder.expanduser(), os.W_OK)


def wait_for_interrupt() -> None:
    """Do nothing until Ctrl-C, which raises KeyboardInterrupt."""
    threading.Event().wait()
