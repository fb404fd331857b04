"""The Lambda layer: the functions import with it and the runtime's boto3 alone, and every build of it is the same."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tools import layer

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "build" / "layer" / "python"
SITE_PACKAGES = sysconfig.get_paths()["purelib"]

# Run with -S, so that no site-packages are there at all: what the runtime has beside Python comes from this finder.
IMPORT_THE_HANDLERS = """
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder

class Runtime(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in {"boto3", "botocore", "s3transfer"}:
            return None
        return PathFinder.find_spec(name, [sys.argv[1]] if path is None else path)

sys.meta_path.append(Runtime())
import functions.fetch.handler, functions.transform.handler, functions.post.handler
import aws_xray_sdk.core  # as they do it when an invocation is traced
for role in ("fetch", "transform", "post"):
    assert callable(sys.modules[f"functions.{role}.handler"].handle)
for name in ("requests", "aws_lambda_powertools", "aws_xray_sdk", "urllib3"):
    assert sys.modules[name].__file__.startswith(sys.argv[2]), sys.modules[name].__file__
print("imported")
"""


@pytest.fixture
def asset(tmp_path: Path) -> Path:
    """What the functions' own archive has: these folders and nothing beside them."""
    for folder in ("contract", "functions"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def import_handlers(asset: Path, packages: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-S", "-B", "-c", IMPORT_THE_HANDLERS, SITE_PACKAGES, str(packages)],
        cwd=asset,
        env={"PYTHONPATH": str(packages), "AWS_LAMBDA_FUNCTION_NAME": "test", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_handlers_import_with_the_layer_and_the_runtime_alone(asset: Path) -> None:
    result = import_handlers(asset, PACKAGES)

    assert (result.returncode, result.stdout.strip()) == (0, "imported"), result.stderr


def test_without_the_layer_they_do_not(asset: Path, tmp_path: Path) -> None:
    result = import_handlers(asset, tmp_path / "nothing")

    assert "ModuleNotFoundError" in result.stderr


def test_the_layer_has_nothing_of_what_the_runtime_brings_and_nothing_to_run() -> None:
    names = {path.name.split("-")[0] for path in PACKAGES.iterdir()}

    assert not names & {"boto3", "botocore", "s3transfer", "bin", "__pycache__"}
    assert {"requests", "aws_lambda_powertools", "aws_xray_sdk"} <= names


def test_the_layer_fits_the_lambdas_platform_only() -> None:
    compiled = [path.name for path in PACKAGES.rglob("*.so")]

    assert compiled
    assert [name for name in compiled if "aarch64" not in name and "abi3" not in name] == []


def test_every_package_of_the_lock_is_in_the_layer() -> None:
    locked = {line.split("==")[0].replace("-", "_") for line in layer.LOCK.read_text().splitlines() if "==" in line}
    installed = {path.name.split("-")[0] for path in PACKAGES.glob("*.dist-info")}

    assert installed == locked - set(layer.IN_THE_RUNTIME)


def test_a_new_build_of_the_same_lock_gives_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer, "LAYER", tmp_path / "layer")

    assert layer.build() is True

    assert digests(tmp_path / "layer") == digests(PACKAGES.parent)
    assert layer.build() is False
