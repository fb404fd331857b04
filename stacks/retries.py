"""How a state is repeated at once: exponential, with full jitter, a cap and a bound."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn


def retry(
    state: sfn.TaskStateBase, errors: Iterable[str], *, first_seconds: int, attempts: int, longest_seconds: int
) -> None:
    """Repeat a state after these errors: the first time after `first_seconds` at most, then twice as much each time."""
    state.add_retry(
        errors=list(errors),
        interval=Duration.seconds(first_seconds),
        backoff_rate=2,
        max_attempts=attempts,
        max_delay=Duration.seconds(longest_seconds),
        jitter_strategy=sfn.JitterType.FULL,
    )


def go_on(state: sfn.TaskStateBase, error: str, *, pause_seconds: int, calls: int, jitter: sfn.JitterType) -> None:
    """Call a state again that keeps what it has done and says that its call's time is over."""
    state.add_retry(
        errors=[error],
        interval=Duration.seconds(pause_seconds),
        backoff_rate=1,
        max_attempts=calls,
        max_delay=Duration.seconds(pause_seconds + 1),
        jitter_strategy=jitter,
    )
