"""A person's own settings and tokens, from the environment and from `.env`."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from cli.settings.environment_file import (
    GITLAB_TOKEN,
    GITLAB_URL,
    KNOWN,
    SETTINGS_BY_VARIABLE,
    TOGGL_TOKEN,
    TOKENS,
    SetupProblem,
    is_open_to_others,
    read_environment_file,
)
from cli.terminal.command_line import command_line
from contract import names
from contract.settings import Settings
from local.aws.cdk import PROJECT_ROOT

ENVIRONMENT_FILE = PROJECT_ROOT / ".env"


@dataclass(frozen=True)
class Own:
    """What was found. variables: the settings, by the variable's name. tokens: empty when they are not set."""

    variables: Mapping[str, str]
    toggl_token: str
    gitlab_token: str

    def __repr__(self) -> str:
        return f"Own({sorted(self.variables)})"  # a traceback shows no token

    def settings(self) -> Settings:
        """Raises InvalidSettings."""
        return Settings.from_environment(self.variables)

    def context(self) -> dict[str, str]:
        """The settings as the CDK takes them."""
        return {SETTINGS_BY_VARIABLE[name]: value for name, value in self.variables.items()}

    def required_toggl_token(self) -> str:
        """Raises SetupProblem when it is not set."""
        return _required(TOGGL_TOKEN, self.toggl_token)

    def required_gitlab_token(self, given: Collection[str] = ()) -> str:
        """Raises SetupProblem when it is not set, or nobody has said to which server it goes.

        given: the keys of settings that somebody has given besides these.
        """
        token = _required(GITLAB_TOKEN, self.gitlab_token)
        if GITLAB_URL not in self.variables and "gitlab_url" not in given:
            raise SetupProblem(
                f"{GITLAB_URL} is missing, so {GITLAB_TOKEN} would go to the default server, {Settings().gitlab_url}."
                f" {_what_to_do('the URL of your GitLab')}"
            )
        return token


def take_own(variables: MutableMapping[str, str], file: Path) -> Own:
    """What the environment and the file give, where the environment counts first.

    The tokens are taken out of `variables`, so that no child process gets them. Raises SetupProblem.
    """
    if is_open_to_others(file):
        print(f"{file.name} holds tokens, and others on this machine can read it: chmod 600 {file}", file=sys.stderr)
    given = read_environment_file(file) | {name: variables[name] for name in KNOWN if name in variables}
    for name in TOKENS:
        variables.pop(name, None)
    tokens = {name: _token(name, given.pop(name, "")) for name in TOKENS}
    return Own(given, tokens[TOGGL_TOKEN], tokens[GITLAB_TOKEN])


def _token(name: str, value: str) -> str:
    """The token; empty when there is none, or still the example's placeholder."""
    token = value.strip()
    if names.TOKEN_PLACEHOLDER in token:
        return ""
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SetupProblem(f"{name} is not an API token: it has spaces or characters that no token has.")
    return token


def _required(name: str, token: str) -> str:
    if not token:
        raise SetupProblem(f"{name} is missing. {_what_to_do('it')}")
    return token


def _what_to_do(what: str) -> str:
    ask = command_line("init")
    return f"Let {ask} ask for all that is needed; or put {what} into .env (cp .env.example .env) or the environment."
