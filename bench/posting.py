"""Posting: the time from the first write to the last against what GitLab itself takes, and a sequential script."""

from __future__ import annotations

import time

from bench.measure import Measured
from bench.sequential import post_one_after_the_other
from bench.world import CONCURRENCY, World

LATENCIES = {0.1: "<= 1.4", 0.5: "<= 1.15"}
SIZES = (100, 400, 1_000)
LARGE = 10_000


def measure(rounds: int, *, large: bool) -> list[Measured]:
    cases = [(size, latency) for latency in LATENCIES for size in SIZES]
    ratios: dict[tuple[int, float], list[float]] = {case: [] for case in cases}
    ours: list[float] = []
    sequential: list[float] = []
    with World() as world:
        _run(world, 100, 0.0)  # starts the workers
        for number in range(rounds):
            for size, latency in cases if number % 2 else reversed(cases):
                took = _run(world, size, latency)
                ratios[size, latency].append(world.writes.seconds / (size * latency / CONCURRENCY))
                if (size, latency) == (100, 0.1):
                    ours.append(took)
                    sequential.append(_sequential(world, size, latency))
        for latency in LATENCIES if large else ():
            _run(world, LARGE, latency)
            ratios[LARGE, latency] = [world.writes.seconds / (LARGE * latency / CONCURRENCY)]
    eighths = tuple(a / b for a, b in zip(ours, sequential, strict=True))
    return [
        *(
            Measured(
                f"{size:,} at {latency * 1000:.0f} ms: first to last write / (N x L / c)", "x", tuple(values), goal
            )
            for (size, latency), values in ratios.items()
            if (goal := LATENCIES[latency])
        ),
        Measured("100 at 100 ms: the whole warm run", "s", tuple(ours)),
        Measured("the same with a sequential script (3 requests an entry)", "s", tuple(sequential)),
        Measured("ratio of the two", "x", eighths, "<= 0.125"),
    ]


def _run(world: World, size: int, latency: float) -> float:
    world.begin_again()
    world.latency_seconds = latency
    world.track(size)
    took, _run_of_it = world.run_day()
    if world.writes.count != size:
        raise RuntimeError(f"{world.writes.count} writes came instead of {size}")
    return took


def _sequential(world: World, size: int, latency: float) -> float:
    entries = [(entry.description or "", 900) for entry in world.toggl.entries][:size]
    began = time.perf_counter()
    post_one_after_the_other(entries, latency)
    return time.perf_counter() - began
