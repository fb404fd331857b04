"""tgs init: the questions, that answers are tried at once, and what is written."""

from __future__ import annotations

import getpass
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.demonstration.sample_day import GITLAB_TOKEN, GITLAB_USERNAME, HARBOUR, WEBSITE
from cli.settings.environment_file import read_environment_file
from cli.settings.environments import named, read_environment
from cli.tgs import main
from contract.settings import Settings
from tests.cli.planning.support import Service


class Typed(io.StringIO):
    """What somebody types at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def init(service: Service, project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command with what is typed: the answers, line by line, and the tokens."""
    (project / ".env").write_text(f"TOGGL_URL={service.toggl.url}\n")

    def run(*words: str, answers: tuple[str, ...] = (), tokens: tuple[str, ...] = ()) -> int:
        typed = iter(tokens)
        monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(typed))
        monkeypatch.setattr("sys.stdin", Typed("".join(f"{answer}\n" for answer in answers)))
        return main(["init", *words])

    return run


def answered(service: Service, **instead: str) -> tuple[str, ...]:
    """What somebody types who takes what is proposed where that is right."""
    answers = {
        "environment": "",
        "gitlab_url": service.gitlab.url,
        "timezone": "",
        "project": WEBSITE,
        "map": "y",
        "account": "",
    }
    return tuple((answers | instead).values())


def tokens(service: Service) -> tuple[str, str]:
    return (service.toggl.token, GITLAB_TOKEN)


def test_what_is_answered_is_written_and_is_what_commands_work_with(
    service: Service, init: Callable[..., int], project: Path
) -> None:
    assert init(answers=answered(service), tokens=tokens(service)) == 0

    written = read_environment(project / "environments" / "prod.toml")
    assert written == {
        "gitlab_url": service.gitlab.url,
        "toggl_url": service.toggl.url,
        "gitlab_project_id": WEBSITE,
        "timezone": "Europe/Berlin",
        "project_map": {"Harbour App": HARBOUR},
    }
    kept = read_environment_file(project / ".env")
    assert (kept["TOGGL_API_TOKEN"], kept["GITLAB_API_TOKEN"]) == tokens(service)
    assert named({}).settings().gitlab_project_id == WEBSITE


