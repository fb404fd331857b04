"""Cold starts: what importing each handler costs, against the libraries that it needs for a normal day."""

from __future__ import annotations

import os
import sys

from bench.measure import Measured, cpu_seconds

NEEDED = {
    "fetch": ("requests", "aws_lambda_powertools.utilities.parameters", "aws_lambda_powertools.metrics", "zoneinfo"),
    "transform": (
        "requests",
        "aws_lambda_powertools.utilities.parameters",
        "aws_lambda_powertools.metrics",
        "zoneinfo",
    ),
    "post": ("requests", "aws_lambda_powertools.utilities.parameters", "aws_lambda_powertools.metrics", "zoneinfo"),
}
"""HTTP, the token out of Secrets Manager, JSON logs and metrics, the time zones."""


def measure(rounds: int, *, large: bool) -> list[Measured]:
    del large
    environment = {**os.environ, "AWS_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_NAME": "bench"}
    cost: dict[tuple[str, str], list[float]] = {}
    for number in range(rounds):
        for role, libraries in NEEDED.items():
            imports = {"handler": f"functions.{role}.handler", "needed": ", ".join(libraries), "nothing": "sys"}
            kinds = list(imports) if number % 2 else list(reversed(imports))
            for kind in kinds:
                command = [sys.executable, "-c", f"import {imports[kind]}"]
                cost.setdefault((role, kind), []).append(1000 * cpu_seconds(command, env=environment))
    measured: list[Measured] = []
    for role in NEEDED:
        own, needed, nothing = (cost[role, kind] for kind in ("handler", "needed", "nothing"))
        ratios = tuple((a - c) / (b - c) for a, b, c in zip(own, needed, nothing, strict=True))
        measured += [
            Measured(f"import of functions.{role}.handler", "ms", tuple(own)),
            Measured(f"the libraries it needs, alone ({role})", "ms", tuple(needed)),
            Measured(f"ratio, the bare interpreter taken off ({role})", "x", ratios, "<= 1.15"),
        ]
    return measured
