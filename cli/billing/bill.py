"""A month's bill, line by line.

Prices of us-east-1 in US dollars, November 2026, from the services' pricing pages. How long the Lambdas take and what
they log are estimates on the high side.
"""

from __future__ import annotations

from dataclasses import dataclass

from cli.billing.transitions import Transitions
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
