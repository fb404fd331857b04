"""`tgs` on a pseudo-terminal, with somebody who waits for a question before they answer it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
WIDTH, HEIGHT = 80, 24
CTRL_C = "\x03"
CTRL_D = "\x04"
_SECONDS = 60.0

_PROGRAM = """
import signal
import sys
from datetime import datetime
from pathlib import Path

from cli.settings import environments

environments.ROOT = Path(sys.argv[1])

from cli import apply
from cli.executions.ended import Ended
from cli.terminal import clock
from cli.tgs import main
from functions.shared.toggl import transport

transport.PACE_SECONDS = 0.0
clock.now = lambda: datetime.fromisoformat(sys.argv[2])
apply.require_tools = lambda: None
apply.carry_out = lambda *_run, **_how: print("Now it would be carried out.") or Ended("SUCCEEDED")
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(sys.argv[3:]))
"""
"""The command in a folder of the test's own, and at an instant of its own; what it starts is only said.

Ctrl-C counts also when the tests were started in the background, where it is ignored.
"""


@dataclass
class Terminal:
    """shown: all that stood there so far, what is typed included unless it is not to be seen."""

    process: subprocess.Popen[bytes]
    master: int
    shown: str = ""
    _seen: int = 0

    def answer(self, question: str, typed: str) -> None:
        """Wait for a question, and type the answer."""
        deadline = time.monotonic() + _SECONDS
        while question not in self.shown[self._seen :]:
            assert self._read(deadline), f"it ended without asking '{question}':\n{self.shown}"
        self._seen = self.shown.index(question, self._seen) + len(question)
        os.write(self.master, typed.encode())
        # Python does not notice a Ctrl-C between the question and the moment from which it waits: a person tries again.
        while typed == CTRL_C and time.monotonic() < deadline and not self._ends_within(2):
            os.write(self.master, typed.encode())

    def end(self) -> int:
        """Wait for the end; the exit code."""
        deadline = time.monotonic() + _SECONDS
        while self._read(deadline):
            pass
        return self.process.wait(_SECONDS)

    def _ends_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.poll() is not None

    def _read(self, deadline: float) -> bool:
        """Take in what is new; False at the end."""
        assert select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))[0], self.shown
        try:
            new = os.read(self.master, 65_536)
        except OSError:  # how Linux says that the other side is closed
            return False
        self.shown += new.decode()
        return bool(new)


@contextmanager
def tgs_on_a_terminal(project: Path, now: str, *words: str, shell: Mapping[str, str]) -> Iterator[Terminal]:
    """The command in a project's folder, at an instant. shell: variables besides those of this process."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (HEIGHT, WIDTH))
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(project), now, *words],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", **shell},
        preexec_fn=lambda: os.login_tty(slave),  # noqa: PLW1509 - the child's own terminal, from which passwords come
    )
    os.close(slave)
    try:
        yield Terminal(process, master)
    finally:
        process.kill()
        process.wait()
        os.close(master)
