"""What has to go before and after a stack is destroyed: its runs, what is in its buckets, and its log groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cli.deployment.aws import NOT_THERE, suppressed
from cli.deployment.deployment import Deployment
from cli.deployment.leftovers import LOG_GROUP, Leftover
from cli.terminal.exit_codes import Unusable
from cli.terminal.text import printable
from contract import names

_CAUSE = "The deployment is destroyed."


def stop_runs(deployment: Deployment) -> int:
    """Stop every running execution; returns how many there were. Raises AWS_ERRORS."""
    states = deployment.client("stepfunctions")
    with suppressed(*NOT_THERE):
        pages = states.get_paginator("list_executions").paginate(
            stateMachineArn=deployment.state_machine_arn, statusFilter="RUNNING"
        )
        running = [one["executionArn"] for page in pages for one in page["executions"]]
        for arn in running:
            states.stop_execution(executionArn=arn, error="Destroyed", cause=_CAUSE)
        return len(running)
    return 0


def buckets_of(deployment: Deployment) -> Iterator[str]:
    """The names of the stack's buckets. Raises AWS_ERRORS."""
    stacks = deployment.client("cloudformation")
    with suppressed(*NOT_THERE):
        pages = stacks.get_paginator("list_stack_resources").paginate(StackName=names.stack(deployment.environment))
        for page in pages:
            for one in page["StackResourceSummaries"]:
                if one["ResourceType"] == "AWS::S3::Bucket" and one["ResourceStatus"] != "DELETE_COMPLETE":
                    yield one["PhysicalResourceId"]


def empty(s3: Any, bucket: str) -> int:
    """Remove all objects in all versions; returns how many there were. Raises AWS_ERRORS."""
    count = 0
    with suppressed(*NOT_THERE):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            if objects:
                answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
                _refuse_errors(bucket, answer.get("Errors", ()))
            count += len(objects)
    return count


def _refuse_errors(bucket: str, errors: Sequence[Any]) -> None:
    if errors:
        why = f"{errors[0].get('Key')}: {errors[0].get('Code')} {errors[0].get('Message')}"
        raise Unusable(f"{bucket} cannot be emptied: {len(errors)} objects remain, like {printable(why)}")


def remove_log_groups(deployment: Deployment, found: Iterable[Leftover]) -> list[str]:
    """Remove those among what was found; returns their names. Raises AWS_ERRORS."""
    groups = [one.name for one in found if one.kind == LOG_GROUP]
    for name in groups:
        with suppressed(*NOT_THERE):
            deployment.client("logs").delete_log_group(logGroupName=name)
    return groups
