"""A folder for the temporary files of a command and of the programs that it starts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

JSII_CACHE_VARIABLE = "JSII_RUNTIME_PACKAGE_CACHE_ROOT"


@contextmanager
def own_temporary_folder() -> Iterator[None]:
    """Give this process and the programs that it starts a folder for temporary files that goes with the block.

    What is killed in the middle, as the CDK is on Ctrl-C, cannot tidy up after itself. The CDK's cache goes there too
    if the home folder does not take it; otherwise it stays where it is, since making it takes seconds.
    """
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="toggl-gitlab-sync-", ignore_cleanup_errors=True) as folder:
        variables = {"TMPDIR": folder}
        if JSII_CACHE_VARIABLE not in os.environ and not _can_write(Path("~/.cache/aws/jsii/package-cache")):
            variables[JSII_CACHE_VARIABLE] = str(Path(folder) / "jsii")
        old = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before
            for name, value in old.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


def _can_write(folder: Path) -> bool:
    try:
        folder.expanduser().mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # RuntimeError: no home folder is known
        return False
    return os.access(folder.expanduser(), os.W_OK)
