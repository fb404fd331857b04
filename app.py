"""The CDK app: settings from the context, one stack per environment. Needs no network, no AWS account and no clock."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aws_cdk import App, Environment, Tags

from contract import names
from contract.errors import InvalidSettings
from contract.settings import Settings
from stacks import rules
from stacks.assets import let_lambda_read
from stacks.sync_stack import SyncStack


def build(app: App) -> SyncStack:
    """The stack that the app's context asks for. Raises InvalidSettings and FileNotFoundError (layer not built)."""
    settings = Settings.from_context(app.node.get_all_context())
    stack = SyncStack(
        app,
        names.stack(settings.environment),
        settings=settings,
        description=f"{names.PRODUCT}: Toggl Track time on GitLab issues ({settings.environment})",
        env=Environment(
            account=settings.account or os.environ.get("CDK_DEFAULT_ACCOUNT"),
            region=settings.region,
        ),
    )
    Tags.of(stack).add("application", names.PRODUCT)
    Tags.of(stack).add("environment", settings.environment)
    rules.enforce(app)
    let_lambda_read(Path(app.asset_outdir))
    return stack


def main() -> None:
    # The CDK CLI says where the assembly goes; a plain `python app.py` writes it where the CLI would.
    app = App(outdir=os.environ.get("CDK_OUTDIR", "cdk.out"))
    try:
        build(app)
    except (InvalidSettings, FileNotFoundError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    app.synth()


if __name__ == "__main__":
    main()
