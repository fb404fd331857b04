"""The command that explains: what it asks for, prints and refuses, and that it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.demonstration.sample_day import GITLAB_TOKEN, GITLAB_USERNAME, HARBOUR, WEBSITE, WEBSITE_ID
from cli.terminal import clock
from cli.tgs import main
from tests.cli.planning.support import DAY, NOW, Service, post
from tests.cli.schemas import checked


@pytest.fixture
def ask(service: Service, project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command, in the environment of a user whose services are the stand-ins; keywords are further variables."""
    assert not (project / ".env").exists()
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def run(*arguments: str, **variables: str) -> int:
        tokens = {"TOGGL_API_TOKEN": service.toggl.token, "GITLAB_API_TOKEN": GITLAB_TOKEN}
        for name, value in {**service.settings().to_environment(), **tokens, **variables}.items():
            monkeypatch.setenv(name, value)
        return main(["explain", *arguments])

    return run


@pytest.mark.parametrize("arguments", [["#101 Fix"], ["Plan the party"], ["--day", DAY]])
@pytest.mark.parametrize("as_json", [False, True])
def test_explaining_writes_nothing(
    service: Service, ask: Callable[..., int], arguments: list[str], *, as_json: bool
) -> None:
    service.toggl.delete(post(service, 900))
    before = (service.gitlab.ledger(), len(service.gitlab.issues))

    given = [*arguments, *(["-o", "json"] if as_json else [])]

    assert ask(*given, AUTO_CREATE_ISSUES="true", REMOVE_DELETED="true") == 0

    assert [service.gitlab.count(name) for name in ("timelogCreate", "timelogDelete", "createIssue")] == [0, 0, 0]
    assert (service.gitlab.ledger(), len(service.gitlab.issues)) == before
    assert {request.method for request in service.toggl.requests} <= {"GET"}


