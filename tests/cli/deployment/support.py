"""A CDK that stands in for the real one, and resources that a deployment may leave behind."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from cli.tgs import main
from contract import names
from local.aws.server import LocalAws
from tests.cli.support import Place

CDK = """#!/bin/sh
for word in cdk "$@"; do printf '%s|' "$word" >> "$LOG"; done
echo "in $PWD with $AWS_REGION" >> "$LOG"
case "$1" in
  "$FAILS") exit 1 ;;
esac
"""
"""A CDK that only writes down how it was called."""


@dataclass
class Called:
    """The project's folder, and how the CDK was called in it."""

    folder: Path
    place: Place

    @property
    def calls(self) -> list[str]:
        log = self.folder / "log"
        return log.read_text().splitlines() if log.exists() else []

    def words(self, verb: str) -> list[str]:
        """What the CDK was called with to do this."""
        [call] = [call for call in self.calls if call.startswith(f"cdk|{verb}|")]
        return call.split("|")[1:-1]

    def deploy(self, *arguments: str) -> int:
        return main(["deploy", "-e", self.place.environment, *arguments])

    def destroy(self, *arguments: str) -> int:
        return main(["destroy", "-e", self.place.environment, *arguments])


def add_cdk(project: Path, program: str = CDK) -> None:
    """A CDK of the test's own in a project's folder."""
    file = project / "node_modules" / ".bin" / "cdk"
    file.parent.mkdir(parents=True)
    file.write_text(program)
    file.chmod(0o755)
    add_package(project, "2.1148.1")


def add_package(project: Path, version: str) -> None:
    package = project / "node_modules" / "aws-cdk" / "package.json"
    package.parent.mkdir(parents=True, exist_ok=True)
    package.write_text(f'{{"version": "{version}"}}')


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
