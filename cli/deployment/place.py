"""Which deployment is meant: by what is asked for, else by `cdk.json` and the environment's file."""

from __future__ import annotations

from collections.abc import Mapping

from cli.deployment.deployment import Deployment
from cli.settings.environments import Named, named
from cli.terminal.exit_codes import Unusable


def find_deployment(environment: str | None, region: str | None) -> Deployment:
    """The deployment, looked for with the credentials of the shell. Raises Unusable and InvalidSettings."""
    return deployment_of(named_place(environment, region))


def named_place(environment: str | None, region: str | None, account: str | None = None) -> Named:
    """What is said about the place that is asked for. Raises InvalidSettings."""
    given: Mapping[str, str | None] = {"environment": environment, "region": region, "account": account}
    return named({key: value for key, value in given.items() if value is not None})


def deployment_of(known: Named, *, or_default_region: bool = False) -> Deployment:
    """The deployment of what is known. Credentials of another account are refused: there, the name is another's.

    or_default_region: where nobody has named a region, the default one counts, else the AWS CLI's own. Raises Unusable.
    """
    settings = known.settings()
    is_named = or_default_region or "region" in known.values
    deployment = Deployment.find(settings.environment, settings.region if is_named else None)
    if settings.account and deployment.account != settings.account:
        raise Unusable(
            f"The AWS credentials are of account {deployment.account}, not of {settings.account}: use other credentials"
            f" (AWS_PROFILE), or give --account {deployment.account}."
        )
    return deployment


def require_account(known: Named) -> str:
    """The account that somebody has named: to deploy and to destroy, no other may be taken. Raises Unusable."""
    account = known.settings().account
    if not account:
        where = f"{known.file.parent.name}/{known.file.name}" if known.file else "cdk.json"
        raise Unusable(f"--account is required: the AWS account, 12 digits. It may also stand in {where}.")
    return account
