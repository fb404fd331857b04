"""What goes before a stack is destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cli.deployment.deployment import Deployment
from cli.deployment.removal import buckets_of, empty, stop_runs
from cli.terminal.exit_codes import Unusable
from tests.cli.support import Place, machine


def test_running_executions_are_stopped(place: Place, deployment: Deployment) -> None:
    place.add_machine(machine(waits=True))
    arns = [place.start() for _ in range(3)]

    assert stop_runs(deployment) == 3
    states = place.aws.client("stepfunctions")
    assert {states.describe_execution(executionArn=arn)["status"] for arn in arns} == {"ABORTED"}
    assert stop_runs(deployment) == 0


def test_a_machine_that_is_not_there_has_nothing_to_stop(deployment: Deployment) -> None:
    assert stop_runs(deployment) == 0


def test_the_stacks_buckets_are_emptied_of_all_versions(place: Place, deployment: Deployment) -> None:
    name = f"runs-of-{place.environment}"
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": name, "VersioningConfiguration": {"Status": "Enabled"}},
    }
    place.add_stack(Runs=bucket)
    s3 = place.aws.client("s3")
    for text in (b"1", b"2", b"3"):
        s3.put_object(Bucket=name, Key="runs/1.jsonl", Body=text)
    s3.delete_object(Bucket=name, Key="runs/1.jsonl")
    s3.put_object(Bucket=name, Key="runs/2.jsonl", Body=b"1")

    assert list(buckets_of(deployment)) == [name]
    assert empty(s3, name) == 5
    assert not {"Versions", "DeleteMarkers"} & s3.list_object_versions(Bucket=name).keys()
    s3.delete_bucket(Bucket=name)
    assert empty(s3, name) == 0


def test_objects_that_cannot_be_removed_are_reported() -> None:
    class Locked:
        def get_paginator(self, _operation: str) -> Any:
            return self

        def paginate(self, **_asked: str) -> Iterator[Any]:
            yield {"Versions": [{"Key": "a", "VersionId": "1"}]}

        def delete_objects(self, **_asked: Any) -> Any:
            return {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "locked"}]}

    with pytest.raises(Unusable, match="runs cannot be emptied: 1 objects remain, like a: AccessDenied locked"):
        empty(Locked(), "runs")
