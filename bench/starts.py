"""Cold starts: what importing a handler costs, against the libraries that a normal day needs, and ten at once."""

from __future__ import annotations

import tempfile
import time

from bench.measure import Measured, as_a_function, import_seconds, importing

ROLES = ("fetch", "transform", "post")
NEEDED = "requests, aws_lambda_powertools.utilities.parameters, aws_lambda_powertools.metrics, zoneinfo"
"""HTTP, the token out of Secrets Manager, JSON logs and metrics, the time zones."""

WORKERS = 10
"""As many as a Map starts at once with the default `max_concurrency`."""


def measure(rounds: int, *, large: bool) -> list[Measured]:
    del large
    seconds: dict[str, list[float]] = {}
    crowds: list[float] = []
    alone: list[float] = []
    with tempfile.TemporaryDirectory() as compiled:
        environment = as_a_function(compiled)
        subjects = {"needed": NEEDED} | {role: f"functions.{role}.handler" for role in ROLES}
        for modules in subjects.values():
            import_seconds(modules, environment)  # compiles them
        for number in range(rounds):
            for subject in subjects if number % 2 else reversed(subjects):
                seconds.setdefault(subject, []).append(import_seconds(subjects[subject], environment))
            for workers, times in ((1, alone), (WORKERS, crowds)) if number % 2 else ((WORKERS, crowds), (1, alone)):
                times.append(_until_the_last(workers, environment))
    needed = seconds["needed"]
    return [
        Measured("import of the libraries that a normal day needs", "ms", tuple(1000 * one for one in needed)),
        *(measured for role in ROLES for measured in _of(role, seconds[role], needed)),
        Measured("post alone, by the clock", "ms", tuple(1000 * one for one in alone)),
        Measured(f"{WORKERS} of post at once, until the last", "ms", tuple(1000 * one for one in crowds)),
        Measured(f"{WORKERS} at once / one alone", "x", tuple(a / b for a, b in zip(crowds, alone, strict=True))),
    ]


def _of(role: str, own: list[float], needed: list[float]) -> list[Measured]:
    ratios = tuple(a / b for a, b in zip(own, needed, strict=True))
    return [
        Measured(f"import of functions.{role}.handler", "ms", tuple(1000 * one for one in own)),
        Measured(f"{role} / the libraries", "x", ratios, "<= 1.15"),
    ]


def _until_the_last(workers: int, environment: dict[str, str]) -> float:
    """How many seconds pass from starting so many workers to the moment at which the last has imported its handler."""
    began = time.perf_counter()
    started = [importing("functions.post.handler", environment) for _ in range(workers)]
    for process in started:
        process.communicate()
    took = time.perf_counter() - began
    if any(process.returncode for process in started):
        raise RuntimeError("a worker did not start")
    return took
