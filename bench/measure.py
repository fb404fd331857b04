"""One measured figure, and how a command is timed."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
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
    """How many seconds a command took by the clock. Raises RuntimeError, with its last lines, when it fails."""
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")
    return time.perf_counter() - began


def as_a_function(compiled: str, **more: str) -> dict[str, str]:
    """The environment of a Python process that starts as a Lambda does, without what the user's own brings along.

    compiled: a folder for the compiled files of all such processes, so that none compiles what another finds compiled.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}
    region = dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"), "eu-central-1") | {"AWS_LAMBDA_FUNCTION_NAME": "bench"}
    return own | region | {"PYTHONPATH": str(PROJECT_ROOT), "PYTHONPYCACHEPREFIX": compiled} | more


IMPORT = "import os, time; before = time.process_time(); import {}; print(time.process_time() - before, flush=True)"


def importing(modules: str, env: Mapping[str, str]) -> subprocess.Popen[str]:
    """A process that imports modules, prints how many seconds of a processor that took, and is gone at once."""
    command = [sys.executable, "-c", f"{IMPORT.format(modules)}; os._exit(0)"]
    return subprocess.Popen(command, cwd=PROJECT_ROOT, env=dict(env), stdout=subprocess.PIPE, text=True)


def import_seconds(modules: str, env: Mapping[str, str]) -> float:
    """How many seconds of a processor importing takes: a neighbour's load changes it little.

    Raises CalledProcessError when it fails.
    """
    process = importing(modules, env)
    printed, _ = process.communicate()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return float(printed)
