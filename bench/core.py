"""The pure core: filter, match, round and plan, without any service; entries a second on one core, and memory."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.measure import PROJECT_ROOT, Measured

SIZES = (1_000, 10_000, 100_000)


def measure(rounds: int, *, large: bool) -> list[Measured]:
    del large
    seconds: dict[int, list[float]] = {size: [] for size in SIZES}
    peaks: dict[int, list[float]] = {size: [] for size in SIZES}
    for number in range(rounds):
        for size in SIZES if number % 2 else reversed(SIZES):
            # A process of its own for each: memory that was once taken is not given back.
            command = [sys.executable, "-m", "bench.core_once", str(size)]
            done = subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
            seconds[size].append(found["cpu_seconds"])
            peaks[size].append(found["peak_mb"])
    return [
        measured
        for size in SIZES
        for measured in (
            Measured(
                f"{size:,} entries: entries a second", "", tuple(size / one for one in seconds[size]), ">= 40,000"
            ),
            Measured(f"{size:,} entries: peak memory", "MB", tuple(peaks[size]), "<= 150" if size == SIZES[-1] else ""),
        )
    ]
