"""The two secrets that hold the API tokens."""

from __future__ import annotations

import json
from typing import Any

from cli.deployment.aws import answer_if_there, refusals_as_unusable
from cli.deployment.deployment import Deployment
from cli.terminal.exit_codes import Unusable
from contract import names
from functions.shared.tokens import token_in


def put_token(client: Any, secret: str, token: str) -> None:
    """Put an API token into a secret, as the functions read it. client: a boto3 Secrets Manager client."""
    client.put_secret_value(SecretId=secret, SecretString=json.dumps({names.TOKEN_KEY: token}))


def deployed_token(deployment: Deployment, secret: str) -> str:
    """The token in a secret of a deployment. Raises Unusable when there is none, or AWS does not give it."""
    with refusals_as_unusable():
        answer = answer_if_there(deployment.client("secretsmanager").get_secret_value, SecretId=secret)
    token = token_in(answer.get("SecretString"))
    if token is None:
        raise Unusable(f"The secret {secret} holds no token yet: {deployment.command('tokens')}")
    return token
