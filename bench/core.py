"""The pure core: filter, match, round and plan, without any service; entries a second on one core, and memory."""

from __future__ import annotations

import json
import subprocess
import sys

from bench.measure import PROJECT_ROOT, Measured

SIZES = (1_000, 10_000, 100_000)
KINDS = ("continued", "each")
"""How often a description comes again, see `core_once`."""


def measure(rounds: int, *, large: bool) -> list[Measured]:
    del large
    cases = [(size, kind) for kind in KINDS for size in SIZES]
    rates: dict[tuple[int, str], list[float]] = {case: [] for case in cases}
    peaks: dict[tuple[int, str], list[float]] = {case: [] for case in cases}
    for number in range(rounds):
        for size, kind in cases if number % 2 else reversed(cases):
            # A process of its own for each: memory that was once taken is not given back.
            command = [sys.executable, "-m", "bench.core_once", str(size), kind]
            done = subprocess.run(command, cwd=PROJECT_ROOT, check=True, capture_output=True, text=True)
            found = json.loads(done.stdout)
            rates[size, kind].append(size / found["cpu_seconds"])
            peaks[size, kind].append(found["peak_mb"])
    measured: list[Measured] = []
    for size, kind in cases:
        as_people_track = kind == KINDS[0]
        what = f"{size:,} entries{'' if as_people_track else ', no description twice'}"
        goal = "<= 150" if as_people_track and size == SIZES[-1] else ""
        measured += [
            Measured(f"{what}: entries a second", "", tuple(rates[size, kind]), ">= 40,000" if as_people_track else ""),
            Measured(f"{what}: peak memory", "MB", tuple(peaks[size, kind]), goal),
        ]
    return measured
