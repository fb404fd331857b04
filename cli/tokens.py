"""Puts the API tokens into their secrets: `python -m cli.tokens --environment prod --region us-east-1`.

Asks for each without showing it, so that no token stands in the shell's history, in a file or in a process list, and
says to which server it will be sent. The default GitLab, which may be nobody's choice, has to be confirmed.

Exit codes: 0 done, 2 no such deployment or AWS refuses, 130 interrupted.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Mapping
from typing import Any

from cli.deployment.aws import AWS_ERRORS, NOT_THERE, code_of, in_words
from cli.deployment.deployed_settings import deployed_texts
from cli.deployment.deployment import Deployment
from cli.deployment.secrets import put_token
from cli.terminal.arguments import add_deployment
from cli.terminal.exit_codes import OK, Unusable, exit_code_of
from cli.terminal.text import printable
from contract import names
from contract.aws_errors import SECRET_BEING_DELETED
from contract.settings import Settings
from functions.shared.tokens import restore_command

Ask = Callable[[str], str]


def set_tokens(environment: str, urls: Mapping[str, str], client: Any, ask: Ask, confirm: Ask) -> list[str]:
    """Ask for both tokens and store those that were given; returns the names of the secrets that were set.

    urls: where the tokens will be sent, by the setting's key. client: a boto3 Secrets Manager client, whose errors are
    raised. ask: shows a prompt and returns what was typed, unseen; confirm: the same, seen.
    """
    done = []
    for service, key, secret in (
        ("Toggl", "toggl_url", names.toggl_secret(environment)),
        ("GitLab", "gitlab_url", names.gitlab_secret(environment)),
    ):
        server = f"{printable(urls[key], 200)}{' (the default server)' if _is_default(key, urls[key]) else ''}"
        if service == "GitLab" and _is_default(key, urls[key]) and not _is_ours(server, confirm):
            print("The GitLab token was not asked for. Deploy with your own server first: --gitlab-url URL")
            continue
        token = ask(f"{service} API token, which will be sent to {server} (empty: leave it as it is): ").strip()
        if token:
            put_token(client, secret, token)
            done.append(secret)
    return done


def _is_default(key: str, url: str) -> bool:
    return bool(url == getattr(Settings(), key))


def _is_ours(server: str, confirm: Ask) -> bool:
    answer = confirm(f"The GitLab of this deployment is {server}. Is that yours? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


def _ask_and_set(options: argparse.Namespace) -> int:
    deployment = Deployment.find(options.environment, options.region)
    try:
        urls = deployed_texts(deployment)
        if not {"toggl_url", "gitlab_url"} <= urls.keys():
            raise Unusable(
                f"There is no function {names.function(deployment.environment, 'fetch')} that says to which servers the"
                f" tokens will be sent. Deploy first: {deployment.how_to_deploy()}"
            )
        client = deployment.client("secretsmanager")
        done = set_tokens(deployment.environment, urls, client, getpass.getpass, input)
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
