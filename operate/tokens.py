"""Puts the API tokens into their secrets: `python -m operate.tokens --environment prod --region us-east-1`.

Asks for each without showing it, so that no token stands in the shell's history, in a file or in a process list.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from contract import names


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
            client.put_secret_value(SecretId=secret, SecretString=json.dumps({names.TOKEN_KEY: token}))
            done.append(secret)
    return done


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m operate.tokens", description="sets the two API tokens")
    parser.add_argument("--environment", default="prod")
    parser.add_argument("--region", default=None)
    options = parser.parse_args()
    try:
        client = boto3.Session(region_name=options.region).client("secretsmanager")
        done = set_tokens(options.environment, client, getpass.getpass)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The tokens could not be set: {error}")
    print("Set: " + ", ".join(done) if done else "Nothing was changed.")


if __name__ == "__main__":
    main()
