"""Builds the Lambda layer in `build/layer`, for the Lambdas' platform whatever this machine is, without Docker.

`python -m tools.layer` does nothing when the layer is as the lock file says. The same lock gives the same files.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT_ROOT = Path(__file__).parent.parent
LOCK = PROJECT_ROOT / "requirements-lambda.txt"
LAYER = PROJECT_ROOT / "build" / "layer"
CACHE = PROJECT_ROOT / "build" / "uv-cache"
"""A cache of its own, from which files are only copied. uv's usual one shares them with virtual environments by hard
links: a CA that somebody adds to their certifi would go into the layer, since no hash is checked on the way out."""

# The runtime brings its own boto3 and botocore; a second botocore (20 MB) would only make cold starts slower.
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer")
# What differs from one installation to the next, and nobody imports.
NOT_REPRODUCIBLE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")


def build() -> bool:
    """Build the layer if need be; returns whether it was built. Raises CalledProcessError when an install fails."""
    wanted = hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes()).hexdigest()
    stamp = LAYER.parent / "layer.sha256"
    if stamp.is_file() and stamp.read_text() == wanted and (LAYER / "python").is_dir():
        return False
    fresh = LAYER.parent / "layer.new"
    shutil.rmtree(fresh, ignore_errors=True)
    packages = fresh / "python"
    subprocess.run(_install_command(packages), check=True)
    _strip(packages)
    # Beside the packages, so that somebody who opens the layer sees what it was made of.
    shutil.copy(LOCK, fresh)
    shutil.rmtree(LAYER, ignore_errors=True)
    fresh.rename(LAYER)
    stamp.write_text(wanted)
    return True


def _install_command(target: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(target)),
        *("--python-platform", "aarch64-manylinux2014", "--python-version", "3.13"),
        *("--only-binary", ":all:", "--require-hashes", "--no-deps", "--link-mode", "copy", "--cache-dir", str(CACHE)),
        *("-r", str(LOCK)),
    ]


def _strip(packages: Path) -> None:
    for name in IN_THE_RUNTIME:
        for path in (packages / name, *packages.glob(f"{name}-*.dist-info")):
            shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(packages / "bin", ignore_errors=True)
    for path in (*packages.glob(".lock"), *(found for name in NOT_REPRODUCIBLE for found in packages.rglob(name))):
        path.unlink()


if __name__ == "__main__":
    if build():
        print(f"built {LAYER.relative_to(PROJECT_ROOT)} for arm64, Python 3.13")
