"""The latest runs of a deployment, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from rich.table import Table
from rich.text import Text

from cli.deployment.deployment import Deployment
from cli.executions.accounts import KEYS
from cli.executions.ended import object_in, window_days
from cli.terminal.text import printable, safe
from functions.shared.text import hours

By = Literal["schedule", "hand"]
TOTALS = ("created", "replaced", "deleted", "kept", "skipped", "failed", "seconds_logged", *KEYS)
COLUMNS = ("name", "started", "by", "first_day", "last_day", "dry_run", "status", "outcome", "error", *TOTALS, "arn")

_COUNTED = (
    ("new", ("created",)),
    ("changed", ("replaced", "deleted")),
    ("kept", ("kept",)),
    ("left out", ("skipped",)),
    ("failed", ("failed",)),
)
"""What is counted together for a person."""

_WIDE = 150
_AT_ONCE = 8
_STYLES = {"synced": "green", "nothing_to_sync": "green", "dry_run": "cyan", "running": "yellow"}


@dataclass(frozen=True)
class ListedRun:
    """One run. outcome: the output's word, or None without an output. totals: as far as the run got."""

    name: str
    arn: str
    started: datetime
    status: str
    by: By
    days: tuple[str, str] | None
    dry_run: bool
    outcome: str | None
    error: str | None
    totals: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        first, last = self.days or (None, None)
        return {
            "name": self.name,
            "started": self.started.isoformat(timespec="seconds"),
            "by": self.by,
            "first_day": first,
            "last_day": last,
            "dry_run": self.dry_run,
            "status": self.status,
            "outcome": self.outcome,
            "error": self.error,
            **{name: self.totals.get(name) for name in TOTALS},
            "arn": self.arn,
        }


def latest(deployment: Deployment, count: int) -> list[ListedRun]:
    """The latest runs, the newest first. Raises AWS_ERRORS."""
    states = deployment.client("stepfunctions")
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=deployment.state_machine_arn, PaginationConfig={"PageSize": min(count, 100)}
    )
    found = list(islice((one["executionArn"] for page in pages for one in page["executions"]), count))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return [listed(one) for one in pool.map(lambda arn: states.describe_execution(executionArn=arn), found)]


def listed(execution: Mapping[str, Any]) -> ListedRun:
    """What boto3's `describe_execution` says of a run."""
    asked = object_in(execution.get("input")) or {}
    output = object_in(execution.get("output"))
    cause = object_in(execution.get("cause")) or {}
    totals = (output or cause).get("totals")
    by_schedule = "scheduled_time" in asked and not execution["name"].startswith("by-hand-")
    return ListedRun(
        name=execution["name"],
        arn=execution["executionArn"],
        started=execution["startDate"],
        status=execution["status"],
        by="schedule" if by_schedule else "hand",
        days=_days(asked, output),
        dry_run=str((output or asked).get("dry_run", False)).lower() == "true",
        outcome=None if output is None else output["outcome"],
        error=execution.get("error"),
        totals=totals if isinstance(totals, dict) else {},
    )


def _days(asked: Mapping[str, Any], output: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """The first and the last day: of the window, or, of a run that got to none, as it was asked for."""
    if output is not None:
        first, last = window_days(output["window"])
        return first.isoformat(), last.isoformat()
    begin = asked.get("start_date")
    return (str(begin), str(asked.get("end_date", begin))) if begin else None


def parts_of(runs: Sequence[ListedRun], width: int) -> Iterator[Table | Text]:
    """The runs as a person reads them: a line for each where there is room, else two."""
    if width >= _WIDE:
        yield _table(runs)
        return
    for run in runs:
        yield Text("  ").join([Text(_started(run)), Text(run.by), Text(_days_in_words(run)), _outcome(run)])
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(width=2)
        grid.add_column(overflow="fold", style="dim")
        grid.add_row("", _counts_in_words(run))
        grid.add_row("", printable(run.name, 80))
        yield grid


def _table(runs: Sequence[ListedRun]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("started", "by", "days", "outcome"):
        table.add_column(heading, no_wrap=True)
    for heading, _keys in _COUNTED:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("logged", justify="right", no_wrap=True)
    table.add_column("run", overflow="fold", style="dim")
    for run in runs:
        counts = [f"{_count(run, keys)}{_left_out_time(run, keys)}" for _heading, keys in _COUNTED if run.totals]
        table.add_row(
            _started(run),
            run.by,
            _days_in_words(run),
            _outcome(run),
            *(counts or [""] * len(_COUNTED)),
            hours(run.totals.get("seconds_logged", 0)) if run.totals else "",
            printable(run.name, 80),
        )
    return table


def _started(run: ListedRun) -> str:
    """In the time zone of whoever looks."""
    return f"{run.started.astimezone():%Y-%m-%d %H:%M}"


def _days_in_words(run: ListedRun) -> str:
    if run.days is None:
        return "-"
    first, last = (printable(day, 10) for day in run.days)
    return first if first == last else f"{first}..{last}"


def _outcome(run: ListedRun) -> Text:
    word = run.outcome if run.outcome is not None and run.status == "SUCCEEDED" else run.error or run.status.lower()
    style = _STYLES.get(word, "bold red")
    has_left_out_more = run.totals.get("seconds_left_out", 0) > run.totals.get("seconds_on_gitlab", 0)
    return safe(word, "yellow" if style == "green" and has_left_out_more else style)


def _count(run: ListedRun, keys: Sequence[str]) -> int:
    return sum(run.totals.get(key, 0) for key in keys)


def _left_out_time(run: ListedRun, keys: Sequence[str]) -> str:
    """Behind the number of entries that were left out, their time."""
    seconds = run.totals.get("seconds_left_out", 0) if "skipped" in keys else 0
    return f" ({hours(seconds)})" if seconds else ""


def _counts_in_words(run: ListedRun) -> str:
    if not run.totals:
        return "no totals"
    counts = [f"{n} {heading}{_left_out_time(run, keys)}" for heading, keys in _COUNTED if (n := _count(run, keys))]
    return ", ".join([*counts, f"{hours(run.totals.get('seconds_logged', 0))} logged"])
