"""A history of 100,000 entries through the whole workflow, stopped twice and started again; only with `--large`.

What is looked at in the end is GitLab itself: each entry once, with its seconds, its time and its issue.
"""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.measure import Measured
from bench.peak import kept_mb
from bench.world import ISSUES, PROJECT, World
from local.aws.executions import Run

ENTRIES = 100_000
DAYS = 80
"""All of them come 1,000 entries a request, and Toggl asks for a second between two; older days come from reports, 50 a
request.
"""

SECONDS = 900
STOPS = (1 / 3, 2 / 3)
"""After which parts of the writes somebody stops the run."""

POLL_SECONDS = 1.0


def measure(rounds: int, *, large: bool) -> list[Measured]:
    del rounds
    return play(ENTRIES) if large else []


def play(entries: int) -> list[Measured]:
    """Raises RuntimeError when the ledger is not exact."""
    # Nothing of unknown outcome lands late here, so a stopped run's lock waits for the post function's timeout only.
    with World(settle_seconds="0") as world, Workers(world) as workers:
        _track(world, entries)
        days = {"start_date": (world.day - timedelta(days=DAYS)).date().isoformat()}
        began = time.perf_counter()
        runs = [_stopped(world, days, int(entries * part)) for part in STOPS]
        runs.append(world.timed_run(days)[1])
        took = time.perf_counter() - began
        _check(world)
        return [
            Measured(f"{entries:,} entries, stopped twice: until all is posted", "s", (took,)),
            Measured("writes a second", "", (entries / took,)),
            Measured("writes that GitLab got", "", (world.writes.count,)),
            *(
                Measured(f"events of the history, run {number}", "", (len(run.history),), "<= 25,000")
                for number, run in enumerate(runs, start=1)
            ),
            *(Measured(f"peak memory of {name}", "MB", (peak,)) for name, peak in sorted(workers.peak_mb.items())),
        ]


def _track(world: World, entries: int) -> None:
    world.toggl.me_quota.total = world.toggl.workspace_quota.total = 1_000_000
    gap = timedelta(days=DAYS) / entries
    for number in range(entries):
        start = (world.day - timedelta(days=DAYS) + number * gap).replace(microsecond=0)
        world.toggl.add_entry(f"#{number % ISSUES + 1} Work {number % 997}", start, SECONDS)


def _stopped(world: World, days: dict[str, str], writes: int) -> Run:
    """A run that somebody stops once GitLab has so many timelogs."""
    states = world.aws.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=world.machine, input=json.dumps(days))["executionArn"]
    while world.writes.count < writes:
        if states.describe_execution(executionArn=arn)["status"] != "RUNNING":
            raise RuntimeError(f"the run has ended after {world.writes.count} writes: {world.aws.wait_for(arn).cause}")
        time.sleep(POLL_SECONDS)
    states.stop_execution(executionArn=arn)
    return world.aws.wait_for(arn)


def _check(world: World) -> None:
    expected = sorted(
        (
            f"[toggl:{entry.id}]",
            f"{PROJECT}{(entry.description or '').split()[0]}",
            SECONDS,
            entry.start,
        )
        for entry in world.toggl.entries
    )
    there = sorted(
        ((log.summary or "").split()[0], log.issuable.reference, log.seconds, log.spent_at)
        for log in world.gitlab.timelogs
    )
    if there != expected:
        wrong = sorted(set(map(str, there)) ^ set(map(str, expected)))
        raise RuntimeError(f"{len(there)} timelogs for {len(expected)} entries; {len(wrong)} differ: {wrong[:6]}")


class Workers:
    """Watches the memory of the local AWS's workers, which run the functions; nothing where there is no `/proc`.

    peak_mb: by the function's name, the most that one of its workers has taken.
    """

    def __init__(self, world: World) -> None:
        self.peak_mb: dict[str, float] = {}
        self._world = world
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(POLL_SECONDS):
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    self._look_at(process)
                except OSError:  # it has just ended
                    continue

    def _look_at(self, process: Path) -> None:
        group = (process / "stat").read_text().rpartition(")")[2].split()[2]
        name = _variable(process, "AWS_LAMBDA_FUNCTION_NAME")
        if name is None or int(group) != self._world.aws.process_id:
            return
        self.peak_mb[name] = max(self.peak_mb.get(name, 0), kept_mb(process / "status"))


def _variable(process: Path, name: str) -> str | None:
    variables = dict(one.partition("=")[::2] for one in (process / "environ").read_text(errors="replace").split("\0"))
    return variables.get(name)