def test_tokens_are_in_no_output_and_not_in_the_environments_file(
    service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(answers=answered(service), tokens=tokens(service))

    printed = capsys.readouterr()
    for token in tokens(service):
        assert token not in printed.out + printed.err
        assert token not in (project / "environments" / "prod.toml").read_text()
    assert f"time will be logged as {GITLAB_USERNAME}" in printed.err
    assert "./tgs plan yesterday" in printed.err


def test_a_wrong_answer_is_told_at_once_and_asked_for_again(
    service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ("not-the-token", service.toggl.token, "not-this-one", GITLAB_TOKEN)
    answers = ("", "http://gitlab.example.com", service.gitlab.url, "Mars", "", "nowhere/at-all", WEBSITE, "n", "")

    assert init(answers=answers, tokens=wrong) == 0

    told = capsys.readouterr().err
    for words in (
        "gitlab_url has the value 'http://gitlab.example.com', but allowed is",
        f"{service.toggl.url} refuses this Toggl token.",
        f"{service.gitlab.url} refuses this GitLab token.",
        "timezone has the value 'Mars'",
        "There is no project nowhere/at-all that the token's user can see.",
    ):
        assert words in told


def test_a_token_that_is_wrong_three_times_ends_it_and_nothing_is_written(
    service: Service, init: Callable[..., int], project: Path
) -> None:
    assert init(answers=answered(service), tokens=("a", "b", "c")) == 2

    assert not (project / "environments").exists()


def test_a_project_may_be_chosen_by_its_number_in_the_list(
    service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(answers=answered(service, project="1", map="n"), tokens=tokens(service))

    [first] = re.findall(r"  1  (\S+)", capsys.readouterr().err)
    assert read_environment(project / "environments" / "prod.toml")["gitlab_project_id"] == first


def test_a_project_in_which_no_time_may_be_logged_is_refused(
    service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    service.gitlab.add_project("studio/guarded", roles={GITLAB_USERNAME: "guest"})
    answers = ("", service.gitlab.url, "", "studio/guarded", WEBSITE, "n", "")

    assert init(answers=answers, tokens=tokens(service)) == 0
    assert "may not log time in studio/guarded: Planner or above is needed" in capsys.readouterr().err


def test_a_second_time_proposes_what_is_there_and_keeps_every_other_word(
    service: Service, init: Callable[..., int], project: Path
) -> None:
    init(answers=answered(service), tokens=tokens(service))
    file = project / "environments" / "prod.toml"
    file.write_text(f"# ours\ndays_back = 3\n{file.read_text()}")
    before = file.read_text()

    assert init(answers=("",) * 5) == 0

    assert file.read_text() == before


def test_with_yes_nothing_is_asked(service: Service, init: Callable[..., int], project: Path) -> None:
    with (project / ".env").open("a") as env:
        env.write(f"TOGGL_API_TOKEN={service.toggl.token}\nGITLAB_API_TOKEN={GITLAB_TOKEN}\n")

    settings = ("--set", f"gitlab_url={service.gitlab.url}", "--set", f"gitlab_project_id={WEBSITE}")
    assert init("-e", "team", "--yes", *settings, "--set", "days_back=4") == 0

    written = read_environment(project / "environments" / "team.toml")
    assert (written["days_back"], written["project_map"]) == ("4", {"Harbour App": HARBOUR})


def test_with_yes_what_is_missing_is_named(
    service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--yes") == 2
    assert "gitlab_url is missing: give --set gitlab_url=URL" in capsys.readouterr().err

    assert init("--yes", "--set", f"gitlab_url={service.gitlab.url}") == 2
    assert "Toggl API token is missing" in capsys.readouterr().err


def test_where_nobody_can_answer_one_line_says_what_to_give_instead(
    init: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Typed, "isatty", lambda _self: False)

    assert init() == 2

    told = "give --yes and --set KEY=VALUE, with TOGGL_API_TOKEN and GITLAB_API_TOKEN in .env or the shell."
    assert capsys.readouterr() == ("", f"Nobody is there to answer: {told}\n")


def test_nobodys_gitlab_is_proposed_but_one_that_is_there_is(
    service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    init(answers=("prod", "", "", ""))

    assert Settings().gitlab_url not in capsys.readouterr().err

    init(answers=answered(service), tokens=tokens(service))
    capsys.readouterr()
    init(answers=("",) * 5)

    assert f"[{service.gitlab.url}]: " in capsys.readouterr().err


def test_an_account_brings_the_questions_of_a_deployment(
    service: Service, init: Callable[..., int], project: Path
) -> None:
    answers = (*answered(service, account="123456789012"), "eu-central-1", "team@example.com")

    init("-e", "prod", answers=answers[1:], tokens=tokens(service))

    written = read_environment(project / "environments" / "prod.toml")
    assert (written["account"], written["region"], written["alarm_email"]) == (
        "123456789012",
        "eu-central-1",
        "team@example.com",
    )


def test_what_goes_before_the_file_and_says_something_else_is_named(
    service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (project / ".env").open("a") as env:
        env.write("TIMEZONE=Asia/Tokyo\n")

    init(answers=answered(service, timezone="Europe/Berlin"), tokens=tokens(service))

    assert "TIMEZONE in the shell or in .env says something else" in capsys.readouterr().err


def test_without_the_package_there_is_no_keyring(init: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert init("--keyring") == 2
    assert "uv pip install keyring" in capsys.readouterr().err


def test_the_help_says_that_what_is_set_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--help"]) == 0

    shown = " ".join(capsys.readouterr().out.split())
    assert "A setting that is written into the file too" in shown
    assert "for this time only" not in shown
