"""`tgs init`: sets an environment up, with questions whose answers are tried at once."""

from __future__ import annotations

import getpass
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import click

from cli.deployment.changes import changes, parts_of
from cli.deployment.deployed_settings import Deployed, deployed_as
from cli.settings import environments
from cli.settings.environment_file import GITLAB_TOKEN, TOGGL_TOKEN, TOKENS, SetupProblem
from cli.settings.environments import environment_names, environments_folder, named, read_environment
from cli.settings.interview import Answers, ask_setting, interview
from cli.settings.keyring import is_there, put_into_keyring, token_from_keyring
from cli.settings.own import take_own
from cli.settings.way_out import trust
from cli.settings.writing import write_environment, write_token
from cli.terminal.arguments import pairs_in
from cli.terminal.asking import require_somebody
from cli.terminal.command import environment_option, set_option_with, subcommand
from cli.terminal.command_line import command_line
from cli.terminal.console import console_on, say
from cli.terminal.exit_codes import OK
from contract.errors import InvalidSettings
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
    zone from the Toggl profile, a project map from equal names. What is there already, in the file or on AWS, is
    proposed, and stays where it is not asked for. With --yes, tokens come from the shell or .env.
    """
    if keyring and not is_there():
        raise SetupProblem("There is no keyring: .venv/bin/python -m uv pip install keyring, or leave --keyring out.")
    if not yes:
        require_somebody(f"give --yes and --set KEY=VALUE, with {TOGGL_TOKEN} and {GITLAB_TOKEN} in .env or the shell.")
    asks = _Proposed() if yes else _Person()
    in_shell = {variable for variable in TOKENS if os.environ.get(variable)}
    own = take_own(os.environ, environments.ROOT / ".env")
    name = _name(asks, environment)
    file = environments_folder() / f"{name}.toml"
    sets = dict(pairs_in(overrides))
    said = {**(read_environment(file) if file.is_file() else {}), **own.context(), **sets, "environment": name}
    deployed = _deployed(said)
    given = {**_taken_over(asks, deployed, said), **said}
    toggl_token = own.toggl_token or token_from_keyring(name, "toggl")
    gitlab_token = own.gitlab_token or token_from_keyring(name, "gitlab")
    if yes and "gitlab_url" not in given:
        raise SetupProblem("gitlab_url is missing: give --set gitlab_url=URL, with the URL of your GitLab.")
    before = Settings.in_part(given)
    trust(before.ca_certificate, os.environ)
    answers = interview(asks, before, given, toggl_token, gitlab_token)
    is_new = not file.is_file()
    unasked = {key: value for key, value in _unusual(before, given).items() if key not in {*answers.values, *said}}
    write_environment(file, {**(unasked if is_new else {}), **_to_write(answers, sets)})
    asks.say(f"Written: {file.parent.name}/{file.name}.")
    kept = _keep_tokens(name, answers, toggl_token, gitlab_token, in_keyring=keyring)
    _say_where_tokens_are(asks, kept, in_shell, in_keyring=keyring)
    _say_what_goes_before(asks, own.context(), read_environment(file))
    _show_changes(name, deployed)
    next_step = command_line("plan", "yesterday", *(["-e", name] if len(environment_names()) > 1 else []))
    asks.say("To see what would be posted:")
    asks.say(f"  {next_step}")
    return OK


def _deployed(said: Mapping[str, object]) -> Deployed | None:
    """What is there on AWS. Raises InvalidSettings."""
    settings = Settings.in_part(said)
    return deployed_as(settings.environment, settings.account, settings.region if "region" in said else None)


def _taken_over(
    asks: _Person | _Proposed, deployed: Deployed | None, said: Mapping[str, object]
) -> Mapping[str, object]:
    """The deployed settings, as far as a file can have them: nothing that is there may keep somebody from answering."""
    if deployed is None:
        return {}
    try:
        Settings.in_part({**deployed.context(), **said})
    except InvalidSettings as error:
        asks.say(f"What is deployed is not proposed: {error.message}")
        return {}
    asks.say(f"Proposed is what is deployed in account {deployed.account}, {deployed.region}.")
    return deployed.context()


def _unusual(settings: Settings, given: Iterable[str]) -> dict[str, object]:
    """The settings of these keys that are not the defaults, as a file has them."""
    values = {key: getattr(settings, key) for key in given if getattr(settings, key) != getattr(Settings(), key)}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _show_changes(name: str, deployed: Deployed | None) -> None:
    """What the next deployment would change in what is there."""
    known = named({"environment": name})
    settings = known.settings()
    if deployed and (settings.account, settings.region) == (deployed.account, deployed.region):
        for part in parts_of(changes(deployed.texts, known), known, "The next deployment changes on AWS:"):
            console_on(stderr=True).print(part)


def _say_where_tokens_are(
    asks: _Person | _Proposed, kept: Collection[str], in_shell: Collection[str], *, in_keyring: bool
) -> None:
    """kept, in_shell: the variables of the tokens that were written now, and of those that the shell has."""
    if kept:
        place = "the system's keyring" if in_keyring else ".env"
        asks.say(f"Kept in {place}: {' and '.join(sorted(kept))}.")
    if replaced := sorted({*kept} & {*in_shell}):
        asks.say(f"The shell still has another {' and '.join(replaced)}, which goes before it: unset it.")
    if others := sorted({*in_shell} - {*kept}):
        asks.say(f"Only in the shell, and written nowhere: {' and '.join(others)}.")


def _say_what_goes_before(asks: _Person | _Proposed, shell: Mapping[str, str], written: Mapping[str, object]) -> None:
    for key in shell.keys() & written.keys():
        one, other = (getattr(Settings.in_part({key: values[key]}), key) for values in (shell, written))
        if one != other:
            asks.say(f"{key.upper()} in the shell or in .env says something else, and goes before the file: remove it.")


def _name(asks: _Person | _Proposed, environment: str | None) -> str:
    """Raises InvalidSettings for a name that no environment has."""
    there = environment_names()
    proposed = there[0] if len(there) == 1 else Settings().environment
    if environment:
        return Settings.from_context({"environment": environment}).environment
    return ask_setting(asks, "Environment", "environment", proposed)


def _to_write(answers: Answers, overrides: Mapping[str, str]) -> dict[str, object]:
    """What was answered, and what was given besides."""
    return {**overrides, **{key: value for key, value in answers.values.items() if value is not None}}


def _keep_tokens(name: str, answers: Answers, toggl_token: str, gitlab_token: str, *, in_keyring: bool) -> list[str]:
    """What is there already stays where it is. Gives the variables of the others."""
    kept = []
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
        kept.append(variable)
    return kept


@dataclass(frozen=True)
class _Person:
    """Somebody at a terminal; what is proposed is taken with Enter."""

    is_person = True

    def text(self, question: str, proposed: str) -> str:
        answer: str = click.prompt(question, default=proposed, show_default=bool(proposed), err=True)
        return answer.strip()

    def secret(self, question: str) -> str:
        try:
            return getpass.getpass(f"{question}: ").strip()
        except EOFError as error:
            raise click.Abort from error

    def yes(self, question: str) -> bool:
        return click.confirm(question, default=True, err=True)

    def say(self, line: str) -> None:
        say(line, stderr=True)

    introduce = say


@dataclass(frozen=True)
class _Proposed:
    """Nobody: what is proposed is the answer."""

    is_person = False

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

    def introduce(self, line: str) -> None:
        """There is no question."""
