"""The settings of a deployment as texts: what is deployed now, and what settings would be deployed as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cli.deployment.aws import suppressed
from cli.deployment.deployment import Deployment
from contract import names
from contract.settings import Settings, table


def texts_of(settings: Settings) -> dict[str, str]:
    """Settings as a deployment shows them, by key: those that the Lambdas know, and two that it is asked for."""
    variables = settings.to_environment()
    shown = {row["key"]: variables[row["env"]] for row in table() if row["env"]}
    return shown | {"schedule": settings.schedule, "alarm_email": settings.alarm_email}


def deployed_texts(deployment: Deployment) -> dict[str, str]:
    """The same of what is deployed now; empty when nothing is. Raises AWS_ERRORS."""
    texts = _of_fetch(deployment)
    return texts | dict(_of_the_template(deployment)) if texts else {}


def _of_fetch(deployment: Deployment) -> dict[str, str]:
    with suppressed("ResourceNotFoundException"):
        function = names.function(deployment.environment, "fetch")
        configuration = deployment.client("lambda").get_function_configuration(FunctionName=function)
        variables = configuration.get("Environment", {}).get("Variables", {})
        return {row["key"]: variables[row["env"]] for row in table() if row["env"] in variables}
    return {}


def _of_the_template(deployment: Deployment) -> Iterator[tuple[str, str]]:
    with suppressed("ValidationError"):
        stack = names.stack(deployment.environment)
        resources = deployment.client("cloudformation").get_template(StackName=stack)["TemplateBody"]["Resources"]
        yield "schedule", _property(resources, "AWS::Scheduler::Schedule", "ScheduleExpression", "off")
        yield "alarm_email", _property(resources, "AWS::SNS::Subscription", "Endpoint", "")


def _property(resources: Mapping[str, Any], kind: str, name: str, otherwise: str) -> str:
    """A property of the only resource of a kind."""
    return next((str(one["Properties"][name]) for one in resources.values() if one["Type"] == kind), otherwise)
