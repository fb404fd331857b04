"""One measured figure, and how a command is timed."""

from __future__ import annotations

import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Measured:
    """What was measured, once a round. unit: `s`, `ms`, `MB`, `x` for a ratio, or "" for a count. goal: in words."""

    what: str
    unit: str
    values: tuple[float, ...]
    goal: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def shown(self, value: float) -> str:
        digits = 0 if self.unit in {"", "ms"} or value >= 100 else 2
        return f"{value:,.{digits}f} {self.unit}".strip()

    def to_json(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "unit": self.unit,
            "median": self.median,
            "values": list(self.values),
            "goal": self.goal,
        }


def timed(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> float:
    """How many seconds a command took by the clock. Raises CalledProcessError when it fails."""
    began = time.perf_counter()
    subprocess.run(command, cwd=PROJECT_ROOT, env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def cpu_seconds(command: Sequence[str], *, env: Mapping[str, str] | None = None) -> float:
    """How many seconds of a processor a command and its children took: a neighbour's load changes it little."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=PROJECT_ROOT, env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
