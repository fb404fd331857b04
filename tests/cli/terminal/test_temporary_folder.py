"""Temporary files go with the command that made them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cli.terminal.temporary_folder import own_temporary_folder


def test_temporary_files_of_this_and_of_started_programs_go_with_the_block() -> None:
    before = (os.environ.get("TMPDIR"), tempfile.gettempdir())

    with own_temporary_folder():
        folder = Path(os.environ["TMPDIR"])
        (Path(tempfile.mkdtemp()) / "left-behind").touch()
        assert list(folder.glob("*/left-behind"))

    assert not folder.exists()
    assert (os.environ.get("TMPDIR"), tempfile.gettempdir()) == before
