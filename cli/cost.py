"""What a month costs on AWS: `python -m cli.cost --runs 30 --entries 20`, or `make cost`.

Prices of us-east-1 in US dollars, November 2026, from the services' pricing pages. State transitions are counted from
the synthesised definition, along its longest way without an error; how long the Lambdas take and what they log are
estimates on the high side.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from cli.deployment.assembly import UnreadableError, definitions, synthesise
from cli.terminal.console import console_on, safe
from contract.metrics import UNITS

HOURS_A_MONTH = 730

# What one run or one entry takes, estimated on the high side.
READING_SECONDS = 5
POST_SECONDS = 2
READING_GB, POST_GB = 0.5, 0.25
LOG_BYTES_PER_INVOCATION = 3_000
LOG_BYTES_PER_TRANSITION = 1_200
SEGMENTS_PER_RUN = 1  # X-Ray bills traces, and a run is one

SECRETS = 2
ALARMS = 6
METRICS = len(UNITS)
DASHBOARDS = 1

GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Transitions:
    """How many state transitions a run without errors has: a share of its own, and one for each post and new issue."""

    a_run: int
    a_post: int
    a_new_issue: int

    def of(self, posts: int, new_issues: int) -> int:
        return self.a_run + self.a_post * posts + self.a_new_issue * new_issues


@dataclass(frozen=True)
class Load:
    """A month. entries: posted ones in a run; retries and waits not counted."""

    runs: int
    entries: int
    new_issues: int = 0


@dataclass(frozen=True)
class Item:
    """One line of the bill.

    used, free: in `unit`; free is what every account has each month, for all that runs in it together.
    """

    service: str
    unit: str
    used: float
    price: float
    free: float = 0

    @property
    def beyond_the_free_tier(self) -> float:
        """US dollars when nothing else in the account uses the free tier."""
        return max(0.0, self.used - self.free) * self.price

    @property
    def without_a_free_tier(self) -> float:
        """US dollars when other things in the account have used it up."""
        return self.used * self.price


def count_transitions(definition: Mapping[str, Any]) -> Transitions:
    """The longest way from the start to the end, through any choice but no Catch.

    Step Functions bills each state that is entered, in a Map each of every iteration, and the start (Step Functions
    pricing, Standard Workflows). Of a run that posts one by one: a larger one has a transition for 50 entries instead.
    """
    states = {name: state for name, state in definition["States"].items() if name != "PostBatches"}
    way = _longest_way(states, definition["StartAt"], frozenset())
    maps = {name: _length_of_iteration(states[name]) for name in way if states[name]["Type"] == "Map"}
    return Transitions(1 + len(way), maps["PostEntries"], maps["CreateIssues"])


def _length_of_iteration(state: Mapping[str, Any]) -> int:
    inner = state["ItemProcessor"]
    return len(_longest_way(inner["States"], inner["StartAt"], frozenset()))


def _longest_way(states: Mapping[str, Any], name: str, before: frozenset[str]) -> list[str]:
    """The names of the states from here on; what comes back to a state that was passed ends there."""
    passed = before | {name}
    ways = [
        _longest_way(states, following, passed)
        for following in _following(states[name])
        if following in states and following not in passed
    ]
    return [name, *max(ways, key=len, default=[])]


def _following(state: Mapping[str, Any]) -> Iterator[str]:
    for way in (*state.get("Choices", ()), state, {"Next": state.get("Default")}):
        if way.get("Next") is not None:
            yield way["Next"]


def monthly_bill(load: Load, transitions: Transitions) -> list[Item]:
    """Every line of a month's bill for one environment."""
    posts = load.entries + load.new_issues
    invocations = load.runs * (2 + posts)
    moves = load.runs * transitions.of(load.entries, load.new_issues)
    seconds_gb = load.runs * (2 * READING_SECONDS * READING_GB + posts * POST_SECONDS * POST_GB)
    logged = invocations * LOG_BYTES_PER_INVOCATION + moves * LOG_BYTES_PER_TRANSITION
    # A metric is billed for the hours in which it gets values; a run is one of them.
    metric_months = METRICS * min(load.runs, HOURS_A_MONTH) / HOURS_A_MONTH
    return [
        Item("Secrets Manager, secrets", "secrets", SECRETS, 0.40),
        Item("Secrets Manager, requests", "requests", invocations, 0.05 / 10_000),
        Item("Step Functions", "transitions", moves, 25 / 1_000_000, free=4_000),
        Item("Lambda, time (arm64)", "GB-seconds", seconds_gb, 0.0000133334, free=400_000),
        Item("Lambda, requests", "requests", invocations, 0.20 / 1_000_000, free=1_000_000),
        Item("CloudWatch, logs", "GB", logged / GIGABYTE, 0.50 + 0.03, free=5),
        Item("CloudWatch, metrics", "metrics", metric_months, 0.30, free=10),
        Item("CloudWatch, alarms", "alarms", ALARMS, 0.10, free=10),
        Item("CloudWatch, dashboards", "dashboards", DASHBOARDS, 3.00, free=3),
        Item("DynamoDB, writes", "writes", load.runs * 3, 0.625 / 1_000_000),
        Item("DynamoDB, reads", "reads", load.runs, 0.125 / 1_000_000),
        Item("EventBridge Scheduler", "starts", load.runs, 1.00 / 1_000_000, free=14_000_000),
        Item("X-Ray", "traces", load.runs * SEGMENTS_PER_RUN, 5.00 / 1_000_000, free=100_000),
    ]


