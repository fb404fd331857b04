"""A local run against the user's own services, as a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import run


def test_a_problem_is_one_line_and_a_failing_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "ENVIRONMENT_FILE", tmp_path / ".env")
    for name in ("TOGGL_API_TOKEN", "GITLAB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    assert run.main([]) == 1

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("TOGGL_API_TOKEN is missing.")
    assert printed.err.count("\n") == 1
