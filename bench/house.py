"""The house itself: how long synthesis takes, how large the layer is, and how long the two test loops are."""

from __future__ import annotations

import tempfile

from bench.measure import PROJECT_ROOT, Measured, timed


def measure(rounds: int, *, large: bool) -> list[Measured]:
    del large
    with tempfile.TemporaryDirectory() as folder:
        cdk = str(PROJECT_ROOT / "node_modules" / ".bin" / "cdk")
        synth = [cdk, "synth", "--quiet", "--output", folder, "-c", "account=111122223333"]
        synths = tuple(timed(synth) for _round in range(rounds))
    layer = sum(path.stat().st_size for path in (PROJECT_ROOT / "build" / "layer").rglob("*") if path.is_file())
    measured = [
        Measured("cdk synth", "s", synths),
        Measured("the layer", "MB", (layer / 1e6,)),
    ]
    for target, goal in {"quick": "< 60 s", "test": "<= 300 s"}.items():
        measured.append(Measured(f"make {target}", "s", (timed(["make", target]),), goal))
    return measured
