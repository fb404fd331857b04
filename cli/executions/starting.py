"""Starts a run of a deployment, after the checks that the run itself would make."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cli.deployment.aws import AWS_ERRORS, refusals_as_unusable
from cli.deployment.deployment import Deployment
from cli.terminal.text import printable
from contract.errors import InvalidInput, SetupError
from contract.settings import Settings
from functions.fetch.window import resolve


def with_overrides(run_input: Mapping[str, Any], overrides: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The state machine's input with settings for this run only. Raises InvalidInput."""
    values: dict[str, str] = {}
    for key, value in overrides:
        if key in run_input or key in values:
            raise InvalidInput(f"{printable(key, 60)} is given twice: give it once.")
        values[key] = value
    Settings().overridden(values)
    return {**run_input, **values}


def start(deployment: Deployment, run_input: Mapping[str, Any], now: datetime) -> str:
    """Start a run and return its ARN. Raises Unusable, and InvalidInput for what the run itself would refuse.

    The name is ours: AWS starts nothing twice under one name, so that a repeated request is safe.
    """
    deployment.require()
    resolve(run_input, _settings_of(deployment), now)
    name = f"by-hand-{now:%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(4)}"
    with refusals_as_unusable():
        started = deployment.client("stepfunctions").start_execution(
            stateMachineArn=deployment.state_machine_arn, name=name, input=json.dumps(run_input)
        )
    return str(started["executionArn"])


def _settings_of(deployment: Deployment) -> Settings:
    """The deployed settings, for the check of the dates; the defaults when they cannot be read."""
    try:
        return deployment.settings()
    except (SetupError, *AWS_ERRORS):
        return Settings()