def total(bill: list[Item]) -> float:
    """US dollars, with the free tier to oneself."""
    return sum(item.beyond_the_free_tier for item in bill)


def total_without_a_free_tier(bill: list[Item]) -> float:
    """US dollars, when others have used it up."""
    return sum(item.without_a_free_tier for item in bill)


def transitions_of_the_app() -> Transitions:
    """Of the definition that the app synthesises now. Raises UnreadableError."""
    with tempfile.TemporaryDirectory() as folder:
        [definition] = definitions(synthesise(Path(folder) / "cdk.out")).values()
    return count_transitions(definition)


def _show(bill: list[Item]) -> None:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "used", "", "free a month", "with the free tier", "without it"):
        table.add_column(heading, justify="left" if heading == "" else "right")
    for item in bill:
        table.add_row(
            item.service,
            f"{item.used:,.6g}",
            item.unit,
            f"{item.free:,.0f}" if item.free else "",
            f"${item.beyond_the_free_tier:.4f}",
            f"${item.without_a_free_tier:.4f}",
        )
    sums = [f"${amount:.2f}" for amount in (total(bill), total_without_a_free_tier(bill))]
    table.add_row("together", "", "", "", *sums, style="bold")
    console_on().print(table)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.cost", description="what a month costs on AWS")
    parser.add_argument("--runs", type=_count, default=30, help="a month (default: 30)")
    parser.add_argument("--entries", type=_count, default=20, help="posted in each run (default: 20)")
    parser.add_argument("--new-issues", type=_count, default=0, help="created in each run (default: 0)")
    parser.add_argument("--json", action="store_true", help="the bill as JSON")
    options = parser.parse_args(arguments)
    try:
        bill = monthly_bill(Load(options.runs, options.entries, options.new_issues), transitions_of_the_app())
    except UnreadableError as error:
        console_on(stderr=True).print(safe(error, limit=2_000))
        return 1
    if options.json:
        items = [vars(item) | {"cost": round(item.beyond_the_free_tier, 6)} for item in bill]
        print(json.dumps({"total": round(total(bill), 4), "items": items}, indent=2))
    else:
        _show(bill)
    return 0


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("a number that is not negative is allowed")
    return value


if __name__ == "__main__":
    sys.exit(main())
