"""The CDK, as a deployment to AWS calls it: from the project's folder, in the pinned version."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cli.settings import environments
from cli.terminal.exit_codes import Unusable

OLDEST_NODE = 20


class Cdk:
    """The commands of the CDK for one region. Raises Unusable when it cannot be called at all."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._root = environments.ROOT
        _require_node()
        _require_version(self._root)

    def call_without_app(self, arguments: Sequence[str]) -> int:
        """From a folder without an app, which the CDK would synthesise first."""
        folder = self._root / "build"
        folder.mkdir(exist_ok=True)
        return self.call(arguments, cwd=folder)

    def call(self, arguments: Sequence[str], *, cwd: Path | None = None) -> int:
        """Its exit code. What it prints goes where this command's own output goes."""
        sys.stdout.flush()
        place = {"AWS_REGION": self._region, "AWS_DEFAULT_REGION": self._region}
        command = [str(self._root / "node_modules" / ".bin" / "cdk"), *arguments]
        return subprocess.run(command, cwd=cwd or self._root, env={**os.environ, **place}, check=False).returncode


def given_in(arguments: Sequence[str]) -> dict[str, str]:
    """What `-c KEY=VALUE` and `--context KEY=VALUE` give among the CDK's arguments; the last one of a key counts."""
    given: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        option, attached, value = word.partition("=")
        if option in {"-c", "--context"}:
            key, equals, text = (value if attached else next(words, "")).partition("=")
            given |= {key: text} if equals else {}
    return given


def _require_node() -> None:
    if shutil.which("node") is None:
        raise Unusable(f"Node is missing: the CDK needs Node {OLDEST_NODE} or later, with npm (https://nodejs.org).")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    major = version.removeprefix("v").partition(".")[0]
    if not major.isdigit() or int(major) < OLDEST_NODE:
        raise Unusable(f"Node {OLDEST_NODE} or later is needed, but this is {version or 'one that does not run'}.")


def _require_version(root: Path) -> None:
    """Version 3.0.0 was published by accident, and does not work."""
    try:
        package = (root / "node_modules" / "aws-cdk" / "package.json").read_text(encoding="utf-8")
        version = str(json.loads(package).get("version"))
    except (OSError, ValueError):
        version = "unknown"
    if not version.startswith("2."):
        raise Unusable(
            f"The CDK in node_modules is of version {version}, but 2.x is needed: rm -rf node_modules && make setup"
        )
