"""The most memory that a process has taken so far."""

from __future__ import annotations

import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_mb() -> float:
    """Of this process alone. Linux's `getrusage` counts what the process had that it was forked from."""
    if STATUS.is_file():
        return kept_mb(STATUS)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def kept_mb(status: Path) -> float:
    """By a process's `/proc/<pid>/status`. Raises OSError when it is gone."""
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024
