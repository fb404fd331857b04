"""The state machines in what the CDK makes of the app, without an account."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.aws.cdk import PROJECT_ROOT

_PSEUDO_PARAMETERS = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "111122223333",
    "AWS::URLSuffix": "amazonaws.com",
}
_TIMEOUT_SECONDS = 120


class UnreadableError(Exception):
    """There is no definition to check, or a tool for it is missing; the message says what to do."""


def synthesise(out: Path, environment: str | None = None) -> Path:
    """The app's cloud assembly, in `out`. environment: by default, the only one. Raises UnreadableError."""
    context = json.loads((PROJECT_ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    if environment is not None:
        context["environment"] = environment
    shell = {**os.environ, "CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": json.dumps(context)}
    _run([sys.executable, "app.py"], shell)
    return out


def definitions(assembly: Path) -> dict[str, dict[str, Any]]:
    """Every state machine's definition in an assembly's templates, by logical id, CloudFormation's tokens resolved.

    Raises UnreadableError.
    """
    found: dict[str, dict[str, Any]] = {}
    for template in sorted(assembly.glob("*.template.json")):
        found |= definitions_in(json.loads(template.read_text(encoding="utf-8")))
    if not found:
        raise UnreadableError(f"There is no state machine in {assembly}. Synthesise the app there first.")
    return found


def definitions_in(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The same of one template, which may have none. Raises UnreadableError."""
    return {
        logical_id: json.loads(_resolved(resource["Properties"].get("DefinitionString"), logical_id))
        for logical_id, resource in template.get("Resources", {}).items()
        if resource["Type"] == "AWS::StepFunctions::StateMachine"
    }


def _resolved(value: Any, where: str) -> str:
    """A template's text with placeholders of the right shape for what only a deployment knows."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(_resolved(part, where) for part in parts)
        case {"Ref": str(name)}:
            return _PSEUDO_PARAMETERS.get(name, name)
        case {"Fn::GetAtt": [str(name), "Arn"]}:
            return f"arn:aws:lambda:us-east-1:111122223333:function:{name}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"{name}.{attribute}"
    raise UnreadableError(
        f"{where}: the definition has a token that this check does not know: {json.dumps(value)[:200]}"
    )


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    result = subprocess.run(
        command,
        cwd=PROJECT_ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )
    if result.returncode != 0:
        tail = "\n".join(result.stderr.splitlines()[-20:])
        raise UnreadableError(f"{' '.join(command)} failed with exit code {result.returncode}:\n{tail}")
