"""Whether an account is bootstrapped for the CDK in a region."""

from __future__ import annotations

from cli.deployment.aws import AWS_ERRORS, code_of, in_words
from cli.deployment.deployment import Deployment
from cli.terminal.exit_codes import Unusable

BOOTSTRAP_VERSION = "/cdk-bootstrap/hnb659fds/version"
"""The parameter that `cdk bootstrap` leaves; the name has the CDK's default qualifier."""


def is_bootstrapped(deployment: Deployment) -> bool:
    """Raises Unusable when that cannot be seen."""
    try:
        deployment.client("ssm").get_parameter(Name=BOOTSTRAP_VERSION)
    except AWS_ERRORS as error:
        if code_of(error) == "ParameterNotFound":
            return False
        account = deployment.account
        raise Unusable(f"Whether {account} is bootstrapped for the CDK cannot be seen. {in_words(error)}") from error
    return True
