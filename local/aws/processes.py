"""Programs whose whole process group ends with them: what they started does not outlive them."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A command whose whole process group (the CDK starts the app, the app starts node) is gone when the block ends."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            kill_group(process.pid)
        process.wait()


def kill_group(group: int) -> None:
    """Kill every process of a group; fine when there is none left."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return  # all ended already
    except PermissionError:
        return  # macOS says so when only zombies are left
