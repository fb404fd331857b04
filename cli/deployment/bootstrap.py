"""What makes an account ready for the CDK in a region, under the CDK's names or a company's own."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deployment.aws import AWS_ERRORS, code_of, in_words
from cli.deployment.cdk import Cdk, given_in
from cli.deployment.deployment import Deployment
from cli.settings import environments
from cli.terminal.console import say
from cli.terminal.exit_codes import Unusable

QUALIFIER_KEY = "@aws-cdk/core:bootstrapQualifier"
STACK_KEY = "toolkitStackName"
_STACK_OPTION = "--toolkit-stack-name"
_QUALIFIER = "hnb659fds"
_STACK = "CDKToolkit"


@dataclass(frozen=True)
class Bootstrap:
    """What `cdk bootstrap` leaves in an account: its own names, or the CDK's."""

    qualifier: str = _QUALIFIER
    stack: str = _STACK

    @property
    def version_parameter(self) -> str:
        """The parameter of Systems Manager by which the CDK knows that an account is ready."""
        return f"/cdk-bootstrap/{self.qualifier}/version"

    def arguments(self, account: str, region: str) -> list[str]:
        """Of the `cdk` command that makes it."""
        own = ["--qualifier", self.qualifier] if self.qualifier != _QUALIFIER else []
        own += [_STACK_OPTION, self.stack] if self.stack != _STACK else []
        return ["bootstrap", f"aws://{account}/{region}", *own]


def bootstrap_of(arguments: Sequence[str], in_file: Mapping[str, Any]) -> Bootstrap:
    """The one that arguments for the CDK and a cdk.json name; the arguments count first, as for the CDK."""
    context = in_file.get("context", {}) | given_in(arguments)
    option = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    option.add_argument(_STACK_OPTION, default=in_file.get(STACK_KEY, _STACK), dest="stack")
    stack = option.parse_known_args(arguments)[0].stack
    return Bootstrap(str(context.get(QUALIFIER_KEY, _QUALIFIER)), str(stack))


def bootstrap_named(arguments: Sequence[str]) -> Bootstrap:
    """The same, with the project's cdk.json. Raises Unusable."""
    file = environments.ROOT / "cdk.json"
    try:
        return bootstrap_of(arguments, json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise Unusable(f"{file.name} cannot be read: {error}") from error


def is_bootstrapped(deployment: Deployment, bootstrap: Bootstrap) -> bool:
    """Raises Unusable when that cannot be seen."""
    try:
        deployment.client("ssm").get_parameter(Name=bootstrap.version_parameter)
    except AWS_ERRORS as error:
        if code_of(error) == "ParameterNotFound":
            return False
        account = deployment.account
        raise Unusable(f"Whether {account} is bootstrapped for the CDK cannot be seen. {in_words(error)}") from error
    return True


def make_ready(cdk: Cdk, deployment: Deployment, bootstrap: Bootstrap) -> None:
    """Bootstrap the account. Raises Unusable, with what an administrator must do."""
    account, region = deployment.account, deployment.region
    say(
        f"Account {account} is not bootstrapped for the CDK in {region} (qualifier {bootstrap.qualifier})."
        " Doing that now."
    )
    command = bootstrap.arguments(account, region)
    if cdk.call_without_app(command) != 0:
        raise Unusable(
            f"Account {account} could not be bootstrapped in {region}. That is done once for each account and region,"
            " and takes the right to create roles and a bucket. Ask an administrator of the account to run"
            f" npx cdk {shlex.join(command)} here, or, when it is bootstrapped under names of its own, put these into"
            f' cdk.json: "{STACK_KEY}", and under "context" "{QUALIFIER_KEY}". Then deploy again.'
        )
