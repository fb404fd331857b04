"""Which deployment is meant: by what is asked for, else by `cdk.json` and the environment's file."""

from __future__ import annotations

from cli.deployment.deployment import Deployment
from cli.settings.environments import named
from cli.terminal.exit_codes import Unusable


def find_deployment(environment: str | None, region: str | None) -> Deployment:
    """The deployment, looked for with the credentials of the shell. Raises Unusable and InvalidSettings.

    Credentials of another account than the environment's are refused: what is named alike there is another one.
    """
    given = {"environment": environment, "region": region}
    known = named({key: value for key, value in given.items() if value is not None})
    settings = known.settings()
    # Where nobody has named a region, the AWS CLI's own counts.
    deployment = Deployment.find(settings.environment, settings.region if "region" in known.values else None)
    if settings.account and deployment.account != settings.account:
        raise Unusable(
            f"The AWS credentials are of account {deployment.account}, but {settings.environment} belongs to"
            f" {settings.account}: use other credentials (AWS_PROFILE)."
        )
    return deployment
