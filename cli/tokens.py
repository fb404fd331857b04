"""`tgs tokens`: puts the API tokens into the secrets of a deployment.

It asks for each without showing it, so that no token stands in the shell's history, in a file or in a process list, and
says to which server it will be sent. The default GitLab, which may be nobody's choice, has to be confirmed.
"""

from __future__ import annotations

import getpass
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import click

from cli.deployment.aws import AWS_ERRORS, NOT_THERE, code_of, in_words
from cli.deployment.deployed_settings import deployed_texts
from cli.deployment.deployment import Deployment
from cli.deployment.place import find_deployment, named_place
from cli.deployment.secrets import put_token
from cli.settings.environments import Named
from cli.terminal.asking import require_somebody
from cli.terminal.command import deployment_options, subcommand
from cli.terminal.console import say
from cli.terminal.exit_codes import OK, Unusable
from cli.terminal.text import printable
from contract import names
from contract.aws_errors import SECRET_BEING_DELETED
from contract.settings import Settings
from functions.shared.tokens import restore_command

Ask = Callable[[str], str]


@subcommand(
    examples=[
        ("tgs tokens", "of the only environment"),
        ("tgs tokens -e staging", "of another; an empty answer leaves a token as it is"),
    ]
)
@deployment_options
def command(*, environment: str | None, region: str | None) -> int:
    """Ask for the two API tokens, and put them into their secrets on AWS.

    Nothing is shown, and nothing is kept on this machine. It says to which server the functions will send each, and
    asks whether the default GitLab is yours.
    """
    require_somebody(_without_a_terminal(named_place(environment, region)))
    deployment = find_deployment(environment, region)
    try:
        urls = _servers_of(deployment)
        client = deployment.client("secretsmanager")
        done = set_tokens(deployment.environment, urls, client, getpass.getpass, input)
    except EOFError as error:
        raise click.Abort from error
    except AWS_ERRORS as error:
        raise Unusable(f"The tokens could not be set. {in_words(error)}{_what_to_do(deployment, error)}") from error
    say("Set: " + ", ".join(done) if done else "Nothing was changed.")
    return OK


def _without_a_terminal(known: Named) -> str:
    """The commands that do the same, with no token among their arguments."""
    region = ["--region", known.settings().region] if "region" in known.values else []
    commands = [
        shlex.join(
            [
                *("aws", "secretsmanager", "put-secret-value", *region),
                *("--secret-id", secret, "--secret-string", f"file://{service}.json"),
            ]
        )
        for service, secret in (
            ("toggl", names.toggl_secret(known.environment)),
            ("gitlab", names.gitlab_secret(known.environment)),
        )
    ]
    return "\n".join([f'put each token into a file, as {{"{names.TOKEN_KEY}": "..."}}, and run', *commands])


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
            say("The GitLab token was not asked for. Deploy with the URL of your own server first.")
            continue
        say(f"The {service} token will be sent to {server}.")
        token = ask(f"{service} API token (empty: leave it as it is): ").strip()
        if token:
            put_token(client, secret, token)
            done.append(secret)
    return done


def _servers_of(deployment: Deployment) -> Mapping[str, str]:
    urls = deployed_texts(deployment)
    if not {"toggl_url", "gitlab_url"} <= urls.keys():
        raise Unusable(
            f"There is no function {names.function(deployment.environment, 'fetch')} that says to which servers the"
            f" tokens will be sent. Deploy first: {deployment.how_to_deploy()}"
        )
    return urls


def _is_default(key: str, url: str) -> bool:
    return bool(url == getattr(Settings(), key))


def _is_ours(server: str, confirm: Ask) -> bool:
    say(f"The GitLab of this deployment is {server}.")
    answer = confirm("Is that yours? [y/N] ")
    return answer.strip().lower() in {"y", "yes"}


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
