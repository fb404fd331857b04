"""CloudFormation: `Ref` of a secret is its ARN, and a schedule has its time zone."""

# ruff: noqa: SLF001 - private places of ministack, which `local.aws.patches.version` verifies

from collections.abc import Mapping
from typing import Any

from ministack.services import scheduler
from ministack.services.cloudformation import provisioners


def apply() -> None:
    secret = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    secret.update(_with_the_arn_as_reference(dict(secret)))
    schedule = provisioners._RESOURCE_HANDLERS["AWS::Scheduler::Schedule"]
    schedule.update(_with_the_time_zone(dict(schedule)))


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


def _with_the_time_zone(handlers: Mapping[str, Any]) -> dict[str, Any]:
    """ministack carries over what the project's schedule has, but for this; so each would be in UTC."""

    def carried(known: tuple[str, dict[str, str]], props: Any) -> tuple[str, dict[str, str]]:
        name, _ = known
        schedule = scheduler._schedules[f"{props.get('GroupName', 'default')}/{name}"]
        schedule["ScheduleExpressionTimezone"] = props.get("ScheduleExpressionTimezone", "UTC")
        return known

    def create(logical_id: str, props: Any, stack_name: str) -> tuple[str, dict[str, str]]:
        return carried(handlers["create"](logical_id, props, stack_name), props)

    def update(name: str, old_props: Any, props: Any, stack_name: str) -> tuple[str, dict[str, str]]:
        return carried(handlers["update"](name, old_props, props, stack_name), props)

    return {**handlers, "create": create, "update": update}
