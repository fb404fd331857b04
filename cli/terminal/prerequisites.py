"""What some commands need besides Python: Node, the CDK and the Lambda layer. `make setup` makes them, once."""

from __future__ import annotations

import os
import subprocess
import sys

from cli.settings.environments import ROOT
from cli.terminal.exit_codes import Unusable

_QUIET_CDK = {
    "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED": "true",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",  # which majors are not to be warned of
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
}
"""The CDK still works with Node 20, which the README says, and need not say so at each call."""


def require_tools() -> None:
    """Make what is missing; nothing is printed when nothing is. Raises Unusable with what make said."""
    os.environ.update(_QUIET_CDK)
    try:
        made = subprocess.run(["make", "--silent", "setup"], cwd=ROOT, stdout=sys.stderr, check=False)
    except FileNotFoundError as error:
        raise Unusable("make is missing: install it.") from error
    if made.returncode != 0:
        raise Unusable("make setup failed: fix what it says, then do this again.")
