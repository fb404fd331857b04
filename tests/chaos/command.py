"""`make chaos`: does time get lost, doubled or misplaced when everything fails that can? See docs/chaos.md.

    python -m tests.chaos.command [--core N] [--workflow N] [--seed S] [--break WHAT] [--jobs N] [--json]

Exits with 1 when anything differed, when a run that nothing disturbed was not what it had to be, or when a full run did
not meet each kind of fault, and each thing that happens late, often enough. What failed comes with the command that
plays exactly that seed again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.breaks import BREAKS, broken_definition
from tests.chaos.core import play_seed
from tests.chaos.happenings import DEPLOYED_CHOICES, choices_of
from tests.chaos.happenings import LABELS as HAPPENINGS
from tests.chaos.ledger import DOUBLE, LOST, MISPLACED, UNFINISHED
from tests.chaos.schedule import TARGETS, labels
from tests.chaos.workflow import deployed, execute_seed
from tests.chaos.world import Verdict
from tests.workflow.in_process import synthesised

FULL_CORE, FULL_WORKFLOW = 5_000, 300
MET_AT_LEAST = 20
"""How often a full run has to meet each kind of fault, and each thing that happens late."""

_CORE_CHUNK, _WORKFLOW_CHUNK = 50, 25
_SHOWN_FINDINGS = 4


@dataclass
class Total:
    """What came of all seeds of one mode (`core` or `workflow`)."""

    mode: str
    seeds: int = 0
    runs: int = 0
    entries: int = 0
    met: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    failed: dict[int, list[tuple[str, str]]] = field(default_factory=dict)

    def add(self, verdict: Verdict) -> None:
        self.seeds += 1
        self.runs += verdict.runs
        self.entries += verdict.entries
        self.met += verdict.met
        self.wrong.update(kind for kind, _words in verdict.findings)
        if verdict.findings:
            self.failed[verdict.seed] = verdict.findings

    def to_json(self) -> dict[str, Any]:
        met = Counter[str]()
        for (label, _target), number in self.met.items():
            met[label] += number
        wrong = {kind: self.wrong[kind] for kind in (LOST, DOUBLE, MISPLACED, UNFINISHED)}
        counts = {"seeds": self.seeds, "runs": self.runs, "entries": self.entries}
        return {"mode": self.mode, **counts, **wrong, "met": dict(met), "failed": self.failed}


def play_core(seeds: Sequence[int], definition: str) -> list[Verdict]:
    """Some seeds of the core, in this process."""
    return [_safely(partial(play_seed, definition=definition), seed) for seed in seeds]


def play_workflow(seeds: Sequence[int], broken: str | None = None) -> list[Verdict]:
    """Some seeds of the whole workflow that have a deployment in common, on a local AWS of their own."""
    with deployed(choices_of(seeds[0]), broken) as deployment:
        return [_safely(partial(execute_seed, deployment=deployment), seed) for seed in seeds]


def _safely(play: Callable[[int], Verdict], seed: int) -> Verdict:
    """A seed that breaks the harness is a finding too, and must not hide the others."""
    try:
        return play(seed)
    except Exception as error:  # noqa: BLE001 - it is shown, with the seed's number
        return Verdict(seed, findings=[(UNFINISHED, repr(error))])


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    console = Console(stderr=options.json, highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 140)
    began = time.monotonic()
    totals = {mode: Total(mode) for mode in ("core", "workflow")}
    for mode, verdict in _played(options):
        totals[mode].add(verdict)
        if verdict.findings:
            _show_failure(console, mode, verdict, options.broken)
    is_full = options.core >= FULL_CORE and options.workflow >= FULL_WORKFLOW
    rare = _rare(totals.values()) if is_full else {}
    if options.json:
        sys.stdout.write(json.dumps([total.to_json() for total in totals.values()]) + "\n")
    else:
        _show(console, list(totals.values()))
        console.print(f"{time.monotonic() - began:.0f} s")
    for label, times in rare.items():
        console.print(f"met only {times} times, not {MET_AT_LEAST}: {label}", style="red")
    return 1 if rare or any(total.failed for total in totals.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.command", description=(__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--core", type=int, default=0, metavar="N", help="so many seeds of the core")
    parser.add_argument("--workflow", type=int, default=0, metavar="N", help="so many seeds of the deployed workflow")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the first seed (1)")
    parser.add_argument(
        "--break",
        dest="broken",
        choices=BREAKS,
        help="a deliberate break, see tests/chaos/breaks.py; the suite has to go red",
    )
    parser.add_argument("--jobs", type=int, default=3, metavar="N", help="processes side by side (3)")
    parser.add_argument("--json", action="store_true", help="the summary as JSON")
    return parser


def _played(options: argparse.Namespace) -> Iterator[tuple[str, Verdict]]:
    """The verdicts of all seeds as they come, with their mode.

    The workflow waits most of the time, the core never does: side by side they take little more than the core alone.
    """
    workflow, core = (_range(options.seed, number) for number in (options.workflow, options.core))
    # One deployment a process, which takes longer than some seeds.
    chunk = max(_WORKFLOW_CHUNK, -(-len(workflow) // options.jobs))
    alike = [[seed for seed in workflow if choices_of(seed) == choices] for choices in DEPLOYED_CHOICES]
    definition = broken_definition(synthesised(), options.broken) if core else ""
    with _pool(options.jobs) as several, _pool(max(1, options.jobs - 1)) as fewer:
        asked = {
            several.submit(play_workflow, one, options.broken): "workflow"
            for seeds in alike
            for one in _chunks(seeds, chunk)
        }
        asked |= {fewer.submit(play_core, one, definition): "core" for one in _chunks(core, _CORE_CHUNK)}
        for future in as_completed(asked):
            for verdict in future.result():
                yield asked[future], verdict


def _pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))


def _range(first: int, number: int) -> range:
    return range(first, first + number)


def _chunks(seeds: Sequence[int], size: int) -> list[Sequence[int]]:
    return [seeds[start : start + size] for start in range(0, len(seeds), size)]


def _rare(totals: Iterable[Total]) -> dict[str, int]:
    """What all modes together have not met often enough."""
    met = Counter[str]()
    for total in totals:
        met.update(total.to_json()["met"])
    return {label: met[label] for label in (*labels(), *HAPPENINGS) if met[label] < MET_AT_LEAST}


def _show_failure(console: Console, mode: str, verdict: Verdict, broken: str | None) -> None:
    more = f" --break {broken}" if broken else ""
    console.print(f"python -m tests.chaos.command --{mode} 1 --seed {verdict.seed}{more}", style="red")
    for kind, words in verdict.findings[:_SHOWN_FINDINGS]:
        console.print(f"  {kind}: {words}", markup=False)


def _show(console: Console, totals: list[Total]) -> None:
    table = Table("mode", *("seeds", "runs", "entries", LOST, DOUBLE, MISPLACED, UNFINISHED), box=None)
    for total in totals:
        wrong = [str(total.wrong[kind]) for kind in (LOST, DOUBLE, MISPLACED, UNFINISHED)]
        table.add_row(total.mode, str(total.seeds), str(total.runs), str(total.entries), *wrong)
    console.print(table)
    console.print(_table_of_met(totals, "fault met", labels(), (*TARGETS, "run")))
    console.print(_table_of_met(totals, "happened", HAPPENINGS, ()))


def _table_of_met(totals: list[Total], title: str, names: Iterable[str], targets: tuple[str, ...]) -> Table:
    """How often each of these was met in each mode, and on which requests."""
    table = Table(box=None)
    for name in (title, *(total.mode for total in totals), *targets):
        table.add_column(name, no_wrap=True)
    for label in names:
        cells = [sum(n for (of, _target), n in total.met.items() if of == label) for total in totals]
        cells += [sum(total.met[label, target] for total in totals) for target in targets]
        table.add_row(label, *(str(cell or "") for cell in cells))
    return table


if __name__ == "__main__":
    sys.exit(main())
