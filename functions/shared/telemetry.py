"""Logs and traces of the Lambdas: JSON lines on standard output, and an X-Ray segment for each HTTP request."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_xray_sdk.core import patch, xray_recorder

from contract.settings import Settings


def logger_for(role: str) -> Logger:
    """The JSON logger of one Lambda. Descriptions and tokens do not belong into it; entry ids do."""
    return Logger(service=role, level="INFO")


def trace_requests() -> None:
    """Let X-Ray see every request that `requests` makes; without a daemon or outside of Lambda, nothing happens."""
    xray_recorder.configure(context_missing="IGNORE_ERROR")
    patch(("requests",), raise_errors=False)


def begin(logger: Logger, event: dict[str, Any], settings: Settings) -> None:
    """Let every line of this invocation name its execution, and log what the run's own settings ask for."""
    logger.setLevel(settings.log_level)
    logger.append_keys(execution=event["execution"]["id"])
