"""The API tokens, out of Secrets Manager."""

from __future__ import annotations

import json
import os
from functools import cache

from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config
from botocore.exceptions import ClientError

from contract.aws_errors import SECRET_BEING_DELETED, SECRET_FORBIDDEN, SECRET_UNKNOWN
from contract.errors import TokenMissing
from contract.names import TOKEN_KEY, TOKEN_PLACEHOLDER, how_to_restore

CACHE_SECONDS = 5
"""A rotated token is used after at most so long, also by a warm Lambda; within it, a run's posts share one reading."""


def read_token(secret_name: str) -> str:
    """The token in a secret's `{"api_token": "..."}`.

    Raises TokenMissing, with the command that helps, when the secret is missing, scheduled for deletion, another one
    than was deployed, still holds its placeholder or is not of that shape: waiting would not help. Faults of Secrets
    Manager itself (throttling) are raised as GetParameterError.
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
        code = _code_of(error)
        if code == SECRET_BEING_DELETED:
            restore = restore_command(secret_name, os.environ.get("AWS_REGION"))
            raise TokenMissing(
                f"The secret {secret_name} is scheduled for deletion. Keep it, with its token: {restore}"
            ) from error
        if code in _ABSENT:
            what = _ABSENT[code].format(secret_name)
            raise TokenMissing(
                f"{what} Run {how_to_restore(_environment_of(secret_name))}, then {_how_to_set(secret_name)}"
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


def restore_command(secret_name: str, region: str | None) -> str:
    """What keeps a secret that is scheduled for deletion, with the token that it holds."""
    return f"aws secretsmanager restore-secret --secret-id {secret_name}{_in_region(region)}"


_ABSENT = {
    SECRET_UNKNOWN: "There is no secret {}.",
    SECRET_FORBIDDEN: "There is no secret {}, or none that this function may read.",
}


def _code_of(error: GetParameterError) -> str:
    """Secrets Manager's code for it; empty when it has none."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ClientError):
        return str(cause.response["Error"]["Code"])
    return next((code for code in (SECRET_BEING_DELETED, *_ABSENT) if code in str(error)), "")


def _how_to_set(secret_name: str) -> str:
    """The command that asks for both tokens, and the one for somebody who has no checkout at hand."""
    there = _in_region(os.environ.get("AWS_REGION"))
    return (
        f"set it with ./tgs tokens -e {_environment_of(secret_name)}{there}, or with aws secretsmanager"
        f" put-secret-value --secret-id {secret_name} --secret-string file://token.json{there} (token.json: an object"
        f" with the key {TOKEN_KEY})."
    )


def _environment_of(secret_name: str) -> str:
    return secret_name.split("/")[1]


def _in_region(region: str | None) -> str:
    return f" --region {region}" if region else ""
