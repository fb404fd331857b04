"""Looks whether an AWS account is ready to be deployed to: `python -m operate.account --account ID --region REGION`.

Exit codes: 0 ready, 3 not bootstrapped for the CDK yet, 1 not usable, with one line that says why.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
"""The parameter that `cdk bootstrap` leaves; the name has the CDK's default qualifier."""

READY, NOT_USABLE, NOT_BOOTSTRAPPED = 0, 1, 3


def readiness(session: Any, account: str) -> tuple[int, str]:
    """An exit code and what there is to say. session: a boto3 session with the region to deploy to."""
    try:
        actual = session.client("sts").get_caller_identity()["Account"]
    except NoCredentialsError:
        return NOT_USABLE, "There are no AWS credentials: run 'aws configure' or 'aws sso login', or set AWS_PROFILE."
    except (BotoCoreError, ClientError) as error:
        return NOT_USABLE, f"AWS does not accept the credentials: {error}"
    if actual != account:
        return NOT_USABLE, f"The AWS credentials are of account {actual}, not of {account}: change one of the two."
    return _bootstrap_state(session, account)


def _bootstrap_state(session: Any, account: str) -> tuple[int, str]:
    try:
        session.client("ssm").get_parameter(Name=BOOTSTRAP_VERSION)
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ParameterNotFound":
            return NOT_BOOTSTRAPPED, f"{account} is not bootstrapped in {session.region_name} yet; doing so now."
        return NOT_USABLE, f"Cannot see whether {account} is bootstrapped for the CDK: {error}"
    return READY, f"Account {account} is ready in {session.region_name}."


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m operate.account", description="is this AWS account ready?")
    parser.add_argument("--account", required=True)
    parser.add_argument("--region", required=True)
    options = parser.parse_args()
    status, message = readiness(boto3.Session(region_name=options.region), options.account)
    print(message, file=sys.stderr if status == NOT_USABLE else sys.stdout)
    sys.exit(status)


if __name__ == "__main__":
    main()
