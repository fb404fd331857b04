"""The API tokens, out of Secrets Manager."""

from __future__ import annotations

import json
import os
from functools import cache

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config
from botocore.exceptions import ClientError

from contract.errors import TokenMissing
from contract.names import TOKEN_KEY, TOKEN_PLACEHOLDER

CACHE_SECONDS = 5
"""A rotated token is used after at most so long, also by a warm Lambda; within it, a run's posts share one reading."""


def read_token(secret_name: str) -> str:
    """The token in a secret's `{"api_token": "..."}`.

    Raises TokenMissing, with the command that sets it, when the secret is missing, still holds its placeholder or is
    not of that shape. Errors of Secrets Manager itself (throttling, no permission) are raised as GetParameterError.
    """
    token = token_in(_secret_text(secret_name, force_fetch=False))
    if token is None:
        # A person sets the token right after a run that said so: what was read before must not hide it.
        token = token_in(_secret_text(secret_name, force_fetch=True))
    if token is None:
        raise TokenMissing(f"The secret {secret_name} holds no token yet: {_how_to_set(secret_name)}")
    return token


@cache
def _secrets() -> parameters.SecretsProvider:
    """Made at the first call, when the region is known; a warm Lambda keeps it, with what it has read."""
    return parameters.SecretsProvider(
        boto_config=Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 3})
    )


def _secret_text(secret_name: str, *, force_fetch: bool) -> object:
    try:
        return _secrets().get(secret_name, max_age=CACHE_SECONDS, force_fetch=force_fetch)
    except GetParameterError as error:
        if _is_not_found(error):
            raise TokenMissing(
                f"There is no secret {secret_name}. Run ./deploy.sh ... -- --revert-drift, then"
                f" {_how_to_set(secret_name)}"
            ) from error
        raise


def token_in(text: object) -> str | None:
    """The token in a secret's text; None when it holds the placeholder or no token."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    token = value.get(TOKEN_KEY) if isinstance(value, dict) else None
    token = token.strip() if isinstance(token, str) else ""
    # What is not visible ASCII cannot stand in a header, so it is not a token.
    is_header_text = token.isascii() and token.isprintable() and " " not in token
    return token if token and is_header_text and TOKEN_PLACEHOLDER not in token else None


def _is_not_found(error: GetParameterError) -> bool:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ClientError):
        return bool(cause.response["Error"]["Code"] == "ResourceNotFoundException")
    return "ResourceNotFoundException" in str(error)


def _how_to_set(secret_name: str) -> str:
    """The command that asks for both tokens, and the one for somebody who has no checkout at hand."""
    environment = secret_name.split("/")[1]
    region = os.environ.get("AWS_REGION")
    there = f" --region {region}" if region else ""
    return (
        f"set it with ./tgs tokens -e {environment}{there}, or with aws secretsmanager"
        f" put-secret-value --secret-id {secret_name} --secret-string file://token.json{there} (token.json: an object"
        f" with the key {TOKEN_KEY})."
    )
