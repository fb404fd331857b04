"""Puts the API tokens into their secrets: `python -m cli.tokens --environment prod --region us-east-1`.

Asks for each without showing it, so that no token stands in the shell's history, in a file or in a process list.
Exit codes: 0 done, 2 no such deployment or AWS refuses, 130 interrupted.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from typing import Any

from cli.deployment.aws import AWS_ERRORS, NOT_THERE, code_of, in_words
from cli.deployment.deployment import Deployment
from cli.deployment.secrets import put_token
from cli.terminal.arguments import add_deployment
from cli.terminal.exit_codes import OK, Unusable, exit_code_of
from contract import names
from contract.aws_errors import SECRET_BEING_DELETED
from functions.shared.tokens import restore_command


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


def _ask_and_set(options: argparse.Namespace) -> int:
    deployment = Deployment.find(options.environment, options.region)
    try:
        done = set_tokens(deployment.environment, deployment.client("secretsmanager"), getpass.getpass)
    except EOFError as error:
        raise Unusable("No token was typed. Run this in a terminal, or set the secrets with the AWS CLI.") from error
    except AWS_ERRORS as error:
        raise Unusable(f"The tokens could not be set. {in_words(error)}{_what_to_do(deployment, error)}") from error
    print("Set: " + ", ".join(done) if done else "Nothing was changed.")
    return OK


def _what_to_do(deployment: Deployment, error: BaseException) -> str:
    """About a refusal, where that is known."""
    code = code_of(error)
    if code in NOT_THERE:
        return f" Deploy first: {deployment.how_to_deploy()}"
    if code == SECRET_BEING_DELETED:
        secrets = (names.toggl_secret(deployment.environment), names.gitlab_secret(deployment.environment))
        restore = " && ".join(restore_command(secret, deployment.region) for secret in secrets)
        return f" It is scheduled for deletion. Keep it, and run this again: {restore}"
    return ""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.tokens", description="sets the two API tokens")
    add_deployment(parser)
    options = parser.parse_args(arguments)
    return exit_code_of(lambda: _ask_and_set(options))


if __name__ == "__main__":
    sys.exit(main())
