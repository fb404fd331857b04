"""The settings of a deployment as texts: what is deployed now, and what settings would be deployed as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cli.deployment.deployment import Deployment
from contract.settings import Settings, table


def texts_of(settings: Settings) -> dict[str, str]:
    """Settings as a deployment shows them, by key: those that the Lambdas know, and those that it is asked for."""
    variables = settings.to_environment()
    shown = {row["key"]: variables[row["env"]] for row in table() if row["env"]}
    return shown | settings.unseen_texts()


def deployed_texts(deployment: Deployment) -> dict[str, str]:
    """The same of what is deployed now, as far as that can be seen; empty when nothing is. Raises AWS_ERRORS."""
    variables = deployment.variables()
    if not variables:
        return {}
    texts = {row["key"]: variables[row["env"]] for row in table() if row["env"] in variables}
    return texts | dict(_by_resources(deployment.template())) | deployment.unseen_settings()


def deployed_schedule(deployment: Deployment) -> Mapping[str, Any]:
    """The schedule's properties as they were deployed, in CloudFormation's words; empty without one, or when that
    cannot be seen. Raises AWS_ERRORS.
    """
    return _only(deployment.template().get("Resources", {}), "AWS::Scheduler::Schedule")


def _by_resources(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the resources show, also of a deployment that did not keep its settings."""
    if resources := template.get("Resources"):
        yield "schedule", str(_only(resources, "AWS::Scheduler::Schedule").get("ScheduleExpression", "off"))
        yield "alarm_email", str(_only(resources, "AWS::SNS::Subscription").get("Endpoint", ""))


def _only(resources: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The properties of the only resource of a kind; empty when there is none."""
    return next((one["Properties"] for one in resources.values() if one["Type"] == kind), {})
