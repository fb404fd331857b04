"""Logs, metrics and traces of the Lambdas: JSON lines on standard output, an X-Ray segment for each HTTP request."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from contract import metrics
from contract.settings import Settings
from functions.shared.http import Http


def logger_for(role: str) -> Logger:
    """The JSON logger of one Lambda. Descriptions and tokens do not belong into it; entry ids do."""
    return Logger(service=role, level="INFO")


def trace_requests() -> None:
    """Let X-Ray see every request that `requests` makes from now on, when it wants to see this invocation.

    Its SDK takes a third of a cold start, so it is not imported before X-Ray has chosen an invocation: Lambda says so
    in the trace's header. Where each invocation makes one request only, Lambda's own segment tells as much.
    """
    if "Sampled=1" not in os.environ.get("_X_AMZN_TRACE_ID", ""):
        return
    from aws_xray_sdk.core import patch, xray_recorder  # noqa: PLC0415

    xray_recorder.configure(context_missing="IGNORE_ERROR")
    patch(("requests",), raise_errors=False)


def begin(logger: Logger, event: dict[str, Any], settings: Settings) -> None:
    """Let every line of this invocation name its execution, and log what the run's own settings ask for."""
    logger.setLevel(settings.log_level)
    logger.append_keys(execution=event["execution"]["id"])


class Measures:
    """The metrics of one invocation."""

    def __init__(self, *, is_dry_run: bool) -> None:
        self._is_dry_run = is_dry_run
        self._values: dict[str, int] = {}
        self._gauges: dict[str, Callable[[], int | None]] = {}

    def count(self, name: str, value: int) -> None:
        """One of `contract.metrics` about entries. A dry run does nothing that counts."""
        if not self._is_dry_run:
            self._values[name] = value

    def watch(self, http: Http, gauges: Mapping[str, Callable[[], int | None]] | None = None) -> None:
        """Whose requests are counted, and what else is asked for at the end; None when nobody knows."""
        self._gauges = {metrics.API_REQUESTS: lambda: http.requests_made, **(gauges or {})}

    def values(self) -> dict[str, int]:
        """What there is to emit, by the metric's name."""
        read = {name: gauge() for name, gauge in self._gauges.items()}
        return self._values | {name: value for name, value in read.items() if value is not None}


@contextmanager
def measuring(settings: Settings) -> Iterator[Measures]:
    """Metrics that are printed when the block ends, also by an error: a line in CloudWatch's Embedded Metric Format."""
    measures = Measures(is_dry_run=settings.dry_run)
    try:
        yield measures
    finally:
        values = measures.values()
        if values:
            emitter = EphemeralMetrics(namespace=metrics.NAMESPACE)
            emitter.add_dimension(metrics.DIMENSION, settings.environment)
            for name, value in values.items():
                emitter.add_metric(name, metrics.UNITS[name], value)
            emitter.flush_metrics()
