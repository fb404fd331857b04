"""The questions of the commands on a real terminal: what is typed is seen, but for tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from cli.demonstration.sample_day import GITLAB_TOKEN, HARBOUR, WEBSITE
from cli.settings.environment_file import read_environment_file
from cli.settings.environments import FOLDER_VARIABLE, read_environment
from contract import names
from contract.settings import Settings
from tests.cli.planning.support import DAY, NOW, Service
from tests.cli.pseudo_terminal import CTRL_C, CTRL_D, WIDTH, Terminal, tgs_on_a_terminal
from tests.cli.support import Place

ENTER = "\n"

Start = Callable[..., Terminal]


@pytest.fixture
def start(project: Path) -> Iterator[Start]:
    """Starts the command on a terminal of its own; keywords are variables of the shell."""
    with ExitStack() as terminals:

        def started(*words: str, **shell: str) -> Terminal:
            variables = {FOLDER_VARIABLE: str(project / "environments"), **shell}
            terminal: AbstractContextManager[Terminal] = tgs_on_a_terminal(
                project, NOW.isoformat(), *words, shell=variables
            )
            return terminals.enter_context(terminal)

        yield started


def test_init_asks_for_everything_and_shows_no_token(service: Service, project: Path, start: Start) -> None:
    terminal = start("init", TOGGL_URL=service.toggl.url)

    terminal.answer("Environment [prod]: ", ENTER)
    terminal.answer("GitLab server, like https://gitlab.example.com: ", f"{service.gitlab.url}\n")
    terminal.answer("Toggl API token: ", f"{service.toggl.token}\n")
    terminal.answer("GitLab access token: ", f"{GITLAB_TOKEN}\n")
    terminal.answer("Time zone of days and of the schedule [Europe/Berlin]: ", ENTER)
    terminal.answer("GitLab project (a number of the list, or a path): ", f"{WEBSITE}\n")
    terminal.answer("Send the entries of these Toggl projects there? [Y/n]: ", ENTER)
    terminal.answer("AWS account to deploy to, 12 digits (empty: not now)", ENTER)

    assert terminal.end() == 0
    assert service.toggl.token not in terminal.shown
    assert GITLAB_TOKEN not in terminal.shown
    assert Settings().gitlab_url not in terminal.shown
    assert "Warning" not in terminal.shown
    assert [line for line in terminal.shown.splitlines() if len(line) > WIDTH] == []
    written = read_environment(project / "environments" / "prod.toml")
    assert (written["gitlab_url"], written["project_map"]) == (service.gitlab.url, {"Harbour App": HARBOUR})
    kept = read_environment_file(project / ".env")
    assert (kept["TOGGL_API_TOKEN"], kept["GITLAB_API_TOKEN"]) == (service.toggl.token, GITLAB_TOKEN)


def test_init_asks_until_it_is_answered(service: Service, project: Path, start: Start) -> None:
    terminal = start("init", TOGGL_URL=service.toggl.url)

    for name in ("Prod", "no name", "prod"):
        terminal.answer("Environment [prod]: ", f"{name}\n")
    for url in ("gitlab", "http://127.0.0.1:9", service.gitlab.url):
        terminal.answer("GitLab server, like https://gitlab.example.com: ", f"{url}\n")
    for token in ("a", "b", "c", "d", service.toggl.token):
        terminal.answer("Toggl API token: ", f"{token}\n")
    terminal.answer("GitLab access token: ", f"{GITLAB_TOKEN}\n")
    terminal.answer("Time zone of days and of the schedule [Europe/Berlin]: ", ENTER)
    for path in ("", "99", "no/1", "no/2", WEBSITE):
        terminal.answer("GitLab project (a number of the list, or a path): ", f"{path}\n")
    terminal.answer("Send the entries of these Toggl projects there? [Y/n]: ", ENTER)
    terminal.answer("AWS account to deploy to, 12 digits (empty: not now)", ENTER)

    assert terminal.end() == 0
    assert "environment has the value 'Prod', but allowed is: 1-20 of a-z 0-9 -" in terminal.shown
    assert [line for line in terminal.shown.splitlines() if len(line) > WIDTH] == []
    assert read_environment(project / "environments" / "prod.toml")["gitlab_project_id"] == WEBSITE


@pytest.mark.parametrize(
    ("question", "typed"),
    [("Environment [prod]: ", CTRL_D), ("Toggl API token: ", CTRL_C), ("Toggl API token: ", CTRL_D)],
)
def test_who_stops_a_question_is_told_so_on_a_line_of_its_own(
    question: str, typed: str, service: Service, project: Path, start: Start
) -> None:
    terminal = start("init", "--set", f"gitlab_url={service.gitlab.url}", TOGGL_URL=service.toggl.url)
    if question.startswith("Toggl"):
        terminal.answer("Environment [prod]: ", ENTER)
        terminal.answer(f"GitLab server, like https://gitlab.example.com [{service.gitlab.url}]: ", ENTER)

    terminal.answer(question, typed)

    assert terminal.end() == 130
    assert terminal.shown.splitlines()[-1] == "Interrupted."
    assert not (project / "environments").exists()


@pytest.mark.usefixtures("tgs")
@pytest.mark.parametrize(
    ("typed", "exit_code", "last"), [("n\n", 1, "Nothing was written."), ("y\n", 0, "Now it would be carried out.")]
)
def test_apply_asks_before_it_writes(typed: str, exit_code: int, last: str, service: Service, start: Start) -> None:
    terminal = start("apply", DAY)

    terminal.answer(f"Write this to {service.gitlab.url}? [y/N]: ", typed)

    assert terminal.end() == exit_code
    assert terminal.shown.splitlines()[-1] == last


@pytest.mark.parametrize(
    ("typed", "exit_code", "runs"), [("n\n", 1, 0), (ENTER, 1, 0), ("y\n", 0, 1), (CTRL_C, 130, 0)]
)
def test_start_asks_before_it_starts(typed: str, exit_code: int, runs: int, place: Place, start: Start) -> None:
    place.add_machine()
    terminal = start("start", DAY, "-e", place.environment, **place.aws.environment())

    terminal.answer("Start it? [y/N]: ", typed)

    assert terminal.end() == exit_code, terminal.shown
    states = place.aws.client("stepfunctions")
    assert len(states.list_executions(stateMachineArn=place.state_machine_arn)["executions"]) == runs


def test_tokens_are_put_into_their_secrets_and_shown_nowhere(place: Place, start: Start) -> None:
    place.add_settings(gitlab_url="https://gitlab.example.com")
    place.add_secrets("a", "b")
    terminal = start("tokens", "-e", place.environment, **place.aws.environment())

    terminal.answer("Toggl API token (empty: leave it as it is): ", ENTER)
    terminal.answer("GitLab API token (empty: leave it as it is): ", "glpat-typed\n")

    assert terminal.end() == 0
    assert "glpat-typed" not in terminal.shown
    secrets = place.aws.client("secretsmanager")
    stored = secrets.get_secret_value(SecretId=names.gitlab_secret(place.environment))["SecretString"]
    assert stored == '{"api_token": "glpat-typed"}'
