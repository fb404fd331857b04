"""Measures this checkout on this machine: `make bench` prints tables and writes its results into `build/`.

Whatever is compared is measured in the same run, in turns. The machine should be idle: it has to be said beside a
number how many cores there are and what else they did.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench import core, house, large, memory, posting, quiet, starts
from bench.measure import Measured

SUBJECTS = {
    "core": core,
    "starts": starts,
    "memory": memory,
    "quiet": quiet,
    "posting": posting,
    "large": large,
    "house": house,
}
WHEN_NAMED = {"house"}
"""What is measured only when it is asked for by its name: it runs the tests."""

RESULTS = Path(__file__).parent.parent / "build" / "bench.json"
TABLE = RESULTS.with_suffix(".md")
"""The same as docs/performance.md has it."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument(
        "subjects", nargs="*", metavar="SUBJECT", help=f"some of: {', '.join(SUBJECTS)} (default: all but house)"
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: 5)")
    parser.add_argument(
        "--large", action="store_true", help="also what takes many minutes: 10,000 posts, 100,000 entries"
    )
    options = parser.parse_args(arguments)
    chosen = options.subjects or [name for name in SUBJECTS if name not in WHEN_NAMED]
    if unknown := set(chosen) - set(SUBJECTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    console = Console(markup=False, highlight=False)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    console.print(f"{machine}; load before: {os.getloadavg()[0]:.1f}")
    measured: dict[str, list[Measured]] = {}
    for name in chosen:
        measured[name] = SUBJECTS[name].measure(options.rounds, large=options.large)
        console.print(_table(name, measured[name]))
    RESULTS.parent.mkdir(exist_ok=True)
    results = {name: [one.to_json() for one in found] for name, found in measured.items()}
    RESULTS.write_text(json.dumps({"machine": machine, "rounds": options.rounds, "measured": results}, indent=2) + "\n")
    TABLE.write_text("".join(_lines(measured)))


def _lines(measured: dict[str, list[Measured]]) -> Iterator[str]:
    yield "| what | median | least | most | goal |\n|---|---|---|---|---|\n"
    for name, found in measured.items():
        for one in found:
            shown = (one.shown(value) for value in (one.median, min(one.values), max(one.values)))
            yield f"| {name}: {one.what} | {' | '.join(shown)} | {one.goal} |\n"


def _table(title: str, measured: list[Measured]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("what")
    for name in ("median", "min", "max", "goal"):
        table.add_column(name, justify="right")
    for one in measured:
        table.add_row(one.what, one.shown(one.median), one.shown(min(one.values)), one.shown(max(one.values)), one.goal)
    return table


if __name__ == "__main__":
    main()
