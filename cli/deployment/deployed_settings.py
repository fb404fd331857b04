"""The settings of a deployment as texts: what is deployed now, and what settings would be deployed as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cli.deployment.aws import AWS_ERRORS
from cli.deployment.deployment import Deployment
from cli.terminal.exit_codes import Unusable
from contract.settings import Settings, table


@dataclass(frozen=True)
class Deployed:
    """What an environment is deployed with: its settings as texts, by key."""

    account: str
    region: str
    texts: Mapping[str, str]

    def context(self) -> dict[str, str]:
        """What deploys the same again."""
        return {**self.texts, "account": self.account, "region": self.region}


def deployed_as(environment: str, account: str, region: str | None) -> Deployed | None:
    """What is deployed now, for whom it is only good to know; it takes seconds at most.

    account, region: where it is, as far as somebody has said so; else "" and None. None where nothing is deployed, and
    where AWS does not say: without credentials, with those of another account, out of reach.
    """
    try:
        deployment = Deployment.find(environment, region, quickly=True)
        texts = deployed_texts(deployment)
    except (Unusable, *AWS_ERRORS):
        return None
    if not texts or account not in {"", deployment.account}:
        return None
    return Deployed(deployment.account, deployment.region, texts)


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
