"""`tgs init`: sets an environment up, with questions whose answers are tried at once."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass

import click

from cli.settings import environments
from cli.settings.environment_file import GITLAB_TOKEN, TOGGL_TOKEN, SetupProblem
from cli.settings.environments import environment_names, environments_folder, read_environment
from cli.settings.interview import Answers, interview
from cli.settings.keyring import is_there, put_into_keyring, token_from_keyring
from cli.settings.own import take_own
from cli.settings.writing import write_environment, write_token
from cli.terminal.arguments import pairs_in
from cli.terminal.asking import require_somebody
from cli.terminal.command import environment_option, set_option_with, subcommand
from cli.terminal.command_line import command_line
from cli.terminal.console import say
from cli.terminal.exit_codes import OK
from contract.settings import Settings


@subcommand(
    examples=[
        ("tgs init", "ask for everything, and write environments/prod.toml and .env"),
        ("tgs init -e staging", "another environment; of one that is there, its settings are what is proposed"),
        (
            "tgs init --yes --set gitlab_url=https://gitlab.example.com --set gitlab_project_id=group/project",
            "no asking",
        ),
    ]
)
@environment_option
@set_option_with("A setting that is written into the file too, see docs/settings.md; repeatable.")
@click.option("-y", "--yes", is_flag=True, help="Take what is proposed, and ask nothing.")
@click.option("--keyring", is_flag=True, help="Keep the tokens in the system's keyring instead of .env.")
def command(*, environment: str | None, overrides: tuple[str, ...], yes: bool, keyring: bool) -> int:
    """Set an environment up: its settings into environments/NAME.toml, the tokens into .env.

    The tokens are tried as soon as they are typed; projects and Toggl projects are offered from both services, the time
    zone from the Toggl profile, a project map from equal names. What is there already is proposed, and stays where it
    is not asked for. With --yes, tokens come from the shell or .env.
    """
    if keyring and not is_there():
        raise SetupProblem("There is no keyring: .venv/bin/python -m uv pip install keyring, or leave --keyring out.")
    if not yes:
        require_somebody(f"give --yes and --set KEY=VALUE, with {TOGGL_TOKEN} and {GITLAB_TOKEN} in .env or the shell.")
    asks = _Proposed() if yes else _Person()
    own = take_own(os.environ, environments.ROOT / ".env")
    name = _name(asks, environment)
    file = environments_folder() / f"{name}.toml"
    in_file = read_environment(file) if file.is_file() else {}
    given = {**in_file, **own.context(), **dict(pairs_in(overrides)), "environment": name}
    toggl_token = own.toggl_token or token_from_keyring(name, "toggl")
    gitlab_token = own.gitlab_token or token_from_keyring(name, "gitlab")
    if yes and "gitlab_url" not in given:
        raise SetupProblem("gitlab_url is missing: give --set gitlab_url=URL, with the URL of your GitLab.")
    before = Settings.in_part(given)
    # The default server may be nobody's: whoever has not said which one is theirs has to type it.
    gitlab_url = before.gitlab_url if "gitlab_url" in given else ""
    answers = interview(asks, before, gitlab_url, toggl_token, gitlab_token)
    write_environment(file, _to_write(answers, dict(pairs_in(overrides))))
    _keep_tokens(name, answers, toggl_token, gitlab_token, in_keyring=keyring)
    _say_what_goes_before(asks, own.context(), read_environment(file))
    next_step = command_line("plan", "yesterday", *(["-e", name] if len(environment_names()) > 1 else []))
    asks.say(f"Written: {file.parent.name}/{file.name}. To see what would be posted:")
    asks.say(f"  {next_step}")
    return OK


def _say_what_goes_before(asks: _Person | _Proposed, shell: Mapping[str, str], written: Mapping[str, object]) -> None:
    for key in shell.keys() & written.keys():
        one, other = (getattr(Settings.in_part({key: values[key]}), key) for values in (shell, written))
        if one != other:
            asks.say(f"{key.upper()} in the shell or in .env says something else, and goes before the file: remove it.")


def _name(asks: _Person | _Proposed, environment: str | None) -> str:
    """Raises InvalidSettings for a name that no environment has."""
    there = environment_names()
    proposed = there[0] if len(there) == 1 else Settings().environment
    chosen = environment or asks.text("Environment", proposed)
    return Settings.from_context({"environment": chosen}).environment


def _to_write(answers: Answers, overrides: Mapping[str, str]) -> dict[str, object]:
    """What was answered, and what was given besides."""
    return {**overrides, **{key: value for key, value in answers.values.items() if value is not None}}


def _keep_tokens(name: str, answers: Answers, toggl_token: str, gitlab_token: str, *, in_keyring: bool) -> None:
    """What is there already stays where it is."""
    for service, variable, token, before in (
        ("toggl", TOGGL_TOKEN, answers.toggl_token, toggl_token),
        ("gitlab", GITLAB_TOKEN, answers.gitlab_token, gitlab_token),
    ):
        if token == before:
            continue
        if in_keyring:
            put_into_keyring(name, service, token)
        else:
            write_token(environments.ROOT / ".env", variable, token)


@dataclass(frozen=True)
class _Person:
    """Somebody at a terminal; what is proposed is taken with Enter."""

    tries = 3

    def text(self, question: str, proposed: str) -> str:
        answer: str = click.prompt(question, default=proposed, show_default=bool(proposed), err=True)
        return answer.strip()

    def secret(self, question: str) -> str:
        try:
            return getpass.getpass(f"{question}: ").strip()
        except EOFError as error:
            raise SetupProblem("No token was typed. Run this in a terminal, or give --yes.") from error

    def yes(self, question: str) -> bool:
        return click.confirm(question, default=True, err=True)

    def say(self, line: str) -> None:
        say(line, stderr=True)


@dataclass(frozen=True)
class _Proposed:
    """Nobody: what is proposed is the answer."""

    tries = 1

    def text(self, question: str, proposed: str) -> str:
        del question
        return proposed

    def secret(self, question: str) -> str:
        raise SetupProblem(f"{question} is missing: put {TOGGL_TOKEN} and {GITLAB_TOKEN} into .env or the shell.")

    def yes(self, question: str) -> bool:
        del question
        return True

    def say(self, line: str) -> None:
        say(line, stderr=True)
