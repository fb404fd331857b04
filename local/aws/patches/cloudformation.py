"""CloudFormation: `Ref` of a secret is its ARN."""

# ruff: noqa: SLF001 - private places of ministack, which `local.aws.patches.version` verifies

from collections.abc import Mapping
from typing import Any

from ministack.services.cloudformation import provisioners


def apply() -> None:
    secret = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    secret.update(_with_the_arn_as_reference(dict(secret)))


def _with_the_arn_as_reference(handlers: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation's `Ref` of a secret is its ARN; ministack knows it by its name."""

    def name_of(arn: str) -> str:
        # arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-6RANDOM
        return arn.split(":", 6)[6][:-7]

    def create(logical_id: str, props: Any, stack_name: str) -> tuple[str, dict[str, str]]:
        _, attributes = handlers["create"](logical_id, props, stack_name)
        return attributes["Arn"], attributes

    def update(arn: str, *arguments: Any) -> tuple[str, dict[str, str]]:
        _, attributes = handlers["update"](name_of(arn), *arguments)
        return attributes["Arn"], attributes

    def delete(arn: str, props: Any) -> None:
        handlers["delete"](name_of(arn), props)

    return {"create": create, "update": update, "delete": delete}
