"""Is an AWS account ready to be deployed to? `python -m cli.deployment.account --account ID --region REGION ARGUMENTS`.

ARGUMENTS are those that `cdk deploy` will get: they may name a bootstrap of one's own.

Exit codes: 0 ready, 2 not usable, with one line that says why and what to do, 3 not bootstrapped for the CDK yet.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from cli.deployment.aws import AWS_ERRORS, code_of, in_words
from cli.deployment.bootstrap import bootstrap_named
from cli.deployment.deployment import Deployment
from cli.terminal.exit_codes import OK, Unusable, exit_code_of

NOT_BOOTSTRAPPED = 3


def look(account: str, region: str, arguments: Sequence[str]) -> int:
    """Say whether the shell's credentials are of this account, and whether it is bootstrapped. Raises Unusable."""
    place = Deployment.find(None, region)
    if place.account != account:
        raise Unusable(
            f"The AWS credentials are of account {place.account}, not of {account}: use other credentials, or give"
            f" --account {place.account}."
        )
    bootstrap = bootstrap_named(arguments)
    try:
        place.client("ssm").get_parameter(Name=bootstrap.version_parameter)
    except AWS_ERRORS as error:
        if code_of(error) == "ParameterNotFound":
            print(f"Account {account} is not bootstrapped for the CDK in {region} (qualifier {bootstrap.qualifier}).")
            return NOT_BOOTSTRAPPED
        raise Unusable(f"Whether {account} is bootstrapped for the CDK cannot be seen. {in_words(error)}") from error
    print(f"Account {account} is ready in {region}.")
    return OK


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.deployment.account", description="is this AWS account ready?")
    parser.add_argument("--account", required=True)
    parser.add_argument("--region", required=True)
    options, rest = parser.parse_known_args(arguments)
    return exit_code_of(lambda: look(options.account, options.region, rest))


if __name__ == "__main__":
    sys.exit(main())
