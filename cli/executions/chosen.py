"""Which execution is meant: `last`, a name, or an ARN."""

from __future__ import annotations

import re

from cli.deployment.aws import refusals_as_unusable
from cli.deployment.deployment import Deployment
from cli.deployment.place import find_deployment
from cli.terminal.exit_codes import Unusable
from contract.names import PRODUCT, state_machine

LAST = "last"

_ARN = re.compile(rf"arn:[a-z-]+:states:[a-z0-9-]+:[0-9]{{12}}:execution:({PRODUCT}-([a-z0-9-]+)):[^:\s]+")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}")


def choose(run: str, environment: str | None, region: str | None) -> tuple[Deployment, str]:
    """The deployment and the ARN of a run. Raises Unusable.

    run: `last`, a name or an ARN, which says itself where it is.
    """
    if found := _ARN.fullmatch(run):
        return Deployment.find(found[2], run.split(":")[3]), run
    deployment = find_deployment(environment, region)
    if run == LAST:
        return deployment, _newest(deployment)
    if not _NAME.fullmatch(run):
        raise Unusable(f"That is not a run: give {LAST}, a name from the list of runs, or an ARN.")
    deployment.require()
    return deployment, deployment.arn("states", f"execution:{state_machine(deployment.environment)}:{run}")


def _newest(deployment: Deployment) -> str:
    deployment.require()
    with refusals_as_unusable():
        found = deployment.client("stepfunctions").list_executions(
            stateMachineArn=deployment.state_machine_arn, maxResults=1
        )["executions"]
    if not found:
        raise Unusable(
            f"{state_machine(deployment.environment)} has not run yet. To start a run: {deployment.command('start')}"
        )
    return str(found[0]["executionArn"])
