"""The two secrets that hold the API tokens."""

from __future__ import annotations

import json
from typing import Any

from contract import names


def put_token(client: Any, secret: str, token: str) -> None:
    """Put an API token into a secret, as the functions read it. client: a boto3 Secrets Manager client."""
    client.put_secret_value(SecretId=secret, SecretString=json.dumps({names.TOKEN_KEY: token}))
