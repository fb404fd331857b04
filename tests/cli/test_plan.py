"""tgs plan and tgs apply, against the sample day: what they print, ask and refuse."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import apply
from cli.demonstration.sample_day import GITLAB_TOKEN, WEBSITE
from cli.executions.ended import Ended
from cli.executions.local_run import LocalRun
from tests.cli.planning.support import DAY, Service, post
from tests.cli.schemas import checked
from tests.cli.support import OUTPUT


def test_a_plan_is_grouped_and_adds_up_and_says_how_to_carry_it_out(
    service: Service, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    post(service, 900)

    assert tgs("plan", DAY) == 0

    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "To create: 19 entries, 9:00:00" in lines
    assert "To change: 1 entry, 0:30:00" in lines
    assert f"{WEBSITE}#101 0:15:00 → {WEBSITE}#101 0:30:00" in lines
    assert "Left out: 14 entries, 2:09:59" in lines
    assert any(
        line.startswith("no_issue: neither the description, the task nor a tag names an issue") for line in lines
    )
    assert "→ put the issue's number into the description" in lines
    assert "#101 0:45:00 Fix the login redirect" in lines
    assert any(re.fullmatch(r"Fri 20 Nov 10:57:59 9:30:00 2:09:59 \+0:42:00", line) for line in lines)
    assert "10:57:59 tracked + 0:42:00 rounding = 9:30:00 on GitLab + 2:09:59 left out" in lines
    assert lines[-1] == f"To carry it out: ./tgs apply {DAY}"


def test_a_plan_of_a_day_without_entries_has_no_table(
    tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tgs("plan", "2026-11-10") == 0

    _span, *rest = filter(None, capsys.readouterr().out.splitlines())
    assert rest == ["Nothing to do: Toggl has no entries there."]


def test_a_plan_says_when_toggl_has_hardly_a_request_left(
    service: Service, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    words = "in this hour: what needs more has to wait."
    assert tgs("plan", DAY) == 0
    assert words not in capsys.readouterr().out

    service.toggl.me_quota.total = service.toggl.me_quota.used + 3

    assert tgs("plan", DAY) == 0
    assert f"Toggl answers only 2 more requests {words}" in capsys.readouterr().out


def test_planning_writes_nothing(service: Service, tgs: Callable[..., int]) -> None:
    before = service.gitlab.ledger()

    assert tgs("plan", DAY, "--set", "auto_create_issues=true") == 0

    assert service.gitlab.ledger() == before
    assert [service.gitlab.count(name) for name in ("timelogCreate", "timelogDelete", "createIssue")] == [0, 0, 0]


def test_json_is_all_that_is_printed_and_what_its_schema_says(
    tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tgs("plan", DAY, "-o", "json") == 0

    plan = checked(capsys.readouterr().out, "plan")
    assert (plan["totals"]["create"], plan["totals"]["left_out"]) == (19, 14)
    assert plan["apply"] == f"./tgs apply {DAY}"


def test_csv_has_a_line_for_each_entry(tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert tgs("plan", DAY, "-o", "csv") == 0

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == 33
    assert {row["action"] for row in rows} == {"create", "left_out"}


@pytest.mark.parametrize(
    ("words", "next_step"),
    [
        ([], "./tgs apply"),
        (["--days-back", "3"], "./tgs apply --days-back 3"),
        (["2026-11-19..2026-11-20"], "./tgs apply 2026-11-19..2026-11-20"),
        (["last-week"], "./tgs apply 2026-11-09..2026-11-15"),
        ([DAY, "--set", "skip_terms=a, b"], f"./tgs apply {DAY} --set 'skip_terms=a, b'"),
    ],
)
def test_the_command_that_carries_it_out_is_exact(
    words: list[str], next_step: str, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    tgs("plan", *words, "-o", "json")

    assert json.loads(capsys.readouterr().out)["apply"] == next_step


@pytest.mark.parametrize("missing", ["TOGGL_API_TOKEN", "GITLAB_API_TOKEN"])
def test_a_plan_needs_both_tokens(
    missing: str, tgs: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project / ".env"
    file.write_text("".join(line for line in file.read_text().splitlines(keepends=True) if missing not in line))

    assert tgs("plan") == 2
    assert f"{missing} is missing" in capsys.readouterr().err


def test_a_refused_token_is_told_with_its_place_on_this_machine(
    service: Service, tgs: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    service.gitlab.revoke_token(GITLAB_TOKEN)

    assert tgs("plan", DAY) == 2
    told = capsys.readouterr().err
    assert f"{service.gitlab.url} refuses the GitLab token" in told
    assert "secret" not in told
    assert service.toggl.requests == []


@pytest.fixture
def carried_out(monkeypatch: pytest.MonkeyPatch) -> list[LocalRun]:
    """The runs that would have been carried out."""
    runs: list[LocalRun] = []

    def carry_out(run: LocalRun, _console: Any, show: Callable[[Ended], None], **_how: Any) -> Ended:
        runs.append(run)
        ended = Ended("SUCCEEDED", OUTPUT)
        show(ended)
        return ended

    monkeypatch.setattr(apply, "carry_out", carry_out)
    return runs


def test_apply_shows_the_plan_and_carries_out_the_same_time(
    tgs: Callable[..., int], carried_out: list[LocalRun], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tgs("apply", DAY, "--yes") == 0

    [run] = carried_out
    assert run.run_input == {"start_date": DAY, "end_date": DAY, "scheduled_time": "2026-11-22T08:00:00Z"}
    assert run.context["dry_run"] == "false"
    printed = capsys.readouterr().out
    assert "To create: 19 entries, 9:00:00" in printed
    assert "Nothing was written" not in printed
    assert "Otherwise than planned:" in printed


def test_json_of_apply_is_the_runs_output_and_the_plan_goes_to_standard_error(
    tgs: Callable[..., int], carried_out: list[LocalRun], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tgs("apply", DAY, "--yes", "-o", "json") == 0

    printed = capsys.readouterr()
    assert checked(printed.out, "apply") == OUTPUT
    assert "To create: 19 entries" in printed.err
    assert len(carried_out) == 1


def test_a_no_writes_nothing(
    tgs: Callable[..., int],
    carried_out: list[LocalRun],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(apply, "agreed", lambda _question, **_otherwise: False)

    assert tgs("apply", DAY) == 1
    assert carried_out == []
    assert capsys.readouterr().out.endswith("Nothing was written.\n")


def test_where_nobody_can_answer_it_takes_a_yes_to_write(
    tgs: Callable[..., int],
    carried_out: list[LocalRun],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))

    assert tgs("apply", DAY) == 2
    assert "Give --yes." in capsys.readouterr().err
    assert carried_out == []


def test_nothing_to_do_starts_nothing(
    tgs: Callable[..., int], carried_out: list[LocalRun], capsys: pytest.CaptureFixture[str]
) -> None:
    assert tgs("apply", "2026-11-10", "--yes") == 0
    assert "Nothing to do" in capsys.readouterr().out
    assert carried_out == []


def test_a_dry_run_asks_nothing_and_lets_the_state_machine_plan(
    tgs: Callable[..., int], carried_out: list[LocalRun]
) -> None:
    assert tgs("apply", DAY, "--dry-run") == 0

    assert carried_out[0].context["dry_run"] == "true"


def test_ctrl_c_says_what_stands(
    tgs: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_arguments: Any, **_how: Any) -> Ended:
        raise KeyboardInterrupt

    monkeypatch.setattr(apply, "carry_out", interrupted)

    assert tgs("apply", DAY, "--yes") == 130
    assert "What was posted stays. Run it again: only what is missing is posted." in capsys.readouterr().err
