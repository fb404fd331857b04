"""`tgs tokens`: puts the API tokens into the secrets of a deployment.

It asks for each without showing it, so that no token stands in the shell's history, in a file or in a process list.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from typing import Any

from cli.deployment.aws import AWS_ERRORS, NOT_THERE, code_of, in_words
from cli.deployment.place import find_deployment
from cli.deployment.secrets import put_token
from cli.terminal.command import deployment_options, subcommand
from cli.terminal.exit_codes import OK, Unusable
from contract import names
from contract.settings import Settings


@subcommand(
    examples=[
        ("tgs tokens", "of the only environment"),
        ("tgs tokens -e staging", "of another; an empty answer leaves a token as it is"),
    ]
)
@deployment_options
def command(*, environment: str | None, region: str | None) -> int:
    """Ask for the two API tokens, and put them into their secrets on AWS.

    Nothing is shown, and nothing is kept on this machine. It says first to which servers the functions will send them.
    """
    deployment = find_deployment(environment, region)
    try:
        _say_where(deployment.settings())
        done = set_tokens(deployment.environment, deployment.client("secretsmanager"), getpass.getpass)
    except EOFError as error:
        raise Unusable("No token was typed. Run this in a terminal, or set the secrets with the AWS CLI.") from error
    except AWS_ERRORS as error:
        missing = f" Deploy first: {deployment.how_to_deploy()}" if code_of(error) in NOT_THERE else ""
        raise Unusable(f"The tokens could not be set. {in_words(error)}{missing}") from error
    print("Set: " + ", ".join(done) if done else "Nothing was changed.")
    return OK


def _say_where(settings: Settings) -> None:
    """Name the servers before anything is asked for; a default is somebody else's unless it was meant."""
    for service, url, default in (
        ("Toggl", settings.toggl_url, Settings().toggl_url),
        ("GitLab", settings.gitlab_url, Settings().gitlab_url),
    ):
        remark = ", the default" if url == default else ""
        print(f"The functions will send the {service} token to {url}{remark}, and nowhere else.")


def set_tokens(environment: str, client: Any, ask: Callable[[str], str]) -> list[str]:
    """Ask for both tokens and store those that were given; returns the names of the secrets that were set.

    client: a boto3 Secrets Manager client, whose errors are raised. ask: shows a prompt and returns what was typed.
    """
    done = []
    for service, secret in (
        ("Toggl", names.toggl_secret(environment)),
        ("GitLab", names.gitlab_secret(environment)),
    ):
        token = ask(f"{service} API token (empty: leave it as it is): ").strip()
        if token:
            put_token(client, secret, token)
            done.append(secret)
    return done
