"""EventBridge Scheduler: the context attributes in a target's input, and rates that are as fast as the waits."""

# ruff: noqa: SLF001 - private places of ministack, which `local.aws.patches.version` verifies

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge, scheduler, stepfunctions

_SHORTEST_TICK_SECONDS = 0.1


def apply() -> None:
    eventbridge._invoke_target = _with_context_attributes(eventbridge._invoke_target)
    scale = stepfunctions._parse_wait_scale()
    eventbridge._parse_rate_seconds = _scaled(eventbridge._parse_rate_seconds, scale)
    scheduler._SCHEDULE_TICK_INTERVAL = max(scheduler._SCHEDULE_TICK_INTERVAL * scale, _SHORTEST_TICK_SECONDS)


def _with_context_attributes(invoke: Callable[..., Any]) -> Callable[..., Any]:
    """A schedule's input has `<aws.scheduler.scheduled-time>` and the like, which AWS fills in.

    Source: the EventBridge Scheduler user guide, "Adding context attributes".
    """

    def invoke_target(target: dict[str, Any], event: dict[str, Any], rule: Any, **more: Any) -> Any:
        if event.get("Source") != "aws.scheduler" or "Input" not in target:
            return invoke(target, event, rule, **more)
        attributes = {
            "schedule-arn": event["Resources"][0],
            "scheduled-time": datetime.fromtimestamp(int(event["Time"]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "execution-id": event["EventId"],
            "attempt-number": "1",
        }
        text = target["Input"]
        for name, value in attributes.items():
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return invoke({**target, "Input": text}, event, rule, **more)

    return invoke_target


def _scaled(seconds_of: Callable[[str], int | None], scale: float) -> Callable[[str], float | None]:
    def scaled_seconds(expression: str) -> float | None:
        seconds = seconds_of(expression)
        return None if seconds is None else seconds * scale

    return scaled_seconds