def test_json_is_all_that_is_printed_when_it_is_asked_for(
    ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("--day", DAY, "-o", "json") == 0

    day = checked(capsys.readouterr().out, "explain-days")
    assert day.keys() == {"window", "username", "default_project", "error", "entries"}
    assert (day["username"], day["default_project"]) == (GITLAB_USERNAME, WEBSITE)
    assert {tuple(one) for one in day["entries"]} == {
        ("entry", "filter", "matching", "rounding", "timelogs", "action", "duplicates_removed", "row", "next_run")
    }


def test_a_day_is_printed_with_a_reason_for_everything(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    post(service, 900)

    assert ask("--day", DAY) == 0

    printed = " ".join(capsys.readouterr().out.split())  # as wide as the terminal happens to be
    for reason in service.sample.skipped_by_reason:
        assert f"skipped: {reason}" in printed
    assert "too_short: it is shorter than minimum_duration, or has no time at all (minimum_duration: 300)" in printed
    assert f"studio/website#109 has moved to {HARBOUR}#16" in printed
    assert "0:37:30 becomes 0:45:00" in printed
    assert "0:30:00 stays as it is" in printed
    assert f"replaced: 0:30:00 on {WEBSITE}#101; what is posted differs, 1 timelog is then deleted" in printed
    assert "duration_mismatch" in printed
    assert printed.rstrip().endswith("Nothing was written.")


def test_text_from_outside_cannot_steer_the_terminal(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b]0;owned\x07 [bold red]#101[/] \u202e :boom:"
    service.gitlab.add_issue(WEBSITE, "evil\x1b[2J title", iid=301)
    service.toggl.add_entry(evil, datetime(2026, 11, 20, 6, tzinfo=UTC), 1_800)

    ask("--day", DAY)
    ask(evil, "--project", "\x1b[31mred")
    ask("evil [2J title")

    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "\x07" not in printed
    assert "\u202e" not in printed
    assert "[bold red]#101[/]" in printed
    assert ":boom:" in printed


def test_offline_nobody_is_asked_and_nothing_is_claimed(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("Fix (#12)", "--offline", "-o", "json") == 0

    explained = checked(capsys.readouterr().out, "explain-description")
    assert (explained["looked_up"], explained["issue"], explained["reason"]) == (False, None, None)
    assert explained["references"][0]["project"] == str(WEBSITE_ID)
    assert service.gitlab.requests == []


def test_without_a_gitlab_token_the_text_is_explained_and_it_is_said_why(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("a (#12) · Issues · A / B · GitLab", GITLAB_API_TOKEN="") == 0

    printed = capsys.readouterr()
    assert "nothing was looked up" in printed.out
    assert "GITLAB_API_TOKEN is not set" in printed.err
    assert service.gitlab.requests == []


@pytest.mark.parametrize("missing", ["TOGGL_API_TOKEN", "GITLAB_API_TOKEN"])
def test_a_day_needs_both_tokens(ask: Callable[..., int], capsys: pytest.CaptureFixture[str], missing: str) -> None:
    assert ask("--day", DAY, **{missing: "REPLACE-WITH-YOUR-TOKEN"}) == 2

    assert f"{missing} is missing" in capsys.readouterr().err


def test_a_failure_has_its_name_and_no_token_in_it(
    service: Service, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    service.gitlab.fail("rate_limited", seconds=42)
    limited = ask("#12")
    service.gitlab.revoke_token(GITLAB_TOKEN)
    refused = ask("#12")

    printed = capsys.readouterr().err
    assert (limited, refused) == (1, 2)
    assert "GitLabRateLimited: " in printed
    assert "Try again in 42 seconds." in printed
    assert "refuses the GitLab token" in printed
    assert "GITLAB_API_TOKEN, in .env or in the shell" in printed
    assert GITLAB_TOKEN not in printed


@pytest.mark.parametrize(
    ("named", "variables", "told"),
    [
        ("Harbour Ap", {}, "Toggl has no project 'Harbour Ap'. Did you mean Harbour App?"),
        ("HARBOR APP", {}, "Toggl has no project 'HARBOR APP'. Did you mean Harbour App?"),
        ("Something else", {}, "Toggl has no project 'Something else'."),
        ("Harbour App", {}, ""),
        ("Website", {}, ""),
        ("Harbour Ap", {"TOGGL_API_TOKEN": ""}, "project_map has no project 'Harbour Ap'. Did you mean Harbour App?"),
        ("Something else", {"TOGGL_API_TOKEN": ""}, ""),
        ("Harbour Ap", {"TOGGL_API_TOKEN": "another"}, "Toggl could not be asked for the project 'Harbour Ap'."),
    ],
)
def test_a_toggl_project_that_there_is_not_is_told_with_what_may_be_meant(
    named: str, variables: dict[str, str], told: str, ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("#12", "--project", named, "-o", "json", **variables) == 0

    printed = capsys.readouterr()
    assert checked(printed.out, "explain-description")["toggl_project"] == named
    assert printed.err.startswith(told)
    assert bool(printed.err) == bool(told)


def test_a_day_that_is_not_one_is_refused(ask: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("--day", "tomorrow") == 2

    assert "'tomorrow' names no days" in capsys.readouterr().err


def test_several_days_are_explained_at_once_also_for_a_spreadsheet(
    ask: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask("--days", "2026-11-19..2026-11-20", "-o", "csv") == 0

    heading, *rows = capsys.readouterr().out.splitlines()
    assert heading.startswith("entry_id,outcome,reason,")
    assert len(rows) > 33


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["#12", "--day", DAY],
        ["--day", DAY, "--project", "x"],
        ["--day", DAY, "--offline"],
        ["#12", "-o", "csv"],
        ["#12", "--deployed", "--local"],
    ],
)
def test_either_a_description_or_days_are_asked_for(ask: Callable[..., int], arguments: list[str]) -> None:
    assert ask(*arguments) == 2
