"""One deployment as the commands here find it: whose account, which region, and what to do when AWS refuses.

Every command takes `-e/--environment` and `-r/--region` from here, and ends with the exit codes of here.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

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

from cli.terminal.console import INTERRUPTED_EXIT_CODE, printable
from contract import names
from contract.errors import InvalidSettings
from contract.settings import VARIABLES, Settings

PYTHON = ".venv/bin/python"
"""How the hints call Python, from the project's folder."""

OK, FAILED, WRONG_USE = 0, 1, 2
"""Exit codes: done, what was asked for failed, wrong arguments or nothing to work on."""

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


class Unusable(Exception):
    """Nothing can be done with this deployment: it is not there, or AWS refuses. The message says what to do."""


def code_of(error: BaseException) -> str:
    """AWS's code for an error, empty when it has none."""
    return str(error.response["Error"].get("Code", "")) if isinstance(error, ClientError) else ""


def is_out_of_reach(error: BaseException) -> bool:
    """Whether AWS could not be asked at all: no network, no answer."""
    return isinstance(error, HTTPClientError | ConnectionError)


def told(error: BaseException) -> str:
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
    return f"AWS cannot be reached: {words}" if is_out_of_reach(error) else words


@contextmanager
def refusals_told() -> Iterator[None]:
    """Turn what AWS refuses inside the block into Unusable."""
    try:
        yield
    except AWS_ERRORS as error:
        raise Unusable(told(error)) from error


@contextmanager
def ignored(*codes: str) -> Iterator[None]:
    """Pass over errors of AWS with these codes: what is asked for is not there, and that is fine."""
    try:
        yield
    except ClientError as error:
        if code_of(error) not in codes:
            raise


def session_in(region: str | None) -> Any:
    """A boto3 session in the region, else in the CLI's own one, else in the default one. Raises Unusable."""
    with refusals_told():
        session = boto3.Session(region_name=region)
        return session if session.region_name else boto3.Session(region_name=Settings().region)


def client_of(session: Any, service: str) -> Any:
    """A client that repeats what AWS throttles."""
    return session.client(service, config=_CONFIG)


class Deployment:
    """An environment's place in AWS; what is there is looked up when it is asked for.

    Attributes:
        account: 12 digits. identity: the ARN of who is asking.
    """

    def __init__(self, environment: str, session: Any, account: str, identity: str) -> None:
        self.environment = environment
        self.account = account
        self.identity = identity
        self.region: str = session.region_name
        self._session = session
        self._partition = identity.split(":")[1]
        self._clients: dict[str, Any] = {}

    @classmethod
    def find(cls, environment: str | None, region: str | None) -> Self:
        """The deployment of this name with the credentials of the shell. Raises Unusable."""
        given = {"environment": environment, "region": region}
        try:
            name = Settings.from_context({key: value for key, value in given.items() if value is not None}).environment
        except InvalidSettings as error:
            raise Unusable(error.message) from error
        session = session_in(region)
        with refusals_told():
            identity = client_of(session, "sts").get_caller_identity()
        return cls(name, session, identity["Account"], identity["Arn"])

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = client_of(self._session, service)
        return self._clients[service]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self._partition}:{service}:{self.region}:{self.account}:{resource}"

    @property
    def state_machine_arn(self) -> str:
        return self.arn("states", f"stateMachine:{names.state_machine(self.environment)}")

    @property
    def options(self) -> str:
        """The options that name this deployment, for a hint."""
        return f"--environment {self.environment} --region {self.region}"

    def command(self, module: str, more: str = "") -> str:
        """A command line for a hint, such as `command("tokens")`."""
        return " ".join(filter(None, [PYTHON, "-m", f"cli.{module}", self.options, more]))

    def how_to_deploy(self) -> str:
        """For a hint. What is not given anew has its default: without its URLs, tokens would go to another server."""
        return f"./deploy.sh --account {self.account} {self.options} and all of your own settings"

    def how_to_restore(self) -> str:
        """For a hint. CloudFormation leaves alone what was changed by hand, unless it is told to look for that."""
        return f"{self.how_to_deploy()}, with --revert-drift after --"

    def require(self) -> None:
        """Raise Unusable when there is no state machine of this name."""
        try:
            self.client("stepfunctions").describe_state_machine(stateMachineArn=self.state_machine_arn)
        except AWS_ERRORS as error:
            if code_of(error) not in NOT_THERE:
                raise Unusable(told(error)) from error
            raise Unusable(
                f"There is no {names.state_machine(self.environment)} in {self.region} of account {self.account}."
                f" Give another --environment or --region, or deploy it: {self.how_to_deploy()}"
            ) from error

    def settings(self) -> Settings:
        """The deployed settings, as far as the Lambdas know them. Raises InvalidSettings and AWS_ERRORS."""
        function = names.function(self.environment, "fetch")
        configuration = self.client("lambda").get_function_configuration(FunctionName=function)
        variables = configuration.get("Environment", {}).get("Variables", {})
        return Settings.from_environment(variables, required=VARIABLES)


def console_of(execution_arn: str) -> str:
    """An execution's page in the AWS console."""
    region = execution_arn.split(":")[3]
    return f"https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{execution_arn}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`-e/--environment` and `-r/--region`; None when they are not given."""
    parser.add_argument(
        "-e", "--environment", metavar="NAME", help=f"the deployment's name (default: {Settings().environment})"
    )
    parser.add_argument(
        "-r",
        "--region",
        metavar="REGION",
        help=f"the AWS region (default: the AWS CLI's own, else {Settings().region})",
    )


def exit_code_of(work: Callable[[], int]) -> int:
    """Do a command's work: `Unusable` is one line and 2, Ctrl-C is 130, neither is a traceback."""
    try:
        return work()
    except Unusable as problem:
        print(problem, file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return INTERRUPTED_EXIT_CODE
