"""Makes an account ready for the CDK: `python -m cli.deployment.bootstrap --account ID --region REGION ARGUMENTS`.

ARGUMENTS are those that `cdk deploy` will get. They and cdk.json may name a qualifier and a stack of one's own.

Exit codes: 0 done, 2 it was not possible, with what an administrator must do.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cli.deployment.intended import CDK_FILE, given_in, read_cdk_file
from cli.terminal.exit_codes import OK, Unusable, exit_code_of
from contract.errors import InvalidSettings
from local.aws.cdk import COMMAND, PROJECT_ROOT

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
    """The one that arguments and a cdk.json name; the arguments count first, as for the CDK."""
    context = in_file.get("context", {}) | given_in(arguments)
    option = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    option.add_argument(_STACK_OPTION, default=in_file.get(STACK_KEY, _STACK), dest="stack")
    stack = option.parse_known_args(arguments)[0].stack
    return Bootstrap(str(context.get(QUALIFIER_KEY, _QUALIFIER)), str(stack))


def bootstrap_named(arguments: Sequence[str]) -> Bootstrap:
    """The same, with the cdk.json of this folder. Raises Unusable."""
    try:
        return bootstrap_of(arguments, read_cdk_file())
    except InvalidSettings as error:
        raise Unusable(error.message) from error


def bootstrap(account: str, region: str, arguments: Sequence[str]) -> int:
    """Raises Unusable."""
    command = bootstrap_named(arguments).arguments(account, region)
    print("Bootstrapping it now.", flush=True)
    # From a folder without an app, which the CDK would synthesise first.
    done = subprocess.run([str(COMMAND), *command], cwd=PROJECT_ROOT / "build", check=False)
    if done.returncode:
        raise Unusable(
            f"Account {account} could not be bootstrapped in {region}. That is done once for each account and region,"
            " and takes the right to create roles and a bucket. Ask an administrator of the account to run"
            f" npx cdk {shlex.join(command)} here, or, when it is bootstrapped under names of its own, put these into"
            f' {CDK_FILE}: "{STACK_KEY}", and under "context" "{QUALIFIER_KEY}". Then deploy again.'
        )
    return OK


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.deployment.bootstrap", description="bootstraps an account")
    parser.add_argument("--account", required=True)
    parser.add_argument("--region", required=True)
    options, rest = parser.parse_known_args(arguments)
    return exit_code_of(lambda: bootstrap(options.account, options.region, rest))


if __name__ == "__main__":
    sys.exit(main())
