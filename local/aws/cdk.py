"""The project's own CDK command, run against one local AWS."""

import json
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.aws.errors import LocalAwsError, tail
from local.aws.processes import running

PROJECT_ROOT = Path(__file__).resolve().parents[2]
COMMAND = PROJECT_ROOT / "node_modules" / ".bin" / "cdk"

_TIMEOUT_SECONDS = 600.0


class Cdk:
    """Runs `cdk` for the app in the project's folder; every method raises LocalAwsError when the command fails.

    Args:
        account, region: where it deploys to; in the context, both are these unless given.
        aws: the variables that lead a client to the local AWS.
        folder: for its caches and its output.
    """

    def __init__(self, *, account: str, region: str, aws: Mapping[str, str], folder: Path) -> None:
        self._account = account
        self._region = region
        self._aws = aws
        self._folder = folder
        self._bootstrapped = False

    def bootstrap(self) -> None:
        """`cdk bootstrap` the account and region, once."""
        if self._bootstrapped:
            return
        # From an empty folder: in the project's, the CDK would synthesise the app first.
        with tempfile.TemporaryDirectory(dir=self._folder) as empty:
            self._run(["bootstrap", f"aws://{self._account}/{self._region}"], cwd=Path(empty))
        self._bootstrapped = True

    def synth(self, context: Mapping[str, str]) -> Path:
        """`cdk synth` with the context, and the cloud assembly's folder, which `deploy` takes as its `app`."""
        out = self._assembly_folder()
        self._run(["synth", "--quiet", "--output", str(out), *self._arguments(context, None)])
        return out

    def deploy(self, context: Mapping[str, str], app: str | None) -> dict[str, str]:
        """`cdk deploy` all stacks, after `cdk bootstrap` when that is still missing; the outputs, by their names."""
        self.bootstrap()
        out = self._assembly_folder()
        outputs = self._folder / f"{out.name}-outputs.json"
        # Without change sets: a second less, and they add nothing here.
        command = ["deploy", "--all", "--require-approval", "never", "--method", "direct"]
        command += ["--output", str(out), "--outputs-file", str(outputs), *self._arguments(context, app)]
        self._run(command)
        return {name: value for names in json.loads(outputs.read_text()).values() for name, value in names.items()}

    def destroy(self, context: Mapping[str, str], app: str | None) -> None:
        """`cdk destroy` all stacks with the context that they were deployed with."""
        command = ["destroy", "--all", "--force", "--output", str(self._assembly_folder())]
        self._run([*command, *self._arguments(context, app)])

    def _assembly_folder(self) -> Path:
        return self._folder / f"cdk.out-{uuid.uuid4().hex[:8]}"

    def _arguments(self, context: Mapping[str, str], app: str | None) -> list[str]:
        values = {"account": self._account, "region": self._region, **context}
        arguments = [part for key, value in values.items() for part in ("-c", f"{key}={value}")]
        return [*arguments, "--app", app] if app else arguments

    def _run(self, arguments: Sequence[str], *, cwd: Path = PROJECT_ROOT) -> None:
        command = [str(COMMAND), *arguments, "--no-notices", "--no-color", "--ci"]
        with running(command, cwd=cwd, env=self._environment()) as process:
            try:
                output, _ = process.communicate(timeout=_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                raise LocalAwsError(f"cdk {arguments[0]} took longer than {_TIMEOUT_SECONDS:g} s") from None
        if process.returncode != 0:
            message = f"cdk {arguments[0]} failed with exit code {process.returncode}:\n{tail(output.splitlines())}"
            raise LocalAwsError(message)

    def _environment(self) -> dict[str, str]:
        # The user's own environment stays, proxies and package indexes included: the app may build its Lambda layer.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        exempt = [value for name in ("NO_PROXY", "no_proxy") if (value := os.environ.get(name))]
        no_proxy = ",".join([*exempt[:1], self._aws["NO_PROXY"]])
        return (
            inherited
            | dict(self._aws)
            | {
                "NO_PROXY": no_proxy,
                "no_proxy": no_proxy,
                # `python` in cdk.json is then the one that runs this.
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
                # Its cache of access key -> account must not reach the user's ~/.cdk, nor another local AWS.
                "CDK_HOME": str(self._folder / "cdk-home"),
                "CDK_DISABLE_VERSION_CHECK": "1",
                "CDK_DISABLE_CLI_TELEMETRY": "true",
                "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
                "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            }
        )
