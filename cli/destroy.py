"""`tgs destroy`: removes one environment from AWS for good.

It asks for the environment's name, stops its runs, empties its buckets, destroys the stack, removes the log groups that
are left, and says what else is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from enum import Enum, auto

import click

from cli.deployment.aws import refusals_as_unusable
from cli.deployment.cdk import Cdk
from cli.deployment.deployment import Deployment
from cli.deployment.leftovers import LOG_GROUP, Leftover, left_over
from cli.deployment.place import deployment_of, named_place, require_account
from cli.deployment.removal import buckets_of, empty, remove_log_groups, stop_runs
from cli.terminal.asking import require_somebody
from cli.terminal.command import deployment_options, subcommand
from cli.terminal.console import say
from cli.terminal.exit_codes import FAILED, OK, Unusable
from cli.terminal.prerequisites import require_tools
from cli.terminal.text import printable
from contract import names

REMOVAL_SECONDS = 90.0
"""How long what AWS is still removing may take: a state machine goes when its last execution has ended."""

_POLL_SECONDS = 3.0


class Found(Enum):
    """What there is of an environment."""

    NOTHING = auto()
    A_STACK = auto()
    SOMETHING_ELSE = auto()


@subcommand(
    examples=[
        ("tgs destroy -e staging", "asks for the name, then removes it"),
        ("tgs destroy -e staging --yes", "without asking"),
    ]
)
@deployment_options
@click.option("-a", "--account", metavar="ID", help="The AWS account, 12 digits; that of the environment's file.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for the environment's name to be typed.")
def command(*, environment: str | None, region: str | None, account: str | None, yes: bool) -> int:
    """Remove an environment from AWS for good.

    The stack goes with its secrets, its logs, the files of its large runs and everything else that is named after the
    environment. Toggl and GitLab stay as they are. A deployment that is half there is removed as well. The exit code is
    1 when something is left, which it names.
    """
    known = named_place(environment, region, account)
    require_account(known)
    require_tools()
    deployment = deployment_of(known, or_default_region=True)
    with refusals_as_unusable():
        found = prepare(deployment, None if yes else _ask)
        if found is Found.NOTHING:
            return OK
        if found is Found.A_STACK:
            _destroy_stack(deployment)
        return finish(deployment)


def _destroy_stack(deployment: Deployment) -> None:
    """When it fails, what is left says more than its exit code."""
    place = {
        "environment": deployment.environment,
        "account": deployment.account,
        "region": deployment.region,
    }
    context = [part for key, value in place.items() for part in ("-c", f"{key}={value}")]
    cdk = Cdk(deployment.region)
    if cdk.call(["destroy", names.stack(deployment.environment), "--force", *context]) != 0:
        say("cdk destroy failed.", stderr=True)


def prepare(deployment: Deployment, ask: Callable[[str], str] | None) -> Found:
    """Make the stack ready to be destroyed. ask: shows a prompt and returns what is typed; None: do not ask."""
    found = left_over(deployment)
    if not found:
        name = names.state_machine(deployment.environment)
        say(f"There is no {name} in {deployment.region} of account {deployment.account}: nothing to destroy.")
        return Found.NOTHING
    if ask is not None:
        _confirm(deployment, found, ask)
    stopped = stop_runs(deployment)
    if stopped:
        say(f"Stopped {stopped} running execution{'' if stopped == 1 else 's'}.")
    for bucket in buckets_of(deployment):
        say(f"Emptied {bucket}: {empty(deployment.client('s3'), bucket)} objects.")
    return Found.A_STACK if any(one.kind == "stack" for one in found) else Found.SOMETHING_ELSE


def _confirm(deployment: Deployment, found: list[Leftover], ask: Callable[[str], str]) -> None:
    """Raises Unusable unless the environment's name is typed."""
    place = f"account {deployment.account}, {deployment.region}"
    say(f"This removes {names.state_machine(deployment.environment)} ({place}) for good:")
    for one in found:
        say(f"  {one.kind} {printable(one.name)}")
    say("Your Toggl and your GitLab stay as they are.")
    if ask(f"Type the environment's name ({deployment.environment}) to continue: ").strip() != deployment.environment:
        raise Unusable("That is not the environment's name: nothing was changed.")


def finish(deployment: Deployment, removal_seconds: float = REMOVAL_SECONDS) -> int:
    """Remove the log groups that are left, and say what else is, once AWS has had its time to remove it."""
    deadline = time.monotonic() + removal_seconds
    while True:
        found = left_over(deployment)
        for name in remove_log_groups(deployment, found):
            say(f"Removed the log group {printable(name)}.")
        left = [one for one in found if one.kind != LOG_GROUP]
        if not left or not all(one.may_go for one in left) or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return _conclude(deployment, left)


def _conclude(deployment: Deployment, left: Sequence[Leftover]) -> int:
    name, place = names.state_machine(deployment.environment), f"{deployment.region} of account {deployment.account}"
    if not left:
        say(f"Nothing of {name} is left in {place}.")
        say(
            "The CDK's own bootstrap stack stays, since other apps may use it, and in its bucket the code that was"
            " deployed: fractions of a cent a month."
        )
        return OK
    say(f"Of {name}, this is left in {place}:", stderr=True)
    for one in left:
        say(f"  {one.kind} {printable(one.name)}", stderr=True)
    for hint in filter(None, (one.hint for one in left)):
        print(f"To remove it: {hint}", file=sys.stderr)
    if any(one.kind == "stack" for one in left):
        say("The stack's events in the CloudFormation console say why it stays. Then run it again.", stderr=True)
    return FAILED


def _ask(prompt: str) -> str:
    require_somebody("give --yes. Nothing was changed.")
    try:
        return input(prompt)
    except EOFError as error:
        raise click.Abort from error
