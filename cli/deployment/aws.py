"""AWS as the commands ask it: sessions, clients, and what its errors say to a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name for it
    CredentialRetrievalError,
    HTTPClientError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from cli.terminal.exit_codes import Unusable
from cli.terminal.text import printable
from contract.settings import Settings

AWS_ERRORS = (BotoCoreError, ClientError)
NOT_THERE = frozenset(
    {
        "ExecutionDoesNotExist",
        "NoSuchBucket",
        "NotFound",
        "ParameterNotFound",
        "ResourceNotFoundException",
        "StateMachineDoesNotExist",
        "ValidationError",  # what CloudFormation says of a stack that it does not know
    }
)

_SIGN_IN = "run 'aws configure' or 'aws sso login', or set AWS_PROFILE."
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_SIGN_IN_ERRORS = (CredentialRetrievalError, LoginError, SSOError, TokenRetrievalError)
_UNKNOWN_KEYS = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"})
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 6}, connect_timeout=10, read_timeout=60, max_pool_connections=20
)
_PATIENT_CONFIG = _CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 60}))
"""About ten minutes: botocore pauses up to 20 s, 10 s on average, before each further try."""
_QUICK_CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5)


def code_of(error: BaseException) -> str:
    """AWS's code for an error, empty when it has none."""
    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""


def in_words(error: BaseException) -> str:
    """What an error of AWS says to a person, on one line, with what to do where that is known."""
    code, words = code_of(error), printable(error, 400)
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return f"There are no AWS credentials: {_SIGN_IN}"
    if isinstance(error, ProfileNotFound):
        return f"{words}: set AWS_PROFILE to one that you have."
    if code in _EXPIRED or isinstance(error, _SIGN_IN_ERRORS):
        return f"The AWS credentials have expired or cannot be renewed ({words}): {_SIGN_IN}"
    if code in _UNKNOWN_KEYS:
        return f"AWS does not know the credentials ({code}): {_SIGN_IN}"
    if code.startswith("AccessDenied") or code == "UnauthorizedOperation":
        return f"AWS does not allow this to your credentials: {words}"
    is_out_of_reach = isinstance(error, HTTPClientError | ConnectionError)
    return f"AWS cannot be reached: {words}" if is_out_of_reach else words


@contextmanager
def refusals_as_unusable() -> Iterator[None]:
    """Turn what AWS refuses inside the block into Unusable."""
    try:
        yield
    except AWS_ERRORS as error:
        raise Unusable(in_words(error)) from error


@contextmanager
def suppressed(*codes: str) -> Iterator[None]:
    """Pass over errors of AWS with these codes: what is asked for is not there, and that is fine."""
    try:
        yield
    except ClientError as error:
        if code_of(error) not in codes:
            raise


def answer_if_there(ask: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """AWS's answer; empty when what is asked for is not there. Raises AWS_ERRORS."""
    with suppressed(*NOT_THERE):
        answer: dict[str, Any] = ask(**arguments)
        return answer
    return {}


def session_in(region: str | None) -> Any:
    """A boto3 session in the region, else in the CLI's own one, else in the default one. Raises Unusable."""
    with refusals_as_unusable():
        session = boto3.Session(region_name=region)
        return session if session.region_name else boto3.Session(region_name=Settings().region)


def client_of(session: Any, service: str) -> Any:
    """A client that tries again what AWS throttles."""
    return session.client(service, config=_CONFIG)


def quick_client_of(session: Any, service: str) -> Any:
    """A client for what is only good to know: it gives up within seconds, and without credentials before it is made.

    Raises NoCredentialsError.
    """
    if session.get_credentials() is None:
        raise NoCredentialsError
    return session.client(service, config=_QUICK_CONFIG)


def patient_client_of(session: Any, service: str) -> Any:
    """A client for what takes as long as a run: it waits while AWS throttles, fails or cannot be reached."""
    return session.client(service, config=_PATIENT_CONFIG)
