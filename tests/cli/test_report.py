"""tgs report: a range in the terminal, as a page and for programs, and as a check."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.tgs import main
from tests.cli.planning.support import DAY, Service
from tests.cli.schemas import checked
from tests.cli.support import Place


def test_a_day_is_told_with_its_bridge_and_what_is_missing(
    tgs: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tgs("report", DAY) == 0

    printed = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert printed[0] == "Time on Friday, 2026-11-20: more is left out (2:09:59) than is on GitLab (0:00:00)"
    assert printed[1].startswith("10:27:59 tracked, 0:00:00 on GitLab, 2:09:59 left out.")
    assert printed[1].endswith("Not complete: 19 missing.")
    assert printed[2] == f"To sync what is missing: ./tgs apply {DAY}"
    assert "tracked in Toggl 10:27:59" in printed
    assert "missing -9:00:00 it should be on GitLab, but is not" in printed


def test_a_check_fails_while_something_is_missing(
    tgs: Callable[..., int],
) -> None:
    assert tgs("report", DAY, "--check") == 1
    assert tgs("report", "2026-11-21", "--check") == 0


def test_json_and_csv_are_all_that_is_printed(
    tgs: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tgs("report", DAY, "-o", "json", "--by", "project") == 0
    value = checked(capsys.readouterr().out, "report")
    assert value["to_sync"] == f"./tgs apply {DAY}"
    assert value["tracked_seconds"] + sum(step["seconds"] for step in value["bridge"]) == value["gitlab_seconds"]

    assert tgs("report", DAY, "--format", "csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(value["entries"]) == 33


def test_the_page_is_written_where_it_is_wanted(
    tgs: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "november.html"

    assert tgs("report", DAY, "--format", "html", "--to", str(file)) == 0

    assert capsys.readouterr().out == f"Written: {file}\n"
    assert "<title>Time on Friday, 2026-11-20: more" in file.read_text(encoding="utf-8")


def test_a_file_alone_asks_for_the_page_and_one_that_cannot_be_written_is_told(
    tgs: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    nowhere = tmp_path / "nowhere" / "x.html"

    assert tgs("report", DAY, "--to", str(nowhere)) == 2

    told = capsys.readouterr().err
    assert f"{nowhere} cannot be written: No such file or directory. Give another file with --to.\n" in told


def test_reporting_writes_nothing_to_gitlab(
    service: Service,
    tgs: Callable[..., int],
) -> None:
    assert tgs("report", DAY) == 0

    assert [service.gitlab.count(name) for name in ("timelogCreate", "timelogDelete", "createIssue")] == [0, 0, 0]


def test_days_and_a_run_exclude_each_other(
    tgs: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert tgs("report", DAY, "--run", "last") == 2
    assert "give either days or --run" in capsys.readouterr().err

    assert tgs("report", "--run", "last", "--local") == 2
    assert "--local goes with days" in capsys.readouterr().err


def test_an_environment_is_the_deployed_one_and_its_settings_and_tokens_are_all_that_is_needed(
    deployed: Place, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.add_machine()
    assert list(project.iterdir()) == [project / "cdk.json"]

    assert main(["report", DAY, "-e", deployed.environment, "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["entries"]) == 33

    assert main(["report", DAY, "-e", deployed.environment, "--local"]) == 2
    assert "./tgs init" in capsys.readouterr().err
