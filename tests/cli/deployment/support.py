"""Resources that a deployment may leave behind."""

from __future__ import annotations

import io
import json
import zipfile

from contract import names
from local.aws.server import LocalAws


def add_layer(aws: LocalAws, name: str) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("python/module.py", "")
    aws.client("lambda").publish_layer_version(LayerName=name, Content={"ZipFile": package.getvalue()})


def add_role(aws: LocalAws, name: str, description: str) -> None:
    nobody = json.dumps({"Version": "2012-10-17", "Statement": []})
    aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=nobody, Description=description)


def add_alarm(aws: LocalAws, environment: str, **more: str) -> str:
    """An alarm of this environment; its name."""
    name = names.alarm(environment, "run-failed")
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        MetricName="x",
        Namespace="x",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
        **more,
    )
    return name
