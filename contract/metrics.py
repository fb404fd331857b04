"""The metrics that the Lambdas emit and that the dashboard and the alarms read; CloudWatch charges for each of them.

They count real runs; of a dry run, only its requests and what Toggl's quota then holds. What else is worth counting is
in the log lines and in a run's output.
"""

from __future__ import annotations

from contract.names import PRODUCT

NAMESPACE = PRODUCT
DIMENSION = "environment"
"""The only dimension, so that each metric exists once for each deployment."""

FETCHED = "Fetched"
CREATED = "Created"
KEPT = "Kept"
SKIPPED = "Skipped"
FAILED = "Failed"
"""Entries, by what became of them."""

SECONDS_LOGGED = "SecondsLogged"
API_REQUESTS = "ApiRequests"
TOGGL_QUOTA_LEFT = "TogglQuotaLeft"

UNITS = {
    FETCHED: "Count",
    CREATED: "Count",
    KEPT: "Count",
    SKIPPED: "Count",
    FAILED: "Count",
    SECONDS_LOGGED: "Seconds",
    API_REQUESTS: "Count",
    TOGGL_QUOTA_LEFT: "Count",
}
"""Every metric there is, with its unit as CloudWatch calls it."""
